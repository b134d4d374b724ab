"""Follow `antigil init` in small projects of every build backend and layout, for real.

Usage: adopt_backends.py FOLDER [NAME ...]     all cases that FOLDER has no answer of yet, or those named
       adopt_backends.py FOLDER --table        what came of it, as Markdown

Each project is written and committed, `antigil init` is run in it, and then each command that it printed, as
it is printed, with ANTIGIL_PROCESSES=1. maturin wants Rust, and one case python3.14t. A case takes two
minutes.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/adopt")]

from backends import CASES, SETUP, STATEMENT, make_case  # noqa: E402
from printed import environment, follow, init  # noqa: E402
from support import machine, machines, markdown_table  # noqa: E402

from antigil.files import write_whole  # noqa: E402


def main():
    """Follow the cases, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=CASES, metavar="NAME")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in [] if args.table else args.names or CASES:
        answer = folder / f"{name.replace(' ', '-')}.json"
        if args.names or not answer.exists():
            told = {**case(folder / answer.stem, name), "machine": machine()}
            write_whole(answer, json.dumps(told))
            print(name, told, flush=True)
    if args.table:
        answers = {name: folder / f"{name.replace(' ', '-')}.json" for name in CASES}
        told = {name: json.loads(file.read_text()) for name, file in answers.items() if file.exists()}
        print(f"{machines(told.values())}\n\n{table(told)}")


def case(root, name):
    """Follow one case; return each command with its exit status and seconds, and how many results came."""
    for folder in (root, root.with_name(f"{root.name}-vendored")):
        shutil.rmtree(folder, ignore_errors=True)
    make_case(root, CASES[name])
    package, beside = root / CASES[name].folder, root.parent
    env = environment(beside / "home", ANTIGIL_PROCESSES="1")
    installed = beside / f"{root.name}-installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--upgrade", "--target", installed, package]
    subprocess.run(pip, check=True, env=env)
    _, commands = init(package, env, "-s", SETUP, STATEMENT)
    steps = []
    for command, done, seconds in follow(commands, package, env, measure={"PYTHONPATH": str(installed)}):
        steps.append({"command": command, "status": done.returncode, "seconds": round(seconds, 1)})
        with (beside / f"{root.name}.log").open("a") as log:
            log.write(f"$ {command}\n{done.stdout}{done.stderr}\n")
    number = "thread_scaling.First.track_gil_held"
    results = [json.loads(path.read_text()) for path in root.glob("**/results/*/*-virtualenv-*.json")]
    given = [one["results"].get(number) for one in results]
    return {
        "steps": steps,
        "results": sum(bool(row and row[0] and row[0][0] is not None) for row in given),
        "page": any(root.glob("**/html/speedup/thread_scaling.First.html")),
    }


def table(answers):
    """Return what came of every case."""
    rows = []
    for name, told in answers.items():
        known = CASES[name]
        steps = {" ".join(step["command"].split()[:2]): step for step in told["steps"]}
        asked = [steps[one] for one in ("antigil measure", "asv run", "antigil compare")]
        cells = [f"{step['seconds']:.0f} s ({step['status']})" for step in asked]
        measured = f"{told['results']} of {known.environments}"
        rows.append([name, known.backend, *cells, measured, "yes" if told["page"] else "no"])
    head = ["case", "backend", "measure (exit status)", "asv run", "compare", "environments measured", "page"]
    return markdown_table(head, rows)


if __name__ == "__main__":
    main()
