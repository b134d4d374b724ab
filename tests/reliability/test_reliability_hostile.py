"""What a stranger's files and names may try: refused in one line, or shown as what they are."""

import json
import os
import random
import re
import shutil
import subprocess

import pytest
from comparisons import LOST, compared
from filled_shapes import filled
from generated import Behaviour, Planned, generate, publish, standard_plan
from sample_project import CHECKOUT, antigil, git
from test_ci_results_branch import part

from antigil.ci.issues import plan
from antigil.ci.merge_results import merge
from antigil.errors import UserError
from antigil.files import MOST_BYTES
from antigil.history.asv_adapter.stored import load_results, result_files
from antigil.report import document as documents
from antigil.report.formats import render_alerts, render_comparison

LINE = "evil\n::set-output name=shards::[]\n##[add-path]/tmp"
NAME = f"{LINE[:35]}.json"
WORKLOADS = (Planned("work.One", "one", {0: Behaviour(), 6: Behaviour(serial=1.0)}),)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return a small history, and its commits."""
    root = tmp_path_factory.mktemp("plain") / "project"
    return root, generate(standard_plan(14, workloads=WORKLOADS, tags={}, samples=8), root)


@pytest.fixture
def project(plain, tmp_path):
    """Return a copy of it that a test may spoil."""
    root = tmp_path / "project"
    shutil.copytree(plain[0], root)
    return root, plain[1]


def results_of(root, place):
    return sorted((root / "results/alpha").glob("*-*.json"))[place]


def changed(file, **parts):
    file.write_text(json.dumps({**json.loads(file.read_text()), **parts}))


def slowdowns(row):
    """Return what damages the results of a benchmark."""
    return {"results": {"work.One.track_slowdown": row}}


#: Files of results, each of which a stock `asv publish` ends at with a traceback, or draws nonsense of.
DAMAGE = {
    "deep": lambda file: file.write_text("[" * 200_000),
    "a list": lambda file: file.write_text("[]"),
    "no text": lambda file: file.write_bytes(b"\xff\xfe\x00\x01"),
    "texts": lambda file: changed(file, **slowdowns([["1", "2", "3", "4"], [["1", "2", "4", "8"]], "1"])),
    "a number": lambda file: changed(file, **slowdowns(7)),
    "other parameters": lambda file: changed(file, **slowdowns([[1.0, 2.0], [[{}, []]], "1"])),
    "too large a date": lambda file: changed(file, date=10**30),
    "no hash": lambda file: changed(file, commit_hash="../../etc/passwd"),
    "parameters of lists": lambda file: changed(file, params={"machine": "alpha", "python": ["3.13"]}),
    "a link to nothing": lambda file: (file.unlink(), file.symlink_to("nothing.json")),
    "a link to itself": lambda file: (file.unlink(), file.symlink_to(file.name)),
    "a name of lines": lambda file: file.rename(file.with_name(f"{file.name[:9]}{NAME}")).write_text("{"),
}  # fmt: skip


def test_asv_publishes_and_antigil_alerts_what_is_sound_and_names_each_file_that_is_not(project):
    root, _ = project
    for place, damage in enumerate(DAMAGE.values()):
        damage(results_of(root, place))
    odd = results_of(root, -1)
    changed(odd, **slowdowns([[1.0, 1e400, float("nan"), 10**200], [["1", "2", "4", "8"]], "1"]))
    for name in ("other", NAME):  # the second without a machine
        shutil.copytree(root / "results/alpha", root / "results" / name, symlinks=True)
    (root / "results" / NAME / "machine.json").unlink()
    (root / "results/other/machine.json").write_text('{"version": 1, "machine": ["x"]}')

    done = publish(root)
    alerted = antigil(root, "alert", "--exit-zero", "--format", "github")

    assert done.returncode == 0, done.stdout + done.stderr
    assert alerted.returncode == 0, alerted.stderr
    for said in (done.stdout + done.stderr, alerted.stdout + alerted.stderr):
        assert "Traceback" not in said
        assert not [line for line in said.splitlines() if line.lstrip().startswith("::set-output")]
    told = (root / "html/speedup/index.html").read_text()
    assert told.count("could not be read") == len(DAMAGE)


def test_a_file_of_100_mb_is_refused_without_reading_it_all(project, tmp_path):
    root, _ = project
    file = results_of(root, 0)
    with file.open("r+b") as content:
        content.truncate(100_000_000)  # a hole: no disk is filled
    problems = []
    results = str(root / "results")

    found = [load_results(*one, results, problems) for one in result_files(results, problems)]

    assert len(found) - found.count(None) == 13
    assert [problem.what for problem in problems] == [f"could not be read: larger than {MOST_BYTES} bytes"]
    (left_out,) = merge(root / "results", tmp_path / "stored")
    assert left_out == f"alpha/{file.name} is left out: larger than {MOST_BYTES} bytes"
    report = tmp_path / "comparison.json"
    report.touch()
    os.truncate(report, 100_000_000)
    done = antigil(root, "ci", "issues", str(report))
    assert done.returncode == 2
    assert re.fullmatch(
        r"antigil: error: .* holds no alerts of antigil: larger than \d+ bytes\n", done.stderr
    )


def test_nothing_is_stored_outside_the_branch_or_in_gits_own_folders(project, tmp_path):
    root, _ = project
    source, target, outside = tmp_path / "source", tmp_path / "target", tmp_path / "outside"
    for folder in (source, target, outside):
        folder.mkdir()
    (target / "elsewhere").symlink_to(outside)
    places = ("elsewhere/a.json", ".git/a.json", "alpha/.GIT/a.json", "b.json/a.json", f"alpha/{NAME}")
    (target / "b.json").write_text("{}")
    for place in places:
        (source / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(results_of(root, 0), source / place)
    (source / "c.json").symlink_to(results_of(root, 0))

    problems = merge(source, target)

    assert list(outside.iterdir()) == []
    assert sorted(one.name for one in target.rglob("*")) == ["b.json", "elsewhere"]
    assert len(problems) == 3
    assert all(len(problem.splitlines()) == 1 and "##[" not in problem for problem in problems)


def test_names_of_benchmarks_and_branches_that_are_paths_stay_names(tmp_path):
    root = tmp_path / "project"
    evil = "../../../escaped"
    workloads = (Planned(f"work.{evil}", LINE, {0: Behaviour(), 6: Behaviour(serial=1.0)}),)
    generate(standard_plan(12, workloads=workloads, tags={}, samples=8), root)
    git(root, "branch", "-m", "main", "a/-b")
    conf = json.loads((root / "asv.conf.json").read_text())
    (root / "asv.conf.json").write_text(json.dumps({**conf, "branches": ["a/-b"]}))
    before = set(tmp_path.rglob("*escaped*"))

    done = publish(root)
    alerted = antigil(root, "alert", "--exit-zero", "--format", "text")

    assert done.returncode == 0, done.stdout + done.stderr
    assert {one for one in tmp_path.rglob("*escaped*") if root / "html" not in one.parents} == before
    lines = alerted.stdout.splitlines()
    assert any("escaped" in line for line in lines)
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines)


@pytest.mark.parametrize("branch", ["--upload-pack=touch x", "a b", "..", "a..b", "refs/heads/x:main"])
def test_a_branch_that_is_none_is_refused_in_one_line_and_nothing_is_written(project, tmp_path, branch):
    root, hashes = project
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin.git")], check=True)
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))

    done = antigil(root, "ci", "push", f"--branch={branch}", str(part(root, tmp_path / "a", hashes[0])))

    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1
    assert git(tmp_path / "origin.git", "for-each-ref") == ""
    assert not (root / "x").exists()


def test_a_pull_requests_artifact_chooses_neither_where_it_is_told_nor_what_is_done(tmp_path, github):
    """Its file names another commit, an issue and workflow commands; GitHub's event alone decides."""
    document = compared(LOST)
    document["head"] = {"hash": "f" * 40, "subject": f"{LINE} closes #1 @everyone"}
    document["comparisons"][0]["notes"] = [LINE]
    (tmp_path / "comparison.json").write_text(json.dumps(document))
    run = {
        "head_sha": "a" * 40, "head_branch": "topic", "conclusion": "success", "run_attempt": 1,
        "html_url": "https://github.com/someone/project/actions/runs/1",
        "head_repository": {"owner": {"login": "fork"}},
    }  # fmt: skip
    (tmp_path / "event.json").write_text(json.dumps({"workflow_run": run}))
    pull = {"number": 7, "state": "open", "head": {"sha": "a" * 40, "label": "fork:topic"}}
    github.keep("pulls", [pull, {**pull, "number": 1, "head": {"sha": "f" * 40, "label": "fork:other"}}])
    own = {"GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_OUTPUT": str(tmp_path / "output")}

    done = antigil(CHECKOUT, "ci", "comment", str(tmp_path / "comparison.json"), **own)

    assert (done.returncode, done.stdout) == (0, "commented on #7\n"), done.stderr
    (told,) = github.kept("comments")
    assert told["issue"] == 7
    assert not re.search(r"^\s*::|^[^`]*(@everyone|#1)", told["body"], re.MULTILINE)
    assert not (tmp_path / "output").exists()


