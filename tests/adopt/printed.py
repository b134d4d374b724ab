"""Run what `antigil init` prints, as it is printed, beside an own home: asv keeps its machines there."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"))}  # fmt: skip


def environment(home, **variables):
    """Return the variables of somebody who has antigil on the PATH, and a home with nothing but pip's."""
    home.mkdir(exist_ok=True)
    for name in (".config", ".pip", ".cache", ".cargo", ".rustup"):
        if (Path.home() / name).exists() and not (home / name).exists():
            (home / name).symlink_to(Path.home() / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **IDENTITY, "HOME": str(home), "PATH": path, "PYTHONSAFEPATH": "1", **variables}


def init(root, env, *words):
    """Run `antigil init`; return what it said and the commands that it printed."""
    done = run(shlex.join(["antigil", "init", *words]), root, env)
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    lines = done.stdout.partition("\nNext")[2].splitlines()
    return done.stdout, [line.strip() for line in lines if line.startswith("    ")]


def run(command, root, env, timeout=3600):
    """Run a line of a shell."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def follow(commands, root, env, **only):
    """Run commands in turn, a `cd` for those after it; yield each with its result and seconds.

    `only` has variables of the commands that begin with a word, by the word.
    """
    for command in commands:
        if command.startswith("cd "):
            root = root / shlex.split(command)[1]
            continue
        began = time.monotonic()
        words = command.split()
        name = words[1] if words[0] == "antigil" else words[0]
        done = run(command, root, {**env, **only.get(name, {})})
        yield command, done, time.monotonic() - began
