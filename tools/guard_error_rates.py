"""How often `antigil compare` alarms for nothing, and how often it sees what is there; beside asv's own.

Usage: guard_error_rates.py FOLDER                      measure one comparison more, and note it
       guard_error_rates.py FOLDER --neighbour          ... while another program keeps one CPU busy
       guard_error_rates.py FOLDER --for 3600           as many as fit in that time, quiet and busy in turn
       guard_error_rates.py FOLDER --table              what all of them came to, as Markdown
       guard_error_rates.py FOLDER --simulate 1000      so many comparisons more, resampled from the measured

FOLDER gets a small project with a C extension (the tests' own), its environments, and `outcomes.jsonl`, to
which each comparison is added when it is done: it may be ended at any time, and goes on where it was, in
another FOLDER too if the file is copied there. What `--simulate` draws from goes to `samples.jsonl`. Each
call takes the next of four kinds in turn:

    identical  antigil compare of a commit with itself
    changed    antigil compare of two commits: one function loses its release of the GIL, one holds the
               GIL for a tenth of its work; the control does not change
    stock identical, stock changed   the same commits with `asv continuous`, on benchmarks that time the
               same functions in 1 and 2 threads the plain way, with so many rounds that it takes as long
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from statistics import median

from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from sample_project import antigil, generate_project  # noqa: E402
from support import busy_neighbours, machine, markdown_table  # noqa: E402

from antigil.guard.comparison import take_looks  # noqa: E402
from antigil.guard.decision_rule import Number  # noqa: E402
from antigil.guard.samples import Readings  # noqa: E402
from antigil.history.options import Options  # noqa: E402
from antigil.history.project import Revision  # noqa: E402
from antigil.history.series import TrackedWorkload  # noqa: E402

PLAIN = """\"\"\"The functions that antigil.suite measures, timed in threads the plain way.\"\"\"

from threading import Thread


class Plain:
    params = [1, 2]
    param_names = ["threads"]

    def time_in_threads(self, threads):
        workers = [Thread(target=self.calls) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def calls(self):
        for _ in range(4):
            self.function()
"""
PLAIN_CLASS = """

class {title}(Plain):
    def setup(self, threads):
        {setup}
"""
PLAIN_SETUPS = {
    "Lost": "from sample import lost; self.function = lost",
    "Tenth": "from sample import tenth; self.function = tenth",
    "Loop": "self.function = lambda: sum(range(50_000))",
}
#: Rounds of asv's own measuring, two by default: so many that it takes the time of `antigil compare`, which
#: takes longer where it looks again.
PLAIN_ROUNDS = {"identical": 5, "changed": 12}

FIRST = {"lost": "_native.calcular_sem_gil(600)", "tenth": "serial(0.0)"}
CHANGES = (
    ("lost: hold the GIL", "lost", "_native.calcular_com_gil(600)"),
    ("tenth: hold the GIL for a tenth of the work", "tenth", "serial(0.1)"),
)
#: Seconds of measuring for each commit: as short as tells, so that many comparisons can be had.
BUDGETS = {"lost": 2.0, "tenth": 3.0, "loop": 2.0}
SAMPLES = "samples.jsonl"
KINDS = ("identical", "changed", "stock identical", "stock changed")
WORKLOADS = {
    name: TrackedWorkload(f"work.{name}", name, name == "Loop") for name in ("Lost", "Tenth", "Loop")
}

#: An outcome of an instrument or a rule of another version is not counted.
VERSION = 4


def main():
    """Measure comparisons, or print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--neighbour", action="store_true")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--simulate", type=int, metavar="N")
    args = parser.parse_args()
    outcomes = args.folder / "outcomes.jsonl"
    if args.simulate:
        print(simulated(known(args.folder / SAMPLES), args.simulate))
    elif args.table:
        print(f"{machine()}\n\n{table(known(outcomes))}")
    else:
        measure(args, outcomes)


def known(outcomes):
    """Return what was noted so far."""
    lines = outcomes.read_text().splitlines() if outcomes.exists() else []
    return [one for one in map(json.loads, lines) if one.get("version") == VERSION]


def measure(args, outcomes):
    """Take the next comparison, or as many as fit in the time."""
    began = time.monotonic()
    project = args.folder.resolve() / "project"
    if not (project / "hashes").exists():
        hashes = generate_project(project, FIRST, CHANGES, BUDGETS)
        (project / "hashes").write_text("\n".join(hashes))
        classes = [PLAIN_CLASS.format(title=title, setup=setup) for title, setup in PLAIN_SETUPS.items()]
        (project / "benchmarks/plain.py").write_text(PLAIN + "".join(classes))
    longest = 0.0
    while True:
        before = time.monotonic()
        note, samples = one_more(project, known(outcomes), args)
        if samples:
            add(args.folder / SAMPLES, {**note, "samples": samples})
        add(outcomes, note)
        print(json.dumps(note), flush=True)
        longest = max(longest, time.monotonic() - before)
        if args.seconds is None or time.monotonic() - began + longest > args.seconds:
            return


def add(path, note):
    """Add a line to a file."""
    with path.open("a") as file:
        file.write(json.dumps(note) + "\n")


def one_more(project, notes, args):
    """Take the comparison of which there are fewest; return what it came to, and its samples."""
    hashes = (project / "hashes").read_text().split()
    done = [(one["neighbour"], one["kind"]) for one in notes]
    sides = (False, True) if args.seconds is not None else (args.neighbour,)
    kinds = KINDS if args.kind is None else (args.kind,)
    neighbour, kind = min([(side, name) for name in kinds for side in sides], key=done.count)
    base, head = hashes[0], hashes[0] if kind.endswith("identical") else hashes[-1]
    began = time.monotonic()
    with busy_neighbours(1) if neighbour else contextlib.nullcontext():
        found, samples = (stock if kind.startswith("stock") else ours)(project, base, head)
    seconds = time.monotonic() - began
    note = {"version": VERSION, "kind": kind, "neighbour": neighbour, "seconds": round(seconds, 1), **found}
    return note, samples


