"""What a project tells of its repository."""

import json
import subprocess
from pathlib import Path

import pytest
from asv.repo import NoRepository

from antigil.errors import UserError
from antigil.history.archive_reader import load_archive
from antigil.history.asv_adapter import configuration
from antigil.history.branches import commits_of
from antigil.history.project import open_project


def git(folder, *words):
    """Run git."""
    subprocess.run(["git", "-C", str(folder), *words], check=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that opens a project of three commits on ``trunk``, as the configuration says."""
    git(tmp_path, "init", "-q", "-b", "trunk")
    for subject in ("one", "two", "three"):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", subject)
    git(tmp_path, "tag", "-a", "-m", "release", "v1", "trunk~1")
    monkeypatch.chdir(tmp_path)

    def opened(**told):
        conf = {"version": 1, "repo": ".", "show_commit_url": "", "results_dir": "results", **told}
        (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
        return open_project()

    return opened


@pytest.mark.parametrize("folder", [".", "bench", "a [b]"])
def test_what_lies_here_is_uncommitted_where_its_commit_is_measured(tmp_path, monkeypatch, project, folder):
    """The suite, its configuration and the results are used as they lie here."""
    project(branches=["trunk"])
    own = tmp_path / folder
    (own / "suite").mkdir(parents=True)
    (own / "results").mkdir()
    conf = {"version": 1, "repo": str(tmp_path), "benchmark_dir": "suite", "results_dir": "results"}
    (own / "other.json").write_text(json.dumps(conf))
    for file in ("suite/one.py", "results/machine.json", "setup.py"):
        (own / file).write_text("1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "a suite")
    monkeypatch.chdir(own)
    opened = open_project("other.json")

    (own / "other.json").write_text(json.dumps({**conf, "project": "other"}))
    for file in ("suite/one.py", "results/machine.json", "new.py"):
        (own / file).write_text("2\n")

    assert not opened.uncommitted()
    (own / "setup.py").write_text("2\n")
    assert opened.uncommitted()


def test_a_commit_is_next_to_its_first_parent_alone(project):
    opened = project(branches=["trunk"])
    git(".", "checkout", "-q", "-b", "aside", "trunk~1")
    git(".", "commit", "-q", "--allow-empty", "-m", "aside")
    git(".", "checkout", "-q", "trunk")
    git(".", "merge", "-q", "--no-ff", "-m", "merge", "aside")

    def is_next(base, head):
        return opened.is_next(opened.revision(base), opened.revision(head))

    assert is_next("trunk~1", "trunk")
    assert is_next("v1", "aside")
    assert not is_next("aside", "trunk")
    assert not is_next("trunk~1", "aside")  # nothing else lies after the one and up to the other
    assert not is_next("v1", "trunk")
    assert not is_next("v1", "v1")
    assert not is_next("trunk", "trunk~3")


def test_a_repository_that_is_none_of_gits_is_refused(project, monkeypatch):
    monkeypatch.setattr(configuration, "get_repo", lambda conf: NoRepository())

    with pytest.raises(
        UserError, match=r"^antigil reads repositories of git, and asv\.conf\.json names one of"
    ):
        project()


def test_which_commit_is_head_of_asvs_own_copy_is_told(tmp_path, monkeypatch, project, capfd):
    (tmp_path / "elsewhere").mkdir()
    project(branches=["trunk"])
    told = {"repo": tmp_path.as_uri(), "dvcs": "git", "project": "copy"}
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/asv.conf.json").write_text(json.dumps({"version": 1, **told}))
    opened = open_project()
    capfd.readouterr()

    assert opened.revision("HEAD~1").subject == "two"
    said = capfd.readouterr().err
    assert said.startswith("antigil: note: HEAD~1 ")
    assert said.endswith(" two\n")
    assert opened.revision("v1").subject == "two"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "subject"), [("trunk", "three"), ("v1", "two"), ("trunk~2", "one")])
def test_a_name_stands_for_one_commit(project, name, subject):
    assert project(branches=["trunk"]).revision(name).subject == subject


@pytest.mark.parametrize(
    "name", ["v1..trunk", "trunk~2...v1", "trunk^@", "trunk^!", "^v1", "v2", "--all", ""]
)
def test_several_commits_are_none(project, name):
    with pytest.raises(UserError, match=r"^no commit .* here: fetch it, or name another one$"):
        project(branches=["trunk"]).revision(name)


@pytest.mark.parametrize("ask", [commits_of, load_archive])
@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, 'no branch main here: name yours in asv.conf.json, as in "branches": ["main"]'),
        (
            {"branches": ["next"]},
            "no branch next here, which asv.conf.json names: git fetch origin next:next",
        ),
    ],
)
def test_a_branch_that_is_not_here_is_told_with_what_to_do(project, ask, told, said):
    opened = project(**told)
    (Path("results") / "benchmarks.json").parent.mkdir()
    (Path("results") / "benchmarks.json").write_text('{"version": 2}')

    with pytest.raises(UserError) as raised:
        ask(opened)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "key", ["repo", "branches", "benchmark_dir", "env_dir", "results_dir", "regressions_first_commits"]
)
def test_a_value_of_another_type_is_refused_by_name(tmp_path, monkeypatch, key):
    git(tmp_path, "init", "-q", "-b", "main")
    monkeypatch.chdir(tmp_path)
    conf = {"version": 1, "repo": ".", "show_commit_url": None}
    (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
    open_project()
    (tmp_path / "asv.conf.json").write_text(json.dumps({**conf, key: 5}))

    with pytest.raises(UserError, match=f'^"{key}" in asv.conf.json must be a.*, not 5$'):
        open_project()
