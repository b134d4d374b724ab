"""The Makefile: what it runs, and the one line that it says where something is missing."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KERNEL = "antigil/kernels/module.c"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the Makefile is for systems with a POSIX shell"
)

# An interpreter with a fault: OLD believes to be 3.8, BARE lacks what Debian has in python3-venv.
FAKE_PYTHON = """#!/bin/sh
exec {python} -c '
import runpy, sys
{fault}
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
"""
OLD = "sys.version_info = (3, 8, 10)"
BARE = 'sys.modules["ensurepip"] = None'

# Stands in for .venv/bin/python: writes down what it is called with, and fails where it is told to.
RECORDER = """#!/bin/sh
case "$1" in tools/check.py) exec {python} "$@" ;; esac
echo "$*" >> calls
case "$*" in
    *"ci machine"*) echo a-machine ;;
    *"asv run"*) cp "${{10#HASHFILE:}}" hashes; exit ${{RUN_STATUS:-0}} ;;
    *"asv publish"*)
        mkdir -p .asv/html/speedup
        touch .asv/html/speedup/index.html
        exit ${{PUBLISH_STATUS:-0}} ;;
    tools/demonstration.py*) exit ${{DEMONSTRATION_STATUS:-0}} ;;
    -c*) exec {python} "$@" ;;
esac
"""


def base_python():
    """Return the interpreter outside any virtual environment."""
    return getattr(sys, "_base_executable", sys.executable)


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def make(folder, *arguments, path=None, **environment):
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CC", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    kept |= {"PATH": str(path)} if path else {}
    return subprocess.run(
        [shutil.which("make"), *arguments],
        cwd=folder,
        env=kept | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def git(folder, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def complaint(done):
    """Return what a failed make says, less make's own last word."""
    assert done.returncode == 2, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(said) == 1, said
    return said[0]


@pytest.fixture
def folder(tmp_path):
    """Copy what `make` needs of this project, in an empty folder that is no git checkout."""
    project = tmp_path / "project"
    (project / KERNEL).parent.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "setup.py", KERNEL):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "tools", project / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    return project


