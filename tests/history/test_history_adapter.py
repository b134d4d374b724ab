"""What antigil relies on of asv's inside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from asv.util import UserError as AsvUserError
from made_up_environments import let_asv_choose

from antigil.asv_plugin import Speedup
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


def test_what_the_pages_need_and_is_not_here_is_told_with_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "antigil.site.pages", None)

    with pytest.raises(AsvUserError, match=r'^this needs antigil\.site\.pages: pip .*\[asv\]"$'):
        Speedup.publish(None, None, {}, [], {})


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


CONF = {
    "version": 1, "repo": ".", "environment_type": "virtualenv", "pythons": ["3.98"],
    "matrix": {"req": {"six": ["1.16", "1.17"]}, "env": {"MODE": ["fast", None]}},
    "include": [{"python": "3.99", "req": {"six": "1.18"}}],
}  # fmt: skip


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return what installs nothing in the environments of a real configuration, and returns what they are."""
    let_asv_choose(monkeypatch, tmp_path / "bin", "3.98", "3.99")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)

    def install(combination=None, conf=CONF):
        (tmp_path / "asv.conf.json").write_text(json.dumps(conf))
        project = open_project()
        found = running.install(project.conf, project.repo, "a" * 40, "head", [], combination)
        return [running.combination_of(env) for env in found]

    return install


@pytest.mark.parametrize(
    "wanted",
    [
        (("env-MODE", "fast"), ("python", "3.98"), ("six", "1.17")),
        (("python", "3.99"), ("six", "1.18")),
        (("python", "3.99"), ("six", "1.16")),
    ],
    ids=["of the matrix", "included", "measured by asv run -E :3.99"],
)
def test_one_combination_is_installed_wherever_asv_has_it_from(install, wanted):
    assert install(wanted) == [wanted]
    assert len(install()) == 5


def test_a_combination_that_is_gone_is_named(install):
    with pytest.raises(UserError, match=r"no environment any more with python 3.98, six 1.15: asv.conf"):
        install((("python", "3.98"), ("six", "1.15")))


def test_a_configuration_without_a_type_of_environments_which_asv_itself_refuses_is_told(install):
    with pytest.raises(UserError, match=r'asv\.conf\.json lacks "environment_type"'):
        install(conf={**CONF, "environment_type": None})
