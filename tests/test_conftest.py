"""The switch that turns a skip into a failure, and surroundings that do not matter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "in a test": "import pytest\ndef test():\n    pytest.skip('no tool')",
    "by a mark": "import pytest\n@pytest.mark.skipif(True, reason='no tool')\ndef test(): pass",
    "in a fixture": "import pytest\n@pytest.fixture\ndef f():\n    pytest.skip('no tool')\ndef test(f): pass",
    "of a module": "import pytest\npytest.skip('no tool', allow_module_level=True)",
}
NO_SKIP = "import pytest\n@pytest.mark.xfail\ndef test():\n    assert False\ndef test_good(): pass"


def run(folder, source, forbid, **variables):
    for name in ("conftest.py", "marks.py", "gitconfig"):
        shutil.copy(Path(__file__).with_name(name), folder)
    (folder / "test_sample.py").write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "test_sample.py"],
        cwd=folder,
        env={**os.environ, "ANTIGIL_FORBID_SKIPS": forbid, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS)
def test_skip_is_a_failure_that_gives_the_reason_where_skips_are_forbidden(source, tmp_path):
    done = run(tmp_path, source, forbid="1")

    assert done.returncode != 0
    assert "no tool\n(ANTIGIL_FORBID_SKIPS is set, so a skip is a failure)" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]


NO_GIL = (
    "import pytest, marks, conftest\nconftest.FREE_THREADED = {}\n"
    "@pytest.mark.skipif(True, reason=marks.NO_GIL)\ndef test(): pass"
)


@pytest.mark.parametrize("free_threaded", [True, False])
def test_a_gil_may_be_missing_on_a_free_threaded_build_only(free_threaded, tmp_path):
    done = run(tmp_path, NO_GIL.format(free_threaded), forbid="1")

    assert ("1 skipped" in done.stdout.splitlines()[-1]) == free_threaded
    assert (done.returncode != 0) == (not free_threaded)


@pytest.mark.parametrize("forbid", ["", "0"])
def test_skip_is_a_skip_elsewhere(tmp_path, forbid):
    done = run(tmp_path, SKIPS["in a test"], forbid)

    assert "1 skipped" in done.stdout.splitlines()[-1]


def test_expected_failure_is_no_skip(tmp_path):
    done = run(tmp_path, NO_SKIP, forbid="1")

    assert done.returncode == 0
    assert "1 passed, 1 xfailed" in done.stdout.splitlines()[-1]


def test_header_tells_the_build_the_gil_and_the_cpus(tmp_path):
    header = next(
        line for line in run(tmp_path, NO_SKIP, "1").stdout.splitlines() if line.startswith("antigil:")
    )

    assert f"build of CPython {sys.version_info.major}.{sys.version_info.minor}." in header
    assert "GIL o" in header
    assert f"of {os.cpu_count()} CPUs allowed, skips forbidden" in header


USERS_GIT = """
[init]
    templateDir = {folder}/template
[commit]
    gpgSign = true
[tag]
    gpgSign = true
[core]
    hooksPath = {folder}/hooks
[gpg]
    program = false
"""
COMMITS = """
import subprocess
def test(tmp_path):
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"], ["tag", "v1"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    assert not (tmp_path / ".git/of-the-user").exists()
"""


def test_the_users_configuration_of_git_does_not_reach_the_tests(tmp_path):
    for name in ("template/of-the-user", "hooks/pre-commit"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "users").write_text(USERS_GIT.format(folder=tmp_path))
    places = {"GIT_CONFIG_GLOBAL": str(tmp_path / "users"), "GIT_CONFIG_SYSTEM": str(tmp_path / "users")}

    done = run(tmp_path, COMMITS, "1", **places, GIT_CONFIG_NOSYSTEM="0")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYTEST_ADDOPTS", "-v"), ("PYTHONWARNINGS", "ignore"), ("ANTIGIL_PROCESSES", "1"), ("GIT_DIR", "/")],
)
def test_what_a_caller_has_set_does_not_reach_what_the_tests_start(tmp_path, name, value):
    source = f"import os\ndef test():\n    assert {name!r} not in os.environ"

    assert run(tmp_path, source, "1", **{name: value}).returncode == 0
