"""Which branch is taken for the main one, and which configurations are for another repository."""

import json

import pytest
from backends import git

from antigil.adopt import checkout
from antigil.commands import main as cli

GUESSED = "Nothing says which branch is the main one; fix/overflow is taken.\n"


@pytest.mark.parametrize(
    ("told", "branch", "is_told"), [("trunk", "trunk", True), ("gone", "fix/overflow", False)]
)
def test_of_several_branches_the_configured_name_is_the_main_ones_or_a_guess_is_told(
    project, capsys, told, branch, is_told
):
    root = project({"setup.py": ""}, "trunk")
    git(root, "config", "init.defaultBranch", told)
    git(root, "checkout", "-q", "-b", "fix/overflow")
    assert checkout.look_at(root).branch == branch
    assert cli.main(["init"]) == 0
    assert (GUESSED in capsys.readouterr().out) is not is_told
    assert json.loads((root / "asv.conf.json").read_text())["branches"] == [branch]


def test_the_only_branch_is_the_main_one(project, capsys):
    project({"setup.py": ""}, "fix/overflow")
    assert cli.main(["init"]) == 0
    assert GUESSED not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("repo", "is_ours"),
    [
        ("..", False),
        (".", False),
        ("../..", True),
        ("https://github.com/somebody/quick", True),
        ("git@github.com:maker/Quick.git", True),
        ("ssh://git@example.org/maker/quick.git/", True),
        ("https://github.com/numpy/numpy.git", False),
        ("git@github.com:numpy/numpy", False),
        (None, True),
    ],
)
def test_a_suite_of_another_repository_is_left_alone_and_that_is_told(project, capsys, repo, is_ours):
    text = json.dumps({"version": 1, **({} if repo is None else {"repo": repo})})
    root = project({"setup.py": "", "vendored/numbers/asv.conf.json": text})
    git(root, "remote", "add", "upstream", "https://github.com/maker/quick.git")
    assert cli.main(["init"]) == 0
    assert ((root / "vendored/numbers/asv.conf.json").read_text() != text) is is_ours
    assert (root / "asv.conf.json").exists() is not is_ours
    said = "Left alone, being for another repository: vendored/numbers/asv.conf.json.\n"
    assert (said in capsys.readouterr().out) is not is_ours


def test_a_suite_that_is_left_alone_can_be_named(project):
    root = project({"setup.py": "", "copy/asv.conf.json": '{"version": 1, "repo": "."}'})
    assert cli.main(["init", "--config", "copy/asv.conf.json"]) == 0
    assert "plugins" in json.loads((root / "copy/asv.conf.json").read_text())


def test_without_a_remote_an_address_says_nothing_of_what_lies_here(project):
    root = project({"setup.py": "", "bench/asv.conf.json": '{"repo": "https://example.org/old-name.git"}'})
    assert checkout.look_at(root).config == root / "bench/asv.conf.json"
