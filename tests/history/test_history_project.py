"""What a project tells of its repository."""

import json
import subprocess
from pathlib import Path

import pytest
from asv.plugins.git import Git
from asv.repo import NoRepository

from antigil.errors import UserError
from antigil.history.archive_reader import load_archive
from antigil.history.branches import commits_of
from antigil.history.options import Options
from antigil.history.project import Project, open_project


def git(folder, *words):
    """Run git as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True)


def test_it_is_known_when_a_change_was_not_committed(tmp_path):
    (tmp_path / "one.py").write_text("1\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "one.py")
    git(tmp_path, "commit", "-q", "-m", "one")
    project = Project(None, Git(str(tmp_path), ""), Options())
    (tmp_path / "new.py").write_text("2\n")

    assert not project.uncommitted()
    (tmp_path / "one.py").write_text("3\n")
    assert project.uncommitted()
    assert not Project(None, NoRepository(), Options()).uncommitted()


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
        ({}, 'no branch master here: name yours in asv.conf.json, as in "branches": ["main"]'),
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


@pytest.mark.parametrize("key", ["repo", "branches", "env_dir", "results_dir", "regressions_first_commits"])
def test_a_value_of_another_type_is_refused_by_name(tmp_path, monkeypatch, key):
    git(tmp_path, "init", "-q", "-b", "main")
    monkeypatch.chdir(tmp_path)
    conf = {"version": 1, "repo": ".", "show_commit_url": None}
    (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
    open_project()
    (tmp_path / "asv.conf.json").write_text(json.dumps({**conf, key: 5}))

    with pytest.raises(UserError, match=f'^"{key}" in asv.conf.json must be a.*, not 5$'):
        open_project()
