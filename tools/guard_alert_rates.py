"""How often `antigil alert` cries out over histories in which no commit changed anything.

Usage: guard_alert_rates.py N                  N simulated histories of each kind, as Markdown
       guard_alert_rates.py N --samples FILE   N whose processes are drawn from measured ones instead: from a
                                               samples.jsonl of guard_layouts.py, guard_free_threaded.py or
                                               guard_error_rates.py; only of commits that change nothing

A history has 60 commits, each measured in eight processes, of three workloads and a control. It is looked
at after every ten commits, as a nightly job does. Counted are histories with a loss that the step detection
shows by two commits on each side, and those in which one also held when it was measured again.
"""

import argparse
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
from comparison_runs import by_rule_and_instrument, share
from support import machine, markdown_table, positive, read_notes, stop

from antigil.guard.alerts import find_alerts
from antigil.guard.comparison import take_looks
from antigil.guard.decision_rule import Looks, Number
from antigil.guard.samples import Readings
from antigil.guard.search.confirmation import CONFIRMED_FROM
from antigil.history.options import Options
from antigil.history.series import Archive, Commit, Environment, Series, TrackedWorkload

COMMITS, PROCESSES, EVERY = 60, 8, 10
HELD = {"work.One": 0.0, "work.Two": 0.25, "work.Three": 0.5, "controls.Loop": 1.0}
WORKLOADS = {name: TrackedWorkload(name, name, name.startswith("controls.")) for name in HELD}
HERE = Environment((("machine", "simulated"), ("python", "3.13")))
COUNTS = (2, 4, 8)
#: Kinds of measured comparisons whose commits do not differ in what is measured.
UNCHANGED = {"identical", "link order", "padding", "docstring"}
QUANTITIES = ("slowdown", "gil_held", "time")


def steady(random, commit):
    """Return the factors by which slowdown and time of all workloads are off at a commit: none."""
    return 1.0, 1.0


def drift(random, commit):
    """Grow by a tenth over the history."""
    return 1 + 0.1 * commit / COMMITS, 1 + 0.1 * commit / COMMITS


class Neighbour:
    """A program that comes and goes, some commits long."""

    def __init__(self):
        self.left = self.busy = 0

    def __call__(self, random, commit):
        """Return the factors; at the first commit it is away."""
        if self.left == 0 or commit == 0:
            self.busy, self.left = (0 if commit == 0 else 1 - self.busy), random.randint(3, 10)
        self.left -= 1
        return (1.15, 1.05) if self.busy else (1.0, 1.0)


class OtherMachine:
    """The machine is another one from some commit on, under the same name."""

    def __call__(self, random, commit):
        """Return the factors."""
        if commit == 0:
            self.since = random.randrange(10, 50)
        return (1.15, 1.2) if commit >= self.since else (1.0, 1.0)


#: Kinds of histories: the factors of a commit, and how often a process is in a slow mode; in a fifth of the
#: commits of a bimodal history all processes are.
KINDS = {
    "noise alone": (lambda: steady, 0.1),
    "drift of 10 %": (lambda: drift, 0.1),
    "bimodal processes": (lambda: steady, 0.4),
    "a neighbour that comes and goes": (Neighbour, 0.1),
    "another machine": (OtherMachine, 0.1),
}


def process(random, name, factors, slow_share):
    """Return one process's numbers of a workload."""
    held, (scaling, speed) = HELD[name], factors
    found = {("gil_held", None): sum(random.random() < held for _ in range(130)) / 130}
    found["time", None] = 0.003 * speed * (1 + abs(random.gauss(0, 0.03)) + 0.2 * (random.random() < 0.1))
    slow = random.uniform(1.15, 1.6) if random.random() < slow_share else 1.0
    for threads in COUNTS:
        amdahl = min(threads / (1 + held * (threads - 1)), 2.0)
        found["slowdown", threads] = threads / amdahl * scaling * slow * random.gauss(1, 0.02)
    return found


def simulated(random, kind):
    """Return a history's processes by commit and workload, and what measures the workloads again."""
    make, share = KINDS[kind]
    factors_of = make()
    history = []
    for commit in range(COMMITS):
        factors = factors_of(random, commit)
        all_slow = share > 0.3 and random.random() < 0.2
        of_all = 1.0 if all_slow else share
        history.append(
            {name: [process(random, name, factors, of_all) for _ in range(PROCESSES)] for name in HELD}
        )

    def again(name):
        return process(random, name, (1.0, 1.0), share)

    return history, again


