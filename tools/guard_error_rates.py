"""How often `antigil compare` alarms for nothing, and how often it sees what is there; beside asv's own.

Usage: guard_error_rates.py FOLDER                      measure one comparison more, and note it
       guard_error_rates.py FOLDER --for 3600           as many as fit in that time, quiet and busy in turn
       guard_error_rates.py FOLDER... --table           what all of them came to, as Markdown
       guard_error_rates.py FOLDER... --simulate 1000   so many comparisons more, resampled from the measured

FOLDER gets a small project with a C extension (the tests' own), its environments, and `outcomes.jsonl`, to
which each comparison is added when it is done: it may be ended at any time, and goes on where it was, in
another FOLDER too if the file is copied there. What `--simulate` draws from goes to `samples.jsonl`. Each
call takes the next of four kinds in turn, quiet and beside a busy program:

    identical  antigil compare of a commit with itself
    changed    antigil compare of two commits: one function loses its release of the GIL, one holds the
               GIL for a tenth of its work; the control does not change
    stock identical, stock changed   the same commits with `asv continuous`, on benchmarks that time the
               same functions in 1 and 2 threads the plain way, with so many rounds that it takes as long
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/guard")]

from comparison_runs import (  # noqa: E402
    SAMPLES,
    arguments,
    by_rule_and_instrument,
    obey,
    outcome,
    project_in,
    share,
)
from sample_project import antigil, generate_project  # noqa: E402
from support import machines, markdown_table, own_home, positive, read_notes, stop  # noqa: E402

from antigil.guard.comparison import take_looks  # noqa: E402
from antigil.guard.decision_rule import Number  # noqa: E402
from antigil.guard.samples import Readings  # noqa: E402
from antigil.history.options import Options  # noqa: E402
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
KINDS = ("identical", "changed", "stock identical", "stock changed")
WORKLOADS = {
    name: TrackedWorkload(f"work.{name}", name, name == "Loop") for name in ("Lost", "Tenth", "Loop")
}

#: Of the rule by which is judged: outcomes of another one are counted apart.
VERSION = 5


def main():
    """Measure comparisons, or print a table."""
    parser = arguments(__doc__, KINDS)
    parser.add_argument("--simulate", type=positive, metavar="N")
    args = parser.parse_args()
    if args.simulate is None:
        return obey(parser, KINDS, VERSION, compare, is_wrong, table)
    notes = [one for folder in args.folders for one in read_notes(folder / SAMPLES)]
    for by, ones in by_rule_and_instrument(notes):
        print(f"{by}\n{machines(ones)}\n\n{simulated(ones, args.simulate)}\n")
    return 0


def compare(folder, kind, number):
    """Compare two commits or one with itself; return what came of it."""
    project, hashes = project_in(folder, generate)
    base, head = hashes[0], hashes[0] if kind.endswith("identical") else hashes[-1]
    return (stock if kind.startswith("stock") else ours)(project, base, head)


def generate(project):
    """Write the project, with the benchmarks of either kind; return its commits."""
    hashes = generate_project(project, FIRST, CHANGES, BUDGETS)
    classes = [PLAIN_CLASS.format(title=title, setup=setup) for title, setup in PLAIN_SETUPS.items()]
    (project / "benchmarks/plain.py").write_text(PLAIN + "".join(classes))
    return hashes


def ours(project, base, head):
    """Run `antigil compare`; return its status, the outcome of every changed number, and all samples."""
    done = antigil(project, "compare", base, head, "-b", "^work", "--format", "json")
    if not done.stdout:
        stop(done.stderr)
    return outcome(done.returncode, json.loads(done.stdout))


def stock(project, base, head):
    """Run `asv continuous` on the plain benchmarks; return its status and the benchmarks it names.

    Comparing a commit with itself, asv would measure it once only: its second time is an empty commit's.
    """
    rounds = PLAIN_ROUNDS["identical" if base == head else "changed"]
    if base == head:
        command = ["git", "-C", str(project), "commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "same"]
        who = {f"GIT_{role}_{part}": "a" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
        made = {**os.environ, **who, **dates}
        head = subprocess.run(command, env=made, capture_output=True, text=True, check=True).stdout.strip()
    words = ["continuous", "--machine", "guard", "-b", "^plain", "-a", f"rounds={rounds}", base, head]
    asv, env = [sys.executable, "-m", "asv"], own_home(project.parent)
    known = [*asv, "machine", "--yes", "--machine", "guard"]
    subprocess.run(known, cwd=project, env=env, capture_output=True, check=True)
    done = subprocess.run([*asv, *words], cwd=project, env=env, capture_output=True, text=True, check=False)
    named = [line.split("|") for line in done.stdout.splitlines() if line.startswith(("| +", "| -", "| !"))]
    if done.returncode not in (0, 1):
        stop(done.stdout + done.stderr)
    changed = [[cells[-2].strip(), "lost" if cells[1].strip() != "-" else "gained"] for cells in named]
    return {"status": done.returncode, "changed": changed, "problems": [], "samples": []}


def table(notes, kinds):
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
        both, drawn = (Readings(), Readings()), {}
        for workload, quantity, threads, base, head in run:
            if workloads is None or workload in workloads:
                pools = ([*base, *head],) * 2 if identical else (base, head)
                if workload not in drawn:  # a process gives all numbers of its workload
                    drawn[workload] = [random.choices(range(len(pool)), k=processes) for pool in pools]
                for readings, pool, places in zip(both, pools, drawn[workload], strict=True):
                    for place in places:
                        readings.add_one(Number(workload, quantity, threads), pool[place])
        return both

    by_name = {workload.name: workload for workload in WORKLOADS.values()}
    verdict = take_looks(measure, Options(), by_name, "simulated").verdict
    names = [one.workload.name for one in verdict.losses] + [one.number.workload for one in verdict.moved]
    return {name.rpartition(".")[2] for name in names}


def false_alarm(one):
    """Tell whether a comparison of identical commits cried out."""
    return one["status"] != 0


def lost(one):
    """Return the workloads of which a comparison says that they lost something."""
    return {w for w in WORKLOADS for row in one["changed"] if w in row[0] and row[-1] == "lost"}


def is_wrong(one):
    """Tell whether `antigil compare` named what did not change."""
    wrong = {"identical": false_alarm, "changed": lambda changed: "Loop" in lost(changed)}
    return one["kind"] in wrong and wrong[one["kind"]](one)


if __name__ == "__main__":
    sys.exit(main())
