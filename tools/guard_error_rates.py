"""How often `antigil compare` alarms for nothing, and how often it sees what is there; beside asv's own.

Usage: guard_error_rates.py FOLDER                      measure one comparison more, and note it
       guard_error_rates.py FOLDER --neighbour          ... while another program keeps one CPU busy
       guard_error_rates.py FOLDER --table              what all of them came to, as Markdown
       guard_error_rates.py FOLDER --simulate 1000      so many comparisons more, resampled from the measured

FOLDER gets a small project with a C extension (the tests' own), its environments, and `outcomes.jsonl`.
Each call takes the next of four kinds in turn, one to two minutes each:

    identical  antigil compare of a commit with itself
    changed    antigil compare of two commits: one function loses its release of the GIL, one holds the
               GIL for a tenth of its work, one does not change
    stock identical, stock changed             the same commits and suite with `asv continuous`
"""

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from sample_project import antigil, generate_project  # noqa: E402

from antigil.history.config import Options  # noqa: E402
from antigil.history.decide import (  # noqa: E402
    FIRST_LEVEL,
    SECOND_LEVEL,
    Number,
    Pair,
    judge,
    limits,
)

FIRST = {"lost": "_kernels.calcular_sem_gil(600)", "tenth": "serial(0.0)", "steady": "serial(0.25)"}
CHANGES = (
    ("lost: hold the GIL", "lost", "_kernels.calcular_com_gil(600)"),
    ("tenth: hold the GIL for a tenth of the work", "tenth", "serial(0.1)"),
)
KINDS = ("identical", "changed", "stock identical", "stock changed")
WORKLOADS = ("Lost", "Tenth", "Steady", "Loop")


def main():
    """Measure one comparison, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--neighbour", action="store_true")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--simulate", type=int, metavar="N")
    args = parser.parse_args()
    notes = args.folder / "outcomes.jsonl"
    known = [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []
    if args.table or args.simulate:
        print(simulated(known, args.simulate) if args.simulate else table(known))
        return
    project = args.folder.resolve() / "project"
    hashes = (project / "hashes").read_text().split() if project.exists() else new_project(project)
    done = [one["kind"] for one in known if one["neighbour"] == args.neighbour]
    kind = args.kind or min(KINDS, key=lambda name: (done.count(name), KINDS.index(name)))
    base, head = hashes[0], hashes[0] if kind.endswith("identical") else hashes[-1]
    began = time.monotonic()
    with busy_neighbour() if args.neighbour else contextlib.nullcontext():
        found = (stock if kind.startswith("stock") else ours)(project, base, head)
    note = {"kind": kind, "neighbour": args.neighbour, "seconds": time.monotonic() - began, **found}
    with notes.open("a") as file:
        file.write(json.dumps(note) + "\n")
    print(json.dumps({key: value for key, value in note.items() if key != "samples"}))


def new_project(project):
    """Generate the project; return its commits' hashes."""
    hashes = generate_project(project, FIRST, CHANGES)
    (project / "hashes").write_text("\n".join(hashes))
    return hashes


def ours(project, base, head):
    """Run `antigil compare`; return its status and the outcome of every changed number."""
    done = antigil(project, "compare", base, head, "--format", "json")
    if not done.stdout:
        raise SystemExit(done.stderr)
    document = json.loads(done.stdout)
    rows = [row for c in document["comparisons"] for w in c["workloads"] for row in w["rows"]]
    changed = [
        [row["workload"].rpartition(".")[2], row["quantity"], row["threads"], row["outcome"]]
        for row in rows
        if row["outcome"] != "same"
    ]
    samples = [[r["workload"], r["quantity"], r["threads"], *r["samples"].values()] for r in rows]
    return {"status": done.returncode, "changed": changed, "samples": samples}


