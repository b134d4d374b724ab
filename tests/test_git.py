"""What is asked of git, of real repositories."""

import os
import subprocess

import pytest

from antigil import git as asked
from antigil.commands.main import main
from antigil.errors import UserError


def git(folder, *words):
    """Run git; return what it prints."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def repository(folder):
    """Make a repository of two commits; return their hashes."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for text in ("one", "two"):
        (folder / "file").write_text(text)
        git(folder, "add", "file")
        git(folder, "commit", "-q", "-m", f"write {text}\r, é")
    return git(folder, "rev-list", "--reverse", "HEAD").split()


def test_commits_are_described_and_one_that_is_gone_is_left_out(tmp_path):
    first, second = repository(tmp_path / "a")

    told = asked.describe_commits(tmp_path / "a", [first, "1" * 40, second])

    subjects = {hash_: one.subject for hash_, one in told.items()}
    assert subjects == {first: "write one\r, é", second: "write two\r, é"}
    assert asked.describe_commits(tmp_path, [first]) == {}


def test_only_what_differs_beneath_the_paths_counts_and_so_does_what_git_cannot_tell(tmp_path, capsys):
    first, second = repository(tmp_path / "a")

    assert asked.differ(tmp_path / "a", first, second, ["file"])
    assert not asked.differ(tmp_path / "a", first, second, ["elsewhere"])
    assert not capsys.readouterr().err
    assert asked.differ(tmp_path / "a", first, "0" * 40, ["file"])
    assert "bad object" in capsys.readouterr().err


def test_a_path_is_known_to_a_commit_or_not(tmp_path):
    first, _ = repository(tmp_path / "a")

    assert asked.holds(tmp_path / "a", first, "file")
    assert asked.holds(tmp_path / "a", first, ".")
    assert not asked.holds(tmp_path / "a", first, "elsewhere")


def test_the_common_commit_is_found_where_there_is_one(tmp_path):
    first, second = repository(tmp_path / "a")

    assert asked.merge_base(tmp_path / "a", first, second) == first
    git(tmp_path / "a", "checkout", "-q", "--orphan", "aside")
    git(tmp_path / "a", "commit", "-q", "-m", "another beginning")
    assert asked.merge_base(tmp_path / "a", "aside", second) is None


@pytest.fixture(params=["another owner", "a damaged configuration"])
def unreadable(tmp_path, monkeypatch, request):
    """Return a repository that git refuses to read, and what it says of it."""
    repository(tmp_path / "a")
    if request.param == "another owner":
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        return tmp_path / "a", r"^git: detected dubious ownership in repository at '[^\n]*'$"
    (tmp_path / "a/.git/config").write_text("[core")
    return tmp_path / "a", r"^git: bad config line \d in file [^\n]*$"


def test_why_git_cannot_look_is_told_and_not_taken_for_a_commit_that_is_missing(unreadable):
    folder, said = unreadable

    with pytest.raises(UserError, match=said):
        asked.commit_named(folder, "main~1")
    with pytest.raises(UserError, match=said):
        asked.merge_base(folder, "main~1", "main")


def test_a_commit_that_is_missing_is_none(tmp_path):
    _, second = repository(tmp_path / "a")

    assert asked.commit_named(tmp_path / "a", "main") == second
    for name in ("main~7", "main@{99}", "1" * 40, "main^{tree}", "^main"):
        assert asked.commit_named(tmp_path / "a", name) is None


@pytest.fixture(params=[".gitmodules", ".git/config"])
def submodule(tmp_path, request):
    """Return a repository whose newest commit moved a submodule that is configured to be ignored."""
    root = tmp_path / "a"
    repository(root)
    first, second = repository(root / "lib")
    for hash_ in (first, second):
        git(root / "lib", "checkout", "-q", hash_)
        git(root, "-c", "advice.addEmbeddedRepo=false", "add", "lib")
        git(root, "commit", "-q", "-m", "move lib")
    key = "submodule.lib.ignore" if request.param == ".gitmodules" else "diff.ignoreSubmodules"
    git(root, "config", "-f", str(root / request.param), key, "all")
    if request.param == ".gitmodules":
        git(root, "config", "-f", str(root / request.param), "submodule.lib.path", "lib")
    return root


def test_a_submodule_that_moved_differs_though_it_is_configured_to_be_ignored(submodule):
    assert asked.differ(submodule, "main~1", "main", ["lib"])
    assert asked.holds(submodule, "main", "lib")
    assert not asked.differ(submodule, "main~1", "main", ["file"])


def test_so_it_does_in_the_working_tree(submodule):
    (submodule / "lib/untracked").touch()
    assert not asked.uncommitted(submodule)

    git(submodule / "lib", "checkout", "-q", "HEAD~1")

    assert asked.uncommitted(submodule)


def test_variables_are_added_to_the_environment_of_git(tmp_path, monkeypatch):
    repository(tmp_path / "a")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "ours")

    answer = asked.run(tmp_path / "a", "var", "GIT_AUTHOR_IDENT", environment={"GIT_AUTHOR_EMAIL": "x@y.org"})

    assert (answer.status, answer.output.partition(">")[0]) == (0, "ours <x@y.org")


def test_a_command_that_fails_is_an_answer_too(tmp_path):
    answer = asked.run(tmp_path, "rev-parse", "HEAD")

    assert answer.status == 128
    assert "not a git repository" in answer.errors


def test_of_a_copy_without_a_working_tree_nothing_is_uncommitted_and_git_does_not_complain(tmp_path, capsys):
    repository(tmp_path / "a")
    git(tmp_path, "clone", "-q", "--mirror", str(tmp_path / "a"), str(tmp_path / "copy"))

    assert not asked.uncommitted(tmp_path / "copy")
    assert capsys.readouterr().err == ""


def test_a_change_to_the_working_tree_is_uncommitted(tmp_path):
    repository(tmp_path / "a")
    assert not asked.uncommitted(tmp_path / "a")

    (tmp_path / "a/file").write_text("three")

    assert asked.uncommitted(tmp_path / "a")


def test_in_the_hook_of_another_repository_the_one_that_lies_here_is_asked(tmp_path, monkeypatch):
    for name in ("hook", "here"):
        repository(tmp_path / name)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hook/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "hook/.git/index"))
    monkeypatch.setenv("GIT_SSL_CAINFO", "kept")

    with pytest.raises(SystemExit):
        main(["--version"])

    here = asked.run(tmp_path / "here", "rev-parse", "--absolute-git-dir").output.strip()
    assert here == str((tmp_path / "here/.git").resolve())
    assert os.environ["GIT_SSL_CAINFO"] == "kept"
