"""Follow `antigil init` in small projects of every build backend and layout, for real.

Usage: adopt_backends.py FOLDER [NAME ...]     all cases that FOLDER has no answer of yet, or those named
       adopt_backends.py FOLDER --table        what came of it, as Markdown

Each project is written and committed, `antigil init` is run in it, and then each command that it printed, as
it is printed; maturin's wants Rust. A case takes about two minutes. Where a Python of a case is not on the
PATH, it says so.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/adopt")]

from backends import BACKENDS, SETUP, STATEMENT, make_project, write  # noqa: E402
from printed import environment, follow, init  # noqa: E402
from support import machine, markdown_table  # noqa: E402

CONFIG = {"version": 1, "project": "crumple", "repo": "..", "branches": ["main"], "environment_type": "virtualenv"}
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def config(**more):
    """Return files: a suite of asv's that is there already, in a folder of its own."""
    text = json.dumps({**CONFIG, **more}, indent=4)
    return {"asv_bench/asv.conf.json": text, "asv_bench/benchmarks/__init__.py": ""}


#: Beside the five plain ones: a backend, files more, what else `make_project` takes, how many environments.
CASES = {
    **{name: (name, {}, {}, 1) for name in BACKENDS},
    "suite in a folder": ("scikit-build-core", config(), {}, 1),
    "branch master": ("meson-python", {}, {"branch": "master"}, 1),
    "submodule": ("setuptools", {}, {"submodule": "fold.h"}, 1),
    "requirement matrix": ("setuptools", config(matrix={"req": {"six": ["1.16", "1.17"]}}), {}, 2),
    "build requirement in the matrix": ("cython", config(matrix={"req": {"cython": ["3.0.12", "3.1.4"]}}), {}, 2),
    "environment variables": ("meson-python", config(matrix={"env": {"FOLDED": ["a", "b"]}}), {}, 2),
    "two Pythons": ("maturin", config(pythons=[HERE, "3.14t"]), {}, 2),
}  # fmt: skip


def main():
    """Follow the cases, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in [] if args.table else args.names or CASES:
        answer = folder / f"{name.replace(' ', '-')}.json"
        if args.names or not answer.exists():
            answer.write_text(json.dumps(case(folder / answer.stem, name)))
            print(name, json.loads(answer.read_text()), flush=True)
    if args.table:
        print(f"{machine()}\n\n{table(folder)}")


def case(root, name):
    """Follow one case; return each command with its exit status and seconds, and how many results there are."""
    backend, more, options, environments = CASES[name]
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(root.with_name(f"{root.name}-vendored"), ignore_errors=True)
    files = {**BACKENDS[backend], **more}
    if "submodule" in options:
        files = {n: t.replace("fold.h", "vendored/fold.h") for n, t in files.items() if n != "fold.h"}
        files["fold.h"] = BACKENDS[backend]["fold.h"]
    make_project(root, files, **options)
    env = environment(root.parent / "home", ANTIGIL_PROCESSES="1")
    installed = root.parent / f"{root.name}-installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--upgrade", "--target", installed, root],
        check=True,
        env=env,
    )
    said, commands = init(root, env, "-s", SETUP, STATEMENT)
    steps = []
    path = {"PYTHONPATH": str(installed)}
    for command, done, seconds in follow(commands, root, env, measure=path):
        steps.append({"command": command, "status": done.returncode, "seconds": round(seconds, 1)})
        (root.parent / f"{root.name}.log").open("a").write(f"$ {command}\n{done.stdout}{done.stderr}\n")
    results = list(root.glob("**/results/*/*-virtualenv-*.json"))
    given = [json.loads(path.read_text())["results"].get("thread_scaling.First.track_gil_held") for path in results]
    return {
        "steps": steps,
        "environments": environments,
        "results": sum(bool(row and row[0] and row[0][0] is not None) for row in given),
        "page": any(root.glob("**/html/speedup/thread_scaling.First.html")),
    }


def table(folder):
    """Return what came of every case."""
    rows = []
    for name in CASES:
        path = folder / f"{name.replace(' ', '-')}.json"
        if not path.exists():
            continue
        told = json.loads(path.read_text())
        seconds = {step["command"].split()[1] if step["command"].startswith("antigil") else
                   " ".join(step["command"].split()[:2]): step for step in told["steps"]}  # fmt: skip
        cells = [f"{seconds[k]['seconds']:.0f} s ({seconds[k]['status']})" for k in ("measure", "asv run", "compare")]
        rows.append([name, CASES[name][0], *cells, f"{told['results']} of {told['environments']}",
                     "yes" if told["page"] else "no"])  # fmt: skip
    head = ["case", "backend", "measure (exit status)", "asv run", "compare", "environments measured", "page"]
    return markdown_table(head, rows)


if __name__ == "__main__":
    main()
