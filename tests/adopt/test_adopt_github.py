"""The workflows that init writes: which commit of antigil they call, and what they leave alone."""

import json
import subprocess

import pytest

from antigil.adopt.github_workflows import Pin, pin
from antigil.commands import main as cli
from antigil.errors import UserError

COMMIT = "a" * 40
ADDRESS = "https://github.com/maker/antigil"


class Installed:
    """A distribution as `importlib.metadata` describes it."""

    version = "1.2.3"

    def __init__(self, told):
        self.told = told

    def read_text(self, name):
        """Return what pip has noted."""
        assert name == "direct_url.json"
        return None if self.told is None else json.dumps(self.told)


def git(folder, *words):
    who = ("-c", "user.name=a tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return another project's checkout, and go there."""
    git(tmp_path, "init", "-q", "-b", "master", "project")
    (tmp_path / "project/setup.py").write_text("from setuptools import setup\nsetup(name='quick')\n")
    git(tmp_path / "project", "add", ".")
    git(tmp_path / "project", "commit", "-q", "-m", "begin")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("vcs", "label"),
    [
        ({"requested_revision": "v1.2.2"}, "v1.2.2"),
        ({"requested_revision": COMMIT}, "1.2.3"),
        ({}, "1.2.3"),
    ],
)
def test_the_commit_is_the_one_that_pip_installed(vcs, label):
    told = {"url": f"{ADDRESS}.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT, **vcs}}

    assert pin(None, Installed(told)) == Pin("maker/antigil", COMMIT, label)


@pytest.mark.parametrize("address", [f"{ADDRESS}.git", "git@github.com:maker/antigil.git"])
def test_of_an_installed_checkout_it_is_the_commit_there_with_its_tag(project, address):
    git(project, "remote", "add", "origin", address)
    git(project, "update-ref", "refs/remotes/origin/master", "HEAD")
    git(project, "tag", "v1.2.3")

    found = pin(None, Installed({"url": project.as_uri(), "dir_info": {"editable": True}}))

    assert found == Pin("maker/antigil", git(project, "rev-parse", "HEAD"), "v1.2.3")


def test_a_commit_that_nobody_else_has_is_refused(project):
    git(project, "remote", "add", "origin", f"{ADDRESS}.git")

    with pytest.raises(UserError, match="is not pushed"):
        pin(None, Installed({"url": project.as_uri(), "dir_info": {}}))


@pytest.mark.parametrize(
    ("asked", "told", "said"),
    [
        (None, None, "does not say which commit"),
        (None, {"url": "https://x/a.whl", "archive_info": {}}, "does not say which commit"),
        (
            None,
            {"url": "https://example.org/a", "vcs_info": {"commit_id": COMMIT}},
            "no repository on GitHub",
        ),
        ("maker/antigil@v1", None, "all 40 digits"),
        ("antigil@" + COMMIT, None, "all 40 digits"),
    ],
)
def test_what_names_no_commit_on_github_is_refused(asked, told, said):
    with pytest.raises(UserError, match=said):
        pin(asked, Installed(told))


def test_a_workflow_that_is_there_stays_as_it_is(project, capsys):
    kept = project / ".github/workflows/antigil-history.yml"
    kept.parent.mkdir(parents=True)
    kept.write_text("# mine\n")
    words = ["init", "--github", "--pin", f"maker/antigil@{COMMIT}", "f()"]

    assert cli.main([*words, "--dry-run"]) == 0
    assert "+++ .github/workflows/antigil-compare.yml" in capsys.readouterr().out
    assert sorted(kept.parent.iterdir()) == [kept]

    assert cli.main(words) == 0
    assert kept.read_text() == "# mine\n"
    assert {path.name for path in kept.parent.iterdir()} == {
        "antigil-compare.yml",
        "antigil-comment.yml",
        "antigil-history.yml",
    }
    assert "require the check 'Parallelism / Compare'" in capsys.readouterr().out


def test_without_being_asked_for_no_workflow_is_written(project):
    assert cli.main(["init", "f()"]) == 0
    assert not (project / ".github").exists()
