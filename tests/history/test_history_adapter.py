"""What antigil relies on of asv's inside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.errors import UserError
from antigil.history.asv_adapter import running
from antigil.history.asv_adapter.running import most_telling_line
from antigil.history.project import open_project

ROOT = Path(__file__).parents[2]


def test_a_command_of_asv_that_publishes_nothing_loads_nothing_that_draws():
    """The plugin is imported by every command."""
    program = (
        "import sys, asv.main, antigil.asv_plugin; print({'numpy', 'bokeh', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"


def test_asv_still_has_the_folder_of_its_repository(history):
    """Without it no commit would have a subject, and nothing would fail."""
    from asv.repo import get_repo

    from antigil.history.asv_adapter.configuration import git_folder
    from antigil.history.project import printable_commits

    root, hashes = history
    repo = get_repo(type("Conf", (), {"repo": str(root), "project": "p", "dvcs": None})())

    assert git_folder(repo) == str(root)
    assert printable_commits(repo, hashes[:1])[hashes[0]].subject == "core: change number 0"


def test_a_failed_build_is_told_by_the_compilers_own_words():
    said = "running build\nsample/one.c:3:10: fatal error: no.h: No such file or directory\nERROR: wheel\n"

    assert most_telling_line(said) == "sample/one.c:3:10: fatal error: no.h: No such file or directory"
    assert most_telling_line("something\nERROR: wheel\n\n") == "ERROR: wheel"
    quoted = "  x exit code: 1\n   > [2 lines]\n  setup\n  no build today\n  [end of output]\n"
    assert (
        most_telling_line(f"{quoted}\n  note: not pip's problem.\nhint: See above for details.")
        == "no build today"
    )
    assert (
        most_telling_line("ERROR: Failed to build it\nhint: See above for details.")
        == "ERROR: Failed to build it"
    )


def test_of_a_matrix_one_combination_is_installed_and_one_that_is_gone_is_named(tmp_path, monkeypatch):
    """The real configuration and the real matrix; only the set-up of environments is left out."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    conf = {
        "version": 1, "repo": ".", "environment_type": "virtualenv", "pythons": [python],
        "matrix": {"req": {"six": ["1.16", "1.17"]}, "env": {"MODE": ["fast", None]}},
    }  # fmt: skip
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
    monkeypatch.chdir(tmp_path)
    project = open_project()
    monkeypatch.setattr(running.Setup, "perform_setup", lambda environments, parallel: None)
    monkeypatch.setattr(running, "_install", lambda conf, repo, env, commit: None)
    wanted = (("env-MODE", "fast"), ("python", python), ("six", "1.17"))

    def install(combination):
        return running.install(
            project.conf, project.repo, "a" * 40, "head", [f"virtualenv:{python}"], combination
        )

    assert [running.combination_of(env) for env in install(wanted)] == [wanted]
    assert len(install(None)) == 4
    with pytest.raises(UserError, match=f"no environment any more with python {python}, six 1.15"):
        install((("python", python), ("six", "1.15")))
