"""What a project tells of its repository."""

import json
import subprocess

import pytest
from asv.plugins.git import Git
from asv.repo import NoRepository

from antigil.errors import UserError
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