def measured(random, runs):
    """Return a history whose every commit is drawn from a measured comparison in which nothing changed."""
    drawable = []
    for run in runs:
        pools = {}
        for workload, quantity, threads, base, head in run:
            if quantity in QUANTITIES:
                pools.setdefault(workload, {})[quantity, threads] = [*base, *head]
        drawable.append(pools)

    def draw(pools, name):  # a process gives all numbers of its workload
        place = random.randrange(min(map(len, pools[name].values())))
        return {number: pool[place] for number, pool in pools[name].items()}

    def commit(pools):
        return {name: [draw(pools, name) for _ in range(PROCESSES)] for name in pools}

    measured_again = random.choice(drawable)
    history = [commit(random.choice(drawable)) for _ in range(COMMITS)]
    return history, lambda name: draw(measured_again, name)


def archive_of(history, workloads):
    """Return the archive that asv would have stored of a history so far: medians, and their intervals."""
    revisions = np.arange(len(history))
    found = []
    for name in workloads:
        for quantity, threads in history[0][name][0]:
            rows = [sorted(one[quantity, threads] for one in commit[name]) for commit in history]
            values = np.array([median(row) for row in rows])
            low, high = (np.array([row[i] for row in rows]) for i in (0, -1))  # 99 % of eight: all of them
            series = Series(
                name, quantity, threads, HERE, revisions.copy(), values, low, high,
                np.zeros(len(rows), dtype=np.uint8), f"{name}.{quantity}", threads,
            )  # fmt: skip
            found.append(series)
    commits = {i: Commit(f"{i:040x}", i, i) for i in range(len(history))}
    return Archive(workloads, (HERE,), tuple(found), commits)


def holds(again, names, looks):
    """Tell whether anything is lost when workloads of an unchanged commit are measured again."""

    def measure(workloads, processes):
        both = (Readings(), Readings())
        for readings in both:
            for name in names if workloads is None else sorted(workloads):
                for _ in range(processes):
                    for (quantity, threads), value in again(name).items():
                        readings.add_one(Number(name, quantity, threads), value)
        return both

    verdict = take_looks(measure, Options().lowered(CONFIRMED_FROM), WORKLOADS, "any", looks)
    return bool(verdict.verdict.losses)


def look(history, again, workloads):
    """Look at a history as it grows; return whether a loss was seen twice, and whether one then held."""
    seen, held = set(), False
    for commits in range(EVERY, COMMITS + 1, EVERY):
        archive = archive_of(history[:commits], workloads)
        for alert in find_alerts(archive, Options()):
            name = alert.workload.name
            certain = any(effect.confirmed for effect in alert.effects if effect.lost)
            fresh = alert.state.open and certain and not alert.unfit and alert.identity not in seen
            if fresh:
                seen.add(alert.identity)
                controls = [one for one, workload in workloads.items() if workload.control]
                held = held or holds(again, [name, *controls], Looks())
    return bool(seen), held


def of_simulated(n):
    """Return the rows of the simulated histories."""
    random = Random(1)
    return [[kind, *counts(look(*simulated(random, kind), WORKLOADS) for _ in range(n))] for kind in KINDS]


def of_measured(n, file):
    """Return the rows of histories that are drawn from measured comparisons, quiet ones and all of them."""
    random, rows = Random(1), []
    same = [one for one in read_notes(file) if one["kind"] in UNCHANGED and one["samples"]]
    if not same:
        stop(f"antigil: error: {file} has no comparison of {', '.join(sorted(UNCHANGED))}")
    for by, ones in by_rule_and_instrument(same):
        if len({frozenset(numbers(one)) for one in ones}) > 1:
            stop(f"antigil: error: {file} has comparisons of other workloads or thread counts beside them")
        workloads = {
            name: TrackedWorkload(name, name, name.endswith("Loop")) for name, *_ in numbers(ones[0])
        }
        WORKLOADS.update(workloads)
        quiet = [one for one in ones if not one["neighbour"]]
        for beside, some in (("nothing beside them", quiet), ("some beside a busy program", ones)):
            if some and (some is quiet or len(some) > len(quiet)):
                runs = [one["samples"] for one in some]
                told = counts(look(*measured(random, runs), workloads) for _ in range(n))
                rows.append([f"{by}, drawn from {len(runs)} measured comparisons, {beside}", *told])
    return rows


def numbers(note):
    """Return which numbers a comparison measured: of which workloads, of how many threads."""
    return [tuple(row[:3]) for row in note["samples"] if row[1] in QUANTITIES]


def counts(looks):
    """Return of how many histories a loss was seen, and of how many one held."""
    return [share(sum(found), len(found)) for found in zip(*looks, strict=True)]


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("n", type=positive, metavar="N")
    parser.add_argument("--samples", type=Path)
    args = parser.parse_args()
    rows = of_measured(args.n, args.samples) if args.samples else of_simulated(args.n)
    head = ["history without a change", "a loss by two commits on each side", "that held when measured again"]
    print(f"{machine()}\n\n{markdown_table(head, rows)}")


if __name__ == "__main__":
    main()