#: Markup, a mention, a reference, a comment's end: what no foreign text may be outside of code.
MARKUP = re.compile(r"@evil|<img|\]\(|^## |#1|x.? -->", re.MULTILINE)


def outside_of_code(markdown):
    """Return a Markdown text without its code, each of which ends in its line."""
    return "\n".join("".join(line.split("`")[::2]) for line in markdown.splitlines())


def commands(log):
    """Return the words by which GitHub's runner is commanded in a log; it looks for ``::`` first."""
    lines = [line.lstrip() for line in log.splitlines()]
    assert not [line for line in lines if "##[" in line and not line.startswith("::")]
    return {line.split("::")[1].split()[0] for line in lines if line.startswith("::")}


@pytest.mark.parametrize("seed", range(60))
def test_no_text_of_a_comparison_is_anything_but_text_wherever_it_stands(tmp_path, seed):
    """In each place where the shape takes text, whatever else the document says."""
    file = tmp_path / "comparison.json"
    file.write_text(json.dumps(filled(documents._COMPARISON, random.Random(seed))))

    document = documents.read_comparison(str(file))

    assert not MARKUP.search(outside_of_code(render_comparison(document, "markdown").partition("\n")[2]))
    assert commands(render_comparison(document, "github")) <= {"error", "warning", "notice"}


