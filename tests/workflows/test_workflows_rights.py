"""What the workflows may do: no token that writes where measured code runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from expressions import fill, holds
from jobs import ROOT
from ruamel.yaml import YAML

WORKFLOWS = {path.stem: YAML(typ="safe").load(path) for path in (ROOT / ".github/workflows").glob("*.yml")}
JOBS = {
    (workflow, name): job for workflow, content in WORKFLOWS.items() for name, job in content["jobs"].items()
}
#: What names the repository and commit of a called workflow, which are not the caller's.
OWN_COMMIT = {"repository": "${{ job.workflow_repository }}", "ref": "${{ job.workflow_sha }}"}
MEASURES = re.compile(r"asv run|antigil (compare|alert --confirm|ci measure)")


def measuring():
    """Yield the jobs that run the code under test, and the steps that do."""
    for key, job in JOBS.items():
        steps = [step for step in job.get("steps", ()) if MEASURES.search(step.get("run", ""))]
        if steps:
            yield key, job, steps


def test_the_jobs_that_measure_are_known():
    assert {key for key, _, _ in measuring()} == {
        ("compare", "smoke"),
        ("reusable-compare", "compare"),
        ("backlog", "measure"),
        ("alert", "look"),
    }


def test_a_job_with_a_token_that_writes_installs_nothing_and_runs_nothing_but_antigil_ci():
    writing = {
        key: job for key, job in JOBS.items() if "steps" in job and "write" in job["permissions"].values()
    }
    run = [step["run"] for job in writing.values() for step in job["steps"] if "run" in step]
    uses = {
        step["uses"].partition("@")[0] for job in writing.values() for step in job["steps"] if "uses" in step
    }

    assert set(writing) == {
        ("alert", "remember"),
        ("alert", "issues"),
        ("reusable-comment", "comment"),
        ("backlog", "store"),
        ("release", "publish"),
        ("site", "deploy"),
    }
    assert {line for script in run for line in script.splitlines()} == {
        "mkdir -p alerts/memory issues # an artifact keeps no empty folder",
        'python -P -m antigil ci push --branch "$RESULTS" alerts/memory issues',
        'python -P -m antigil ci push --branch "$RESULTS" incoming/*',
        'python -P -m antigil ci fetch --branch "$RESULTS" --into stored',
        "mkdir issues",
        "if [ -e stored/antigil-issues.jsonl ]; then cp stored/antigil-issues.jsonl issues; fi",
        "python -P -m antigil ci issues alerts/alerts.json --memory issues",
        "python -m antigil ci comment comparison/comparison.json",
    }
    assert {name for name in uses if not name.startswith("actions/")} == {"pypa/gh-action-pypi-publish"}


@pytest.mark.parametrize(("key", "job", "steps"), list(measuring()))
def test_where_measured_code_runs_nothing_may_be_written_and_no_token_is_near(key, job, steps):
    assert job["permissions"] == {"contents": "read"}
    for step in steps:
        assert not re.search(r"token|secrets", str(step), re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "triggers"),
    [
        ("compare", {"pull_request", "merge_group"}),
        ("measure", {"pull_request"}),
        ("reusable-compare", {"workflow_call"}),
    ],
)
def test_a_pull_requests_workflow_has_no_secret_at_all(name, triggers):
    text = (ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8")

    assert "secrets" not in text
    assert "token" not in text
    assert set(WORKFLOWS[name]["on"]) == triggers


def test_the_workflow_that_comments_checks_out_its_own_commit_only():
    """On workflow_run that is one of the default branch, or the one that a caller has pinned."""
    steps = JOBS["reusable-comment", "comment"]["steps"]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout")]

    assert [step["with"] for step in checkouts] == [{"persist-credentials": False, **OWN_COMMIT}]


def test_a_job_with_a_token_that_writes_takes_antigil_from_the_workflows_own_commit():
    for key in (("alert", "remember"), ("alert", "issues"), ("backlog", "store")):
        checkouts = [
            step["with"] for step in JOBS[key]["steps"] if "actions/checkout" in step.get("uses", "")
        ]

        assert checkouts[1] == {"persist-credentials": False, **OWN_COMMIT, "path": "antigil-source"}
        assert JOBS[key]["env"] == {"PYTHONPATH": "antigil-source"}


def test_no_checkout_leaves_its_token_behind():
    checkouts = [
        step
        for job in JOBS.values()
        for step in job.get("steps", ())
        if step.get("uses", "").startswith("actions/checkout")
    ]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_no_run_that_stores_is_cancelled_for_a_later_one():
    assert "concurrency" not in WORKFLOWS["history"]
    assert "concurrency" not in JOBS["backlog", "store"]


CANCELLED = {"success": False, "failure": False, "cancelled": True}


@pytest.mark.parametrize("key", [("backlog", "measure"), ("alert", "look")])
def test_a_job_that_measures_uploads_what_it_has_even_when_it_is_cancelled(key):
    """A job that runs into its time limit is."""
    (upload,) = [one for one in JOBS[key]["steps"] if "actions/upload-artifact" in one.get("uses", "")]

    assert holds(upload["if"], {}, CANCELLED)


@pytest.mark.parametrize(("planned", "stores"), [("success", True), ("cancelled", False)])
def test_what_was_measured_until_a_run_was_cancelled_is_stored(planned, stores):
    needs = {"plan": {"result": planned, "outputs": {"shards": "[{}]"}}, "measure": {"result": "cancelled"}}

    assert holds(JOBS["backlog", "store"]["if"], {"needs": needs}, CANCELLED) is stores


@pytest.mark.parametrize("key", [("backlog", "measure"), ("alert", "look"), ("reusable-compare", "compare")])
def test_what_measures_too_long_fails_before_its_job_is_cancelled(key):
    """Nothing runs after a job that is cancelled: the pages and issues would stay as they were."""
    job = JOBS[key]
    (step,) = [one for one in job["steps"] if one.get("name") in ("Measure", "Alert", "Compare")]

    assert job["timeout-minutes"] - 30 <= step["timeout-minutes"] <= job["timeout-minutes"] - 10
    told = [int(minutes) for minutes in re.findall(r"--minutes (\d+)", step["run"])]
    assert all(minutes < step["timeout-minutes"] for minutes in told)


def test_a_re_run_replaces_every_artifact():
    """Of one name there is one artifact in a run: without this the second attempt fails."""
    uploads = {
        (*key, step["with"]["name"]): step["with"].get("overwrite", False)
        for key, job in JOBS.items()
        for step in job.get("steps", ())
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }

    assert len(uploads) >= 6
    kept = [name for *_, name in (one for one, overwrites in uploads.items() if not overwrites)]
    assert [name for name in kept if "github.run_attempt" not in name] == []


def test_a_comparison_is_told_by_the_attempt_that_measured_it():
    """Artifacts belong to a run: by one name a re-run that breaks off would be told as the one before it."""
    (upload,) = [
        one["with"]
        for one in JOBS["reusable-compare", "compare"]["steps"]
        if "upload" in str(one.get("uses"))
    ]
    (download,) = [
        one["with"]
        for one in JOBS["reusable-comment", "comment"]["steps"]
        if "download" in str(one.get("uses"))
    ]

    assert upload["name"] == "comparison-${{ github.run_attempt }}"
    assert download["pattern"] == "comparison-${{ github.event.workflow_run.run_attempt }}"


@pytest.mark.parametrize(("published", "days"), [(True, 7), (False, 30)])
def test_pages_are_kept_until_publishing_has_been_tried_again_or_longer_where_it_is_not(published, days):
    (upload,) = [one["with"] for one in JOBS["site", "build"]["steps"] if "upload" in str(one.get("uses"))]

    assert fill(upload["retention-days"], {"inputs": {"pages": published}}, {}) == days


@pytest.mark.parametrize("name", ["backlog", "site", "alert"])
def test_each_part_of_the_history_is_done_by_one_run_at_a_time(name):
    """One group from what is looked up to what is stored or seen; it holds a called workflow's jobs."""
    group = JOBS["reusable-history", name]["concurrency"]

    assert group["cancel-in-progress"] is False
    assert "github" not in group["group"]  # the same for all runs


