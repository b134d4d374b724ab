"""What is asked of git, of real repositories."""

import os
import subprocess

import pytest

from antigil import git as asked
from antigil.commands.main import main


def git(folder, *words):
    """Run git as somebody; return what it prints."""
    command = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
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
    assert asked.merge_base(tmp_path / "a", first, "0" * 40) is None


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
