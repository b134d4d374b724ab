"""The switch that turns a skip into a failure."""

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


def run(folder, source, forbid):
    for name in ("conftest.py", "marks.py"):
        shutil.copy(Path(__file__).with_name(name), folder)
    (folder / "test_sample.py").write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "test_sample.py"],
        cwd=folder,
        env={**os.environ, "ANTIGIL_FORBID_SKIPS": forbid},
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
