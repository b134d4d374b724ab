"""The workflows that init writes: which commit of antigil they call, and what they leave alone."""

import json
import subprocess

import pytest
from ruamel.yaml import YAML

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
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
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


def written(project, name):
    """Return what a workflow that init wrote hands on to the one that it calls."""
    content = YAML(typ="safe").load(project / f".github/workflows/antigil-{name}.yml")
    (job,) = content["jobs"].values()
    return job["with"]


def test_the_pythons_of_a_suite_are_set_up_and_its_own_benchmarks_are_left_out(project, capsys):
    suite = {"repo": "..", "pythons": ["3.13", "3.11"], "include": [{"python": "3.14t"}]}
    (project / "asv_bench/benchmarks").mkdir(parents=True)
    (project / "asv_bench/asv.conf.json").write_text(json.dumps(suite))
    (project / "asv_bench/benchmarks/sums.py").touch()

    assert cli.main(["init", "--github", "--pin", f"maker/antigil@{COMMIT}", "f()"]) == 0

    given = {"directory": "asv_bench", "python": "3.11\n3.14t\n3.13", "bench": "thread_scaling"}
    assert written(project, "compare") == given
    history = {"branch": "master", "pages": True}
    assert written(project, "history") == {**given, **history}
    printed = capsys.readouterr().out
    assert "--bench thread_scaling HEAD^!\n" in printed
    assert "    antigil compare --bench thread_scaling master~1 master\n" in printed


def test_a_suite_that_is_begun_is_measured_as_a_whole_by_the_usual_python(project):
    assert cli.main(["init", "--github", "--pin", f"maker/antigil@{COMMIT}", "f()"]) == 0

    assert written(project, "compare") == {"directory": "."}
    assert written(project, "history") == {"branch": "master", "directory": ".", "pages": True}


@pytest.mark.parametrize("removed", [(), ("history", "comment")])
def test_of_a_second_package_it_is_told_that_the_workflows_are_not_for_it(
    project, monkeypatch, capsys, removed
):
    for name in ("one", "two"):
        (project / name).mkdir()
        (project / name / "pyproject.toml").write_text(f"[project]\nname = '{name}'\n")
    words = ["init", "--github", "--pin", f"maker/antigil@{COMMIT}", "f()"]
    monkeypatch.chdir(project / "one")
    assert cli.main(words) == 0
    assert "require the check" in capsys.readouterr().out
    for name in removed:
        (project / f".github/workflows/antigil-{name}.yml").unlink()
    texts = {path: path.read_text() for path in (project / ".github/workflows").iterdir()}

    monkeypatch.chdir(project / "two")
    assert cli.main(words) == 0

    said = capsys.readouterr().out
    assert "The workflows that are there are for one; none was written for two. To compare\n" in said
    assert "require the check" not in said
    assert (project / "two/benchmarks/thread_scaling.py").exists()
    assert {path: path.read_text() for path in (project / ".github/workflows").iterdir()} == texts
    monkeypatch.chdir(project / "one")
    assert cli.main(words) == 0
    assert "require the check" in capsys.readouterr().out


def test_a_folder_of_any_name_is_known_as_the_workflows_own(project, monkeypatch, capsys):
    (project / "größe").mkdir()
    (project / "größe/setup.py").write_text("from setuptools import setup\nsetup(name='size')\n")
    monkeypatch.chdir(project / "größe")
    monkeypatch.setattr("antigil.commands.init.pin", lambda *given: Pin("maker/antigil", COMMIT, "v1"))
    assert cli.main(["init", "--github"]) == 0
    assert "none was written for" not in capsys.readouterr().out
