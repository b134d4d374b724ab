"""Say in one line what is missing before a long set-up fails on it in many.

Usage: check.py build                 this Python can build and install antigil
       check.py same PYTHON           this Python is the one that the user asked for
       check.py history BRANCH        this folder holds the commits that are to be measured

Exit status 2 and one line on stderr where something is missing. The Makefile runs this with
whatever "python3" is, so the file keeps to what Python 2.7 and 3.0 already understood.
"""

import os
import shlex
import subprocess
import sys
import sysconfig

OLDEST = (3, 11)


class CheckError(Exception):
    """Something is missing; the message says what, and what to do."""


def check_python():
    """Check this Python's version and its tools for virtual environments."""
    if sys.version_info[:2] < OLDEST:
        raise CheckError(
            "antigil needs Python %d.%d or newer, and %s is %d.%d: name a newer one, as in"
            " 'make PYTHON=python3.12 ...'" % (OLDEST + (sys.executable,) + tuple(sys.version_info[:2]))
        )
    if sys.prefix != sys.base_prefix:
        module, remedy = "pip", "remove the folder %s and try again" % os.path.relpath(sys.prefix)
    else:
        module, remedy = "ensurepip", "install it (on Debian and Ubuntu: apt install python3-venv)"
    try:
        __import__(module)
    except ImportError:
        raise CheckError("%s has no module %s: %s" % (sys.executable, module, remedy))


def check_compiler():
    """Check for a C compiler that runs and for Python's own headers."""
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if run(command[:1] + ["--version"]) is None:
        raise CheckError(
            "no C compiler (%s does not run): install one (on Debian and Ubuntu: apt install gcc)"
            " or name it with CC=..." % command[0]
        )
    header = os.path.join(sysconfig.get_path("include"), "Python.h")
    if not os.path.exists(header):
        raise CheckError(
            "no %s: install Python's headers (on Debian and Ubuntu: apt install python3-dev)" % header
        )


def check_same(wanted):
    """Check that ``wanted`` is the Python version that runs this."""
    code = "import sys; print('%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', ''))"
    have, want = run([sys.executable, "-c", code]), run([wanted, "-c", code])
    if want is None:
        raise CheckError("%s does not run: name another Python" % wanted)
    if have != want:
        raise CheckError(
            "%s is Python %s, but %s has Python %s: remove that folder first"
            % (wanted, want, os.path.relpath(sys.prefix), have)
        )


def check_history(branch):
    """Check for a git checkout with its history, and mention what will not be measured."""
    if run(["git", "--version"]) is None:
        raise CheckError("no git, which measuring needs: install it (on Debian and Ubuntu: apt install git)")
    top = run(["git", "rev-parse", "--show-toplevel"])
    if top is None or not os.path.samefile(top, os.curdir):
        raise CheckError(
            "this folder is not a git checkout, and it is commits that are measured: clone the repository"
        )
    if run(["git", "rev-parse", "--is-shallow-repository"]) == "true":
        raise CheckError(
            "this is a shallow clone, and measuring needs the history: run 'git fetch --unshallow' first"
        )
    if run(["git", "rev-parse", "--verify", "--quiet", "refs/heads/" + branch]) is None:
        raise CheckError(
            "no branch %s here, whose commits are measured: run 'git fetch origin %s:%s' first"
            % ((branch,) * 3)
        )
    if run(
        [
            "git",
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            "antigil",
            "setup.py",
            "pyproject.toml",
        ]
    ):
        sys.stderr.write(
            "antigil: note: uncommitted changes to the package are not measured; commit them first\n"
        )


def run(command):
    """Return what a command prints, or None where it fails or does not exist."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None
    out = process.communicate()[0]
    return out.decode("utf-8", "replace").strip() if process.returncode == 0 else None


def main(argv):
    """Run the check named on the command line."""
    try:
        if argv == ["build"]:
            check_python()
            check_compiler()
        elif argv[:1] == ["same"] and len(argv) == 2:
            check_same(argv[1])
        elif argv[:1] == ["history"] and len(argv) == 2:
            check_history(argv[1])
        else:
            raise CheckError("tools/check.py does not know %r" % (argv,))
    except CheckError as error:
        sys.stderr.write("antigil: error: %s\n" % error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