@pytest.fixture
def checkout(folder):
    """Make the same a git checkout with six commits."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    for number in range(6):
        git(folder, "commit", "--quiet", "--allow-empty", f"--message=commit {number}")
    return folder


@pytest.fixture
def recorder(checkout):
    """Give the checkout a .venv that is set up, and whose Python only writes down what it is to do."""
    executable(checkout / ".venv/bin/python", RECORDER.format(python=base_python()))
    (checkout / ".venv/installed-asv").touch()
    return checkout


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_help_is_the_default_and_lists_the_targets(folder, arguments):
    done = make(folder, *arguments)

    listed = re.findall(r"^make ([\w-]+) +\S", done.stdout, re.MULTILINE)
    assert listed == [
        "help",
        "site",
        "test",
        "test-all",
        "test-pythons",
        "coverage",
        "lint",
        "screenshots",
        "demo",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_every_test_runs_once():
    runs = re.findall(r"-m pytest (?:\$\(AT_ONCE\) )?-m '([^']+)'", (ROOT / "Makefile").read_text())
    assert runs == [
        "not timing and not long",
        "timing and not long",
        "long and not timing",
        "long and timing",
    ]


def test_missing_compiler_is_said_before_anything_is_made(folder, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("awk", "git", "sh", "touch", "uname"):
        (tools / name).symlink_to(shutil.which(name))

    done = make(folder, "demo", f"PYTHON={base_python()}", path=tools)

    assert complaint(done).startswith("antigil: error: no C compiler (")
    assert not (folder / ".venv").exists()


def test_compiler_named_with_cc_must_run(folder):
    done = make(folder, "demo", f"PYTHON={base_python()}", CC="no-such-compiler -O3")

    assert complaint(done).startswith(
        "antigil: error: no C compiler (no-such-compiler does not run): install one"
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [(OLD, "antigil needs Python 3.11 or newer, and "), (BARE, f"{base_python()} has no module ensurepip")],
)
@pytest.mark.parametrize("target", ["site", "test", "demo"])
def test_unfit_python_is_said_before_anything_is_made(checkout, tmp_path, target, fault, message):
    python = executable(tmp_path / "fake-python", FAKE_PYTHON.format(python=base_python(), fault=fault))

    done = make(checkout, target, f"PYTHON={python}")

    assert complaint(done).startswith(f"antigil: error: {message}")
    assert not (checkout / ".venv").exists()


def test_old_pythons_can_read_the_check_that_turns_them_away():
    """Newer syntax would end in a SyntaxError before the check says its line."""
    nodes = list(ast.walk(ast.parse((ROOT / "tools/check.py").read_text())))

    new_syntax = (
        ast.JoinedStr,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.Nonlocal,
        ast.Starred,
        ast.AsyncFunctionDef,
    )
    assert not [node for node in nodes if isinstance(node, new_syntax)]
    assert not [node for node in nodes if isinstance(node, ast.arg) and node.annotation]
    assert not [node for node in nodes if isinstance(node, ast.FunctionDef) and node.returns]
    assert not [node for node in nodes if isinstance(node, ast.Raise) and node.cause]


def test_missing_python_is_said(folder):
    assert complaint(make(folder, "demo", "PYTHON=no-such-python")) == (
        "antigil: error: no command no-such-python: install Python 3.11 or newer, or name it: make PYTHON=..."
    )


def test_venv_without_pip_is_said(folder):
    subprocess.run(
        [base_python(), "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True, timeout=60
    )

    assert complaint(make(folder, "demo")).endswith(
        "has no module pip: remove the folder .venv and try again"
    )


def test_python_asked_for_must_be_the_one_in_venv(folder, tmp_path):
    subprocess.run(
        [base_python(), "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True, timeout=60
    )
    (folder / ".venv/installed-plain").touch()
    other = executable(tmp_path / "python9.9", "#!/bin/sh\necho 9.9\n")

    said = complaint(make(folder, "demo", f"PYTHON={other}"))

    assert said.startswith(f"antigil: error: {other} is Python 9.9, but .venv has Python ")


def test_folder_that_is_no_git_checkout_is_said(folder):
    assert complaint(make(folder, "site", f"PYTHON={base_python()}")).startswith(
        "antigil: error: this folder is not a git checkout"
    )


def test_folder_inside_another_projects_checkout_is_no_checkout(folder):
    git(folder.parent, "init", "--quiet")

    assert complaint(make(folder, "site", f"PYTHON={base_python()}")).startswith(
        "antigil: error: this folder is not a git checkout"
    )


def test_shallow_clone_is_said(checkout, tmp_path):
    git(tmp_path, "clone", "--quiet", "--depth=1", checkout.as_uri(), "shallow")

    assert complaint(make(tmp_path / "shallow", "site", f"PYTHON={base_python()}")) == (
        "antigil: error: this is a shallow clone, and measuring needs the history:"
        " run 'git fetch --unshallow' first"
    )


def test_clone_without_the_measured_branch_is_said(checkout, tmp_path):
    git(checkout, "branch", "topic")
    git(tmp_path, "clone", "--quiet", "--single-branch", "--branch=topic", checkout.as_uri(), "topic-only")

    assert complaint(make(tmp_path / "topic-only", "site", f"PYTHON={base_python()}")) == (
        "antigil: error: no branch main here, whose commits are measured:"
        " run 'git fetch origin main:main' first"
    )


def test_site_measures_what_it_is_asked_for_newest_first(recorder):
    done = make(recorder, "site", "COMMITS=4", "BENCH=article")

    newest = git(recorder, "rev-list", "--max-count=4", "main")
    assert (recorder / "hashes").read_text().strip() == newest
    assert len(newest.split()) == 4
    assert (recorder / "calls").read_text().splitlines()[:3] == [
        "-m antigil ci machine",
        "-m asv run --machine a-machine --record-samples --skip-existing-successful"
        " --bench article HASHFILE:.asv/newest-commits",
        "-m asv publish",
    ]
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"The page: {(recorder / '.asv/html/speedup/index.html').as_uri()}\n")
    assert "uncommitted" not in done.stderr


def test_site_measures_three_commits_by_default(recorder):
    make(recorder, "site")

    assert len((recorder / "hashes").read_text().split()) == 3


def test_site_says_that_uncommitted_changes_are_not_measured(recorder):
    (recorder / KERNEL).write_text("/* under work */")
    os.utime(recorder / KERNEL, (0, 0))  # older than the set-up, which is not the matter here

    done = make(recorder, "site")

    assert (
        "antigil: note: uncommitted changes to the package are not measured; commit them first\n"
        in done.stderr
    )
    assert done.returncode == 0


def test_site_is_published_and_fails_where_a_measurement_failed(recorder):
    done = make(recorder, "site", RUN_STATUS="2")

    assert "-m asv publish" in (recorder / "calls").read_text()
    assert "The page: file://" in done.stdout
    assert "antigil: error: not everything could be measured, see above\n" in done.stderr
    assert done.returncode == 2


def test_site_measures_the_demonstration_once_its_own_pages_are_there(recorder):
    make(recorder, "site")

    last = (recorder / "calls").read_text().splitlines()[3]
    assert last == "tools/demonstration.py --machine a-machine .asv/demonstration .asv/html"


def test_site_fails_where_the_demonstration_failed_and_still_names_its_page(recorder):
    done = make(recorder, "site", DEMONSTRATION_STATUS="1")

    assert "The page: file://" in done.stdout
    assert done.returncode == 2


def test_site_fails_where_publishing_failed(recorder):
    done = make(recorder, "site", PUBLISH_STATUS="1")

    assert "The page:" not in done.stdout
    assert done.returncode == 2
