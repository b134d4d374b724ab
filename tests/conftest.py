"""What a test run reports of its machine, a switch that forbids skips, and what a run makes but once."""

import os
import platform
import re
import signal
import sys
import sysconfig
from importlib import import_module
from pathlib import Path

import pytest
from marks import NO_GIL

from antigil.scaling import cpus_allowed

#: What a caller's surroundings would change in tests: a hook's repository, CI's files and tokens, colours.
FOREIGN = re.compile(
    r"(GIT|GITHUB)_(?!SSL_)|GH_TOKEN$|(FORCE|PY|PYTHON)_COLORS?$|LANGUAGE$"
    r"|ANTIGIL_PROCESSES$|PYTEST_ADDOPTS$|PYTHONWARNINGS$"
)

for name in filter(FOREIGN.match, list(os.environ)):
    del os.environ[name]
os.environ |= {
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
    "GIT_CONFIG_NOSYSTEM": "1",
}

# nohup, and a shell that runs us in the background, have us ignore these signals, and what tests start would
# do so, too; what has a handler here does there what it does by default.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)  # it still does not end us

TOOLS = str(Path(__file__).parents[1] / "tools")
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
FORBID_SKIPS = os.environ.get("ANTIGIL_FORBID_SKIPS", "") not in ("", "0")


def pytest_report_header():
    is_gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    build = "free-threaded" if FREE_THREADED else "default"
    return [
        f"antigil: {build} build of {platform.python_implementation()} {platform.python_version()},"
        f" GIL {'on' if is_gil_enabled() else 'off'},"
        f" {cpus_allowed()} of {os.cpu_count()} CPUs allowed,"
        f" skips {'forbidden' if FORBID_SKIPS else 'allowed'}"
    ]


def _fail_if_skipped(report):
    """Turn a skip into a failure: in our own CI everything that a test wants has been installed."""
    if FORBID_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        _, _, reason = report.longrepr
        if FREE_THREADED and reason.endswith(NO_GIL):
            return report
        report.outcome = "failed"
        report.longrepr = f"{reason}\n(ANTIGIL_FORBID_SKIPS is set, so a skip is a failure)"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _fail_if_skipped((yield))


#: Rooms whose tests take longest: begun first, so that no process is left with one of them at the end.
LONGEST = ("workflows", "site", "guard")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Put the longest first."""
    rooms = {item: item.path.parent.name for item in items}
    items.sort(key=lambda item: LONGEST.index(rooms[item]) if rooms[item] in LONGEST else len(LONGEST))


#: They measure on Linux, with what only that has.
collect_ignore = [] if sys.platform == "linux" else ["test_measuring_tools.py", "test_tools_end.py"]


def tool(name):
    """Return a module of tools/."""
    if TOOLS not in sys.path:
        sys.path.insert(0, TOOLS)
    return import_module(name)


@pytest.fixture(scope="session")
def browser_instance():
    """Debian's chromium, driven by Playwright, which allows no second driver in a process."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install antigil[test]"
    )
    installed = [path for path in tool("support").CHROMIUMS if path.exists()]
    if not installed:
        pytest.skip("needs Debian's chromium: apt install chromium-headless-shell")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(installed[0]), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def free_threaded(tmp_path_factory):
    """Return a free-threaded interpreter and a folder with antigil built for it."""
    under = tool("under")
    python = under.found("python3.14t")
    if python is None:
        pytest.skip("there is no python3.14t")
    folder = tmp_path_factory.mktemp("free-threaded")
    under.build_for(python, folder, ("-O2", "-Wall", "-Wextra", "-Werror"))
    return python, folder
