"""In the rehearsal nothing is measured: each commit says in `behaviour.json` what a measurement would find.

Python imports this at its start. Only ``asv run``, and what ``antigil compare`` and ``alert --confirm``
measure, are replaced; all else is real.
"""

import json
import os
import re
import subprocess
import sys

WORDS = [word for word in sys.orig_argv[1:] if word != "-P"]


def behaviours(hash_):
    """Return what the workloads do at a commit."""
    from generated import Behaviour

    shown = subprocess.run(
        ["git", "show", f"{hash_}:behaviour.json"], capture_output=True, text=True, check=True
    )
    return {name: Behaviour(**told) for name, told in json.loads(shown.stdout).items()}


def planned(hash_, machine):
    """Return a plan of one commit."""
    from generated import Place, Plan, Planned

    workloads = [
        Planned(name, name.rpartition(".")[2], {0: behaviour}, control=name.startswith("controls."))
        for name, behaviour in behaviours(hash_).items()
    ]
    # A seed of the commit's place, which is the same in every run of the tests; its hash is not.
    counted = subprocess.run(
        ["git", "rev-list", "--count", hash_], capture_output=True, text=True, check=True
    )
    return Plan(
        commits=1, workloads=workloads, places=(Place(machine=machine),), samples=8, seed=int(counted.stdout)
    )


def without_values(path):
    """Make of a file of results what asv stores where a build failed."""
    with open(path) as file:
        told = json.load(file)
    told["results"] = {name: [None, [], row[2]] for name, row in told["results"].items()}
    with open(path, "w") as file:
        json.dump(told, file)


def simulate_asv():
    """Let ``asv run`` store what the commits say."""
    from asv.commands.run import Run
    from asv.machine import MachineCollection
    from asv.repo import get_repo
    from asv.util import write_json
    from generated import _benchmarks, _machine, _result_file, _Scatter

    def run(cls, conf, range_spec=None, machine=None, **options):
        MachineCollection.load(machine)  # as asv: one that it was not told of is an error
        repo = get_repo(conf)
        named = (
            sys.stdin.read().split() if range_spec == "HASHFILE:-" else repo.get_hashes_from_range(range_spec)
        )
        for hash_ in named:
            plan = planned(hash_, machine)
            results = _result_file(plan, plan.places[0], 0, hash_, _Scatter(plan))
            results._date = repo.get_date(hash_)
            if not options.get("quick"):
                results.save(conf.results_dir)
                write_json(f"{conf.results_dir}/benchmarks.json", _benchmarks(plan), 2)
                write_json(f"{conf.results_dir}/{machine}/machine.json", _machine(plan.places[0]), 1)
                if "REHEARSAL_OUTAGE" in os.environ:
                    without_values(f"{conf.results_dir}/{results._filename}")
            print(f"simulated {' '.join(options.get('bench') or ['all'])} of {hash_[:8]}")
        return 0 if named and "REHEARSAL_OUTAGE" not in os.environ else 1

    Run.run = classmethod(run)


def simulate_compare():
    """Let a comparison find what the commits say, with noise."""
    import random

    from generated import Place, scaling

    from antigil.guard import comparison as compare
    from antigil.guard.decision_rule import Number
    from antigil.guard.interleaved_visits import VisitPlace as Installed
    from antigil.guard.samples import Readings
    from antigil.history.benchmark_columns import Column
    from antigil.history.series import TrackedWorkload

    def prepare(project, commits, patterns, environments, combination=None, workload=None):
        print(f"comparing {' '.join(patterns or ['all'])}")
        names = sorted(
            name
            for name in {name for commit in commits for name in behaviours(commit.hash)}
            if not patterns or any(re.search(one, name) for one in patterns)
        )
        columns = tuple(
            Column(TrackedWorkload(name, name, name.startswith("controls.")), "slowdown", 2, name, 1)
            for name in names
        )
        return (Installed("simulated", "3.13", {name: {} for name in names}, columns, commits),)

    noise = random.Random(1)

    def measure_both(place, sides, workloads=None, progress=lambda: None):
        both, watched = (Readings(), Readings()), {one.workload.name for one in place.columns}
        for readings, commit in zip(both, place.sides, strict=True):
            for name, behaviour in behaviours(commit.hash).items():
                if name in (watched if workloads is None else workloads):
                    for _ in range(len(sides) // 2):
                        slowdown = 2 / scaling(behaviour, Place(), 2)["speedup"]
                        readings.add_one(Number(name, "slowdown", 2), slowdown * noise.gauss(1, 0.005))
                        readings.add_one(
                            Number(name, "gil_held"), behaviour.serial + abs(noise.gauss(0, 0.003))
                        )
                        readings.add_one(Number(name, "time"), behaviour.seconds * noise.gauss(1, 0.005))
        return both

    compare.prepare, compare.measure_both = prepare, measure_both


if WORDS[:2] == ["-m", "asv"] and "run" in WORDS:
    simulate_asv()
elif WORDS[:2] == ["-m", "antigil"] and {"alert", "compare"} & set(WORDS):
    simulate_compare()
