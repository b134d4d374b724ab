"""What the workflows may do: no token that writes where measured code runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from jobs import ROOT
from ruamel.yaml import YAML

WORKFLOWS = {
    name: YAML(typ="safe").load(ROOT / ".github/workflows" / f"{name}.yml")
    for name in ("compare", "comment", "history", "release")
}
JOBS = {
    (workflow, name): job for workflow, content in WORKFLOWS.items() for name, job in content["jobs"].items()
}
MEASURES = re.compile(r"asv run|antigil (compare|alert --confirm|ci measure)")


def measuring():
    """Yield the jobs that run the code under test, and the steps that do."""
    for key, job in JOBS.items():
        steps = [step for step in job["steps"] if MEASURES.search(step.get("run", ""))]
        if steps:
            yield key, job, steps


def test_the_jobs_that_measure_are_known():
    assert {key for key, _, _ in measuring()} == {
        ("compare", "smoke"),
        ("compare", "compare"),
        ("history", "measure"),
        ("history", "alert"),
    }


@pytest.mark.parametrize(("key", "job", "steps"), list(measuring()))
def test_where_measured_code_runs_nothing_may_be_written_and_no_token_is_near(key, job, steps):
    assert job["permissions"] == {"contents": "read"}
    for step in steps:
        assert not re.search(r"token|secrets", str(step), re.IGNORECASE)


def test_a_pull_requests_workflow_has_no_secret_at_all():
    text = (ROOT / ".github/workflows/compare.yml").read_text(encoding="utf-8")

    assert "secrets" not in text
    assert "token" not in text
    assert set(WORKFLOWS["compare"]["on"]) == {"pull_request"}


def test_the_workflow_that_comments_checks_out_the_default_branch_only():
    steps = JOBS["comment", "comment"]["steps"]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout")]

    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}]


def test_no_checkout_leaves_its_token_behind():
    checkouts = [
        step
        for job in JOBS.values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout")
    ]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_job_that_stores_is_ever_cancelled():
    assert WORKFLOWS["history"]["concurrency"]["cancel-in-progress"] is False
    assert "github.run_id" in WORKFLOWS["history"]["concurrency"]["group"]


def test_dependabot_waits_before_it_proposes_a_release():
    file = ROOT / ".github/dependabot.yml"
    checker = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([checker, "--builtin-schema", "vendor.dependabot", file], check=True, timeout=60)
    updates = YAML(typ="safe").load(file)["updates"]

    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "pip"}
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)


def test_wheels_are_built_for_the_pythons_that_the_metadata_names():
    steps = JOBS["release", "wheels"]["steps"]
    (built,) = [step["env"]["CIBW_BUILD"] for step in steps if "CIBW_BUILD" in step.get("env", {})]
    named = re.findall(r"Python :: 3\.(\d+)\"", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert built.split() == [*(f"cp3{minor}-*" for minor in named), f"cp3{named[-1]}t-*"]