def stock(project, base, head):
    """Run `asv continuous` with what it does by default; return its status and the benchmarks it names.

    Comparing a commit with itself, asv would measure it once only: its second time is an empty commit's.
    """
    if base == head:
        command = ["git", "-C", str(project), "commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "same"]
        who = {f"GIT_{role}_{part}": "a" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
        env = {**os.environ, **who, **dates}
        head = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
    command = [sys.executable, "-m", "asv", "continuous", "--machine", "guard", base, head]
    subprocess.run(
        [sys.executable, "-m", "asv", "machine", "--yes", "--machine", "guard"],
        cwd=project, capture_output=True, check=True,
    )  # fmt: skip
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    named = [line.split("|") for line in done.stdout.splitlines() if line.startswith(("| +", "| -", "| !"))]
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    changed = [[cells[-2].strip(), "lost" if cells[1].strip() != "-" else "gained"] for cells in named]
    return {"status": done.returncode, "changed": changed}


@contextlib.contextmanager
def busy_neighbour():
    """Keep one CPU busy with another program."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
        try:
            yield
        finally:
            neighbour.kill()


def table(known):
    """Return all outcomes as Markdown: how many of how many, and the 95 % interval (Clopper-Pearson)."""
    lines = ["| neighbour | what | antigil compare | asv continuous |", "| --- | --- | --- | --- |"]
    for neighbour in (False, True):
        for what, kind, seen in (
            ("false alarms, identical commits", "identical", false_alarm),
            ("lost release seen", "changed", lambda one: "Lost" in lost(one)),
            ("new serial fraction of 10 % seen", "changed", lambda one: "Tenth" in lost(one)),
            ("false alarms beside these", "changed", lambda one: bool(lost(one) & {"Steady", "Loop"})),
        ):
            cells = []
            for name in (kind, f"stock {kind}"):
                ones = [one for one in known if one["kind"] == name and one["neighbour"] == neighbour]
                cells.append(share(sum(map(seen, ones)), len(ones)))
            lines.append(f"| {'one CPU busy' if neighbour else 'none'} | {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def simulated(known, n):
    """Return a table of comparisons made of measured processes, drawn anew.

    Identical commits: the processes of one run, dealt out to base and head at random, for each look. Changed
    ones: processes of base and of head of one run, drawn with replacement.
    """
    random = Random(1)
    lines = [
        "| neighbour | what (simulated from measured processes) | antigil compare |",
        "| --- | --- | --- |",
    ]
    for neighbour in (False, True):
        for kind, names in (
            ("identical", {"any": WORKLOADS}),
            ("changed", {"Lost": ["Lost"], "Tenth": ["Tenth"]}),
        ):
            runs = [o for o in known if o["kind"] == kind and o["neighbour"] == neighbour and "samples" in o]
            if not runs:
                continue
            seen = [_simulate(random, runs, kind) for _ in range(n)]
            for name, those in names.items():
                what = "false alarms, identical commits" if name == "any" else f"{name} seen"
                count = share(sum(bool(found & set(those)) for found in seen), n)
                told = f"{what}, from {len(runs)} runs"
                lines.append(f"| {'one CPU busy' if neighbour else 'none'} | {told} | {count} |")
    return "\n".join(lines)


def _simulate(random, runs, kind):
    """Compare once; return the workloads that lost something."""
    limit = limits(Options())

    def look(only=None):
        pairs = {}
        run = random.choice(runs)["samples"]
        order = random.sample(range(16), 16)
        for workload, quantity, threads, base, head in run:
            number = Number(workload, quantity, threads)
            if only is None or number in only:
                if kind == "identical":
                    pool = [*base, *head]
                    dealt = [pool[i] for i in order]
                    pairs[number] = Pair(tuple(dealt[:8]), tuple(dealt[8:]))
                else:
                    pairs[number] = Pair(tuple(random.choices(base, k=8)), tuple(random.choices(head, k=8)))
        return pairs

    first = judge(look(), limit, FIRST_LEVEL)
    suspects = {number for number, judgement in first.items() if judgement.direction != "same"}
    second = judge(look(suspects), limit, SECOND_LEVEL) if suspects else {}
    held = {n for n, j in second.items() if j.direction == first[n].direction == "lost"}
    return {number.workload.rpartition(".")[2] for number in held}


def false_alarm(one):
    """Tell whether a comparison of identical commits cried out."""
    return one["status"] != 0 if one["kind"] == "identical" else one["status"] == 1


def lost(one):
    """Return the workloads of which a comparison says that they lost something."""
    return {w for w in WORKLOADS for row in one["changed"] if w in row[0] and row[-1] == "lost"}


def share(k, n):
    """Return k of n with its interval."""
    if n == 0:
        return "not measured"
    low, high = clopper_pearson(k, n)
    return f"{k} of {n} ({low:.1%} to {high:.1%})"


def clopper_pearson(k, n):
    """Return the exact 95 % interval of a probability of which k of n were seen, by bisection."""

    def tail(p, upto):
        ways = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(upto + 1)]
        return sum(math.exp(w + i * math.log(p) + (n - i) * math.log1p(-p)) for i, w in enumerate(ways))

    def solve(is_above):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if is_above(middle) else (middle, high)
        return (low + high) / 2

    low = 0.0 if k == 0 else solve(lambda p: 1 - tail(p, k - 1) >= 0.025)
    high = 1.0 if k == n else solve(lambda p: tail(p, k) <= 0.025)
    return low, high


if __name__ == "__main__":
    main()