def ours(project, base, head):
    """Run `antigil compare`; return its status, the outcome of every changed number, and all samples."""
    done = antigil(project, "compare", base, head, "-b", "^work", "--format", "json")
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
    return {"status": done.returncode, "changed": changed}, samples


def stock(project, base, head):
    """Run `asv continuous` on the plain benchmarks; return its status and the benchmarks it names.

    Comparing a commit with itself, asv would measure it once only: its second time is an empty commit's.
    """
    rounds = PLAIN_ROUNDS["identical" if base == head else "changed"]
    if base == head:
        command = ["git", "-C", str(project), "commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "same"]
        who = {f"GIT_{role}_{part}": "a" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
        env = {**os.environ, **who, **dates}
        head = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
    words = ["continuous", "--machine", "guard", "-b", "^plain", "-a", f"rounds={rounds}", base, head]
    command = [sys.executable, "-m", "asv", *words]
    subprocess.run(
        [sys.executable, "-m", "asv", "machine", "--yes", "--machine", "guard"],
        cwd=project, capture_output=True, check=True,
    )  # fmt: skip
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    named = [line.split("|") for line in done.stdout.splitlines() if line.startswith(("| +", "| -", "| !"))]
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    changed = [[cells[-2].strip(), "lost" if cells[1].strip() != "-" else "gained"] for cells in named]
    return {"status": done.returncode, "changed": changed}, []


def table(notes):
    """Return all outcomes as Markdown: how many of how many, and the 95 % interval (Clopper-Pearson)."""
    rows = []
    for neighbour in (False, True):
        where = "one CPU busy" if neighbour else "none"
        for what, kind, seen in (
            ("false alarms, identical commits", "identical", false_alarm),
            ("lost release seen", "changed", lambda one: "Lost" in lost(one)),
            ("new serial fraction of 10 % seen", "changed", lambda one: "Tenth" in lost(one)),
            ("something named that no commit changed", "changed", lambda one: "Loop" in lost(one)),
        ):
            cells = []
            for name in (kind, f"stock {kind}"):
                ones = [one for one in notes if one["kind"] == name and one["neighbour"] == neighbour]
                cells.append(share(sum(map(seen, ones)), len(ones)))
            rows.append([where, what, *cells])
        for kind in ("identical", "changed"):
            times = [
                [one["seconds"] for one in notes if one["kind"] == name and one["neighbour"] == neighbour]
                for name in (kind, f"stock {kind}")
            ]
            cells = [f"{median(some):.0f} s" if some else "not measured" for some in times]
            rows.append([where, f"median time, {kind} commits", *cells])
    return markdown_table(["neighbour", "what", "`antigil compare`", "`asv continuous`"], rows)


def simulated(notes, n):
    """Return a table of comparisons made of measured processes, drawn anew.

    Identical commits: processes of either side of one run, drawn with replacement for base and head. Changed
    ones: those of base for base, and of head for head.
    """
    random, rows = Random(1), []
    for neighbour in (False, True):
        for kind, names in (
            ("identical", {"false alarms, identical commits": set(WORKLOADS)}),
            ("changed", {"lost release seen": {"Lost"}, "new serial fraction of 10 % seen": {"Tenth"}}),
        ):
            runs = [one["samples"] for one in notes if one["kind"] == kind and one["neighbour"] == neighbour]
            if not runs:
                continue
            found = [_simulate(random, runs, kind == "identical") for _ in range(n)]
            for what, those in names.items():
                told = f"{what}; drawn from {len(runs)} runs"
                count = share(sum(bool(those & one) for one in found), n)
                rows.append(["one CPU busy" if neighbour else "none", told, count])
    return markdown_table(["neighbour", "what (simulated)", "`antigil compare`"], rows)


def _simulate(random, runs, identical):
    """Compare once, all looks of one measured run; return the workloads that lost or moved."""
    run = random.choice(runs)

    def measure(workloads, processes):
        both = (Readings(), Readings())
        for workload, quantity, threads, base, head in run:
            if workloads is None or workload in workloads:
                pools = ([*base, *head],) * 2 if identical else (base, head)
                for readings, pool in zip(both, pools, strict=True):
                    for value in random.choices(pool, k=processes):
                        readings.add_one(Number(workload, quantity, threads), value)
        return both

    by_name = {workload.name: workload for workload in WORKLOADS.values()}
    commit = Revision("a" * 40, "")
    verdict = take_looks(measure, Options(), by_name, commit, commit, "simulated").verdict
    names = [one.workload.name for one in verdict.losses] + [one.number.workload for one in verdict.moved]
    return {name.rpartition(".")[2] for name in names}


def false_alarm(one):
    """Tell whether a comparison of identical commits cried out."""
    return one["status"] != 0


def lost(one):
    """Return the workloads of which a comparison says that they lost something."""
    return {w for w in WORKLOADS for row in one["changed"] if w in row[0] and row[-1] == "lost"}


def share(k, n):
    """Return k of n with its 95 % interval (Clopper and Pearson)."""
    if n == 0:
        return "not measured"
    interval = binomtest(k, n).proportion_ci(0.95, method="exact")
    return f"{k} of {n} ({interval.low:.1%} to {interval.high:.1%})"


if __name__ == "__main__":
    main()