@pytest.mark.parametrize("seed", range(60))
def test_no_text_of_alerts_is_anything_but_text_wherever_it_stands(tmp_path, seed):
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps(filled(documents._ALERTS, random.Random(seed))))

    document = documents.read_alerts(str(file))

    assert not MARKUP.search(outside_of_code(render_alerts(document, "markdown")))
    assert commands(render_alerts(document, "github")) <= {"error", "warning", "notice"}
    for action in plan(document, []):
        assert not MARKUP.search(outside_of_code(action.body))
        assert not MARKUP.search(outside_of_code(action.comment))
        assert len(action.title.splitlines()) == 1


@pytest.mark.parametrize("python", ["3.13\n\n## Approved", "3.14 @org", "<b>", "", "3" * 40])
def test_what_is_no_interpreters_name_is_refused(tmp_path, python):
    file = tmp_path / "comparison.json"
    file.write_text(json.dumps({**compared(LOST), "pythons": ["3.14", python]}))

    with pytest.raises(UserError, match="holds no comparison of antigil"):
        documents.read_comparison(str(file))


@pytest.mark.parametrize(
    "name", ["work.X\n<div>@org", "work.X\r", "work.\u202eX", "work.\x1b[2J", "work.\u2028X", ""]
)
def test_a_workload_of_alerts_has_a_name_of_one_line_that_is_seen(tmp_path, name):
    for place in ("workloads", "alerts"):
        document = filled(documents._ALERTS, random.Random(0))
        document[place][0]["name" if place == "workloads" else "workload"] = name
        file = tmp_path / "alerts.json"
        file.write_text(json.dumps(document))

        with pytest.raises(UserError, match="holds no alerts of antigil"):
            documents.read_alerts(str(file))