def test_every_job_of_the_history_works_on_the_branch_that_is_measured():
    checkouts = [
        step["with"]["ref"]
        for (workflow, _), job in JOBS.items()
        if workflow in ("backlog", "alert", "site")
        for step in job.get("steps", ())
        if step.get("uses", "").startswith("actions/checkout") and "repository" not in step["with"]
    ]

    assert len(checkouts) == 7
    assert set(checkouts) == {"${{ inputs.branch }}"}
    given = JOBS["history", "history"]["with"]["branch"]
    assert [given] == WORKFLOWS["history"]["on"]["push"]["branches"]
    called = [JOBS["reusable-history", part]["with"]["branch"] for part in ("backlog", "alert", "site")]
    assert set(called) == {"${{ inputs.branch }}"}


@pytest.mark.parametrize(("tag", "goes_on"), [("v1.2.0", True), ("v1.3.0", False)])
def test_a_tag_that_is_not_the_version_stops_the_release(tmp_path, tag, goes_on):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/antigil-1.2.0.tar.gz").touch()
    steps = JOBS["release", "sdist"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("name") == "The tag is the version"]
    environment = os.environ | {"GITHUB_REF_NAME": tag}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=environment, check=False
    )

    assert (done.returncode == 0) == goes_on


def test_an_upload_that_broke_off_can_be_run_again():
    """PyPI refuses a file that it has, which would stop the rest."""
    (publish,) = [one for one in JOBS["release", "publish"]["steps"] if "pypi-publish" in one["uses"]]

    assert publish["with"]["skip-existing"] is True


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
