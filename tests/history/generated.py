"""A git repository with results as asv stores them, in which every gain and loss is known beforehand.

`Plan` says how each workload scales and at which commit that changes; `generate` writes the repository
(``git fast-import``, so that ten thousand commits take a second), asv's configuration, machine files,
``benchmarks.json`` and one result file per commit and environment, by asv's own `Results` class.

The model of a workload: a share `serial` of each call holds the GIL, the rest runs beside others on `cpus`
CPUs, and every CPU second grows by `inflation`:

    S(n) = min(n, cpus, amdahl(n)) ÷ inflation,    amdahl(n) = n ÷ (1 + serial × (n - 1))
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.repo import get_repo
from asv.results import Results, iter_results
from asv.util import write_json
from asv_runner.statistics import compute_stats

from antigil.history.archive_reader import read_archive
from antigil.history.options import Options, read_options
from antigil.history.series import Archive

THREADS = (1, 2, 4, 8)
FREELY = "n, up to the CPUs"
FIRST_DATE = 1_700_000_000
DAY = 86_400


@dataclass(frozen=True)
class Behaviour:
    """How a workload scales from some commit on."""

    serial: float = 0.0
    inflation: float = 1.0
    seconds: float = 0.003


@dataclass(frozen=True)
class Planned:
    """One workload: its behaviour by the number of the commit from which on it holds."""

    name: str
    title: str
    phases: Mapping[int, Behaviour]
    control: bool = False
    expected: str | None = None
    gil: bool | None = None
    """Whether the GIL is on where it runs, if that is recorded of it: its imports may switch it on."""

    def at(self, commit: int) -> Behaviour:
        """Return the behaviour at a commit."""
        return self.phases[max(start for start in self.phases if start <= commit)]


@dataclass(frozen=True)
class Place:
    """One environment."""

    machine: str = "alpha"
    python: str = "3.13"
    cpus: int = 4
    cores: int | None = None
    """Physical cores among the CPUs, where the results tell them."""
    gil: bool = True
    requirements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plan:
    """A whole history."""

    commits: int = 40
    workloads: Sequence[Planned] = ()
    places: Sequence[Place] = (Place(),)
    noise: float = 0.004
    samples: int = 5
    tags: Mapping[str, int] = field(default_factory=dict)
    subjects: Mapping[int, str] = field(default_factory=dict)
    unmeasured: frozenset[int] = frozenset()
    timed: Sequence[Planned] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1


def standard_plan(commits: int = 40, **changes: Any) -> Plan:
    """Return a history with one loss, one gain, one short loss, and two that stay."""
    third = commits // 3
    steady, half = Behaviour(), Behaviour(serial=0.5)
    workloads = (
        Planned("work.Loses", "Loses its release", {0: steady, 2 * third: Behaviour(serial=1.0)}),
        Planned("work.Gains", "Gains a release", {0: Behaviour(serial=1.0), third: steady}),
        Planned("work.Dips", "Dips and recovers", {0: steady, third: half, 2 * third: steady}),
        Planned("control.Releases", "Control: releases", {0: steady}, control=True, expected=FREELY),
        Planned(
            "control.Holds",
            "Control: holds",
            {0: Behaviour(serial=1.0)},
            control=True,
            expected="1 with a GIL",
        ),
    )
    plan = {"workloads": workloads, "tags": {"v1.0": third // 2, "v1.1": third + 2}}
    return Plan(commits=commits, **{**plan, **changes})


def generate(plan: Plan, root: Path) -> list[str]:
    """Write a history under a folder; return the commits' hashes, oldest first."""
    hashes = _commit_all(plan, root)
    names = {"project": "generated", "branches": ["main"], "environment_type": "virtualenv"}
    paths = {"repo": ".", "results_dir": "results", "html_dir": "html", "benchmark_dir": "benchmarks"}
    url = {"show_commit_url": "https://example.org/commit/", "plugins": [".antigil.asv_plugin"]}
    conf = {"version": 1, **names, **paths, **url, "antigil": dict(plan.options)}
    (root / "asv.conf.json").write_text(json.dumps(conf, indent=1))
    write_json(str(root / "results" / "benchmarks.json"), _benchmarks(plan), 2)
    scatter = _Scatter(plan)
    for place in plan.places:
        write_json(str(root / "results" / place.machine / "machine.json"), _machine(place), 1)
        for i, hash_ in enumerate(hashes):
            if i not in plan.unmeasured:
                _result_file(plan, place, i, hash_, scatter).save(str(root / "results"))
    return hashes


def _commit_all(plan: Plan, root: Path) -> list[str]:
    """Make the commits and tags; return the hashes."""
    root.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    lines = ["blob\nmark :1\ndata 2\nx\n"]
    for i in range(plan.commits):
        subject = plan.subjects.get(i, f"core: change number {i}")
        when = f"A. Author <a@example.org> {FIRST_DATE + i * DAY} +0000"
        size = len(subject.encode())
        lines.append(f"commit refs/heads/main\nmark :{i + 2}\nauthor {when}\ncommitter {when}\n")
        lines.append(f"data {size}\n{subject}\n" + (f"from :{i + 1}\n" if i else ""))
        lines.append(f"M 100644 :1 file{i % 7}\n\n")
    for name, i in plan.tags.items():
        lines.append(f"reset refs/tags/{name}\nfrom :{i + 2}\n\n")
    done = "".join(lines).encode()
    subprocess.run([*git, "fast-import", "--quiet"], input=done, check=True)
    told = subprocess.run([*git, "rev-list", "--reverse", "main"], check=True, capture_output=True, text=True)
    return told.stdout.split()


def _benchmarks(plan: Plan) -> dict[str, Any]:
    """Return what asv keeps of the suite."""
    found: dict[str, Any] = {}

    def add(name: str, kind: str, unit: str, threads: bool, **attributes: Any) -> None:
        found[name] = {
            "name": name, "code": "", "type": kind, "unit": unit, "version": "1", "timeout": 60.0,
            "params": [[str(n) for n in THREADS]] if threads else [],
            "param_names": ["threads"] if threads else [], **attributes,
        }  # fmt: skip

    for workload in plan.workloads:
        told: dict[str, Any] = {"antigil_title": workload.title, "antigil_control": workload.control}
        if workload.expected is not None:
            told["antigil_expected"] = workload.expected
        for quantity in ("slowdown", "waiting", "queued", "inflation"):
            add(f"{workload.name}.track_{quantity}", "track", "", True, antigil_quantity=quantity, **told)
        for quantity in ("gil_held", "stall", *(["gil_enabled"] if workload.gil is not None else [])):
            add(f"{workload.name}.track_{quantity}", "track", "", False, antigil_quantity=quantity, **told)
        add(f"{workload.name}.time_call", "time", "seconds", False)
    for timed in plan.timed:
        add(timed.name, "time", "seconds", True)
    for quantity in ("gil_enabled", "cpus_allowed", "cores_alike"):
        add(f"surroundings.Surroundings.track_{quantity}", "track", "", False, antigil_quantity=quantity)
    return found


def _machine(place: Place) -> dict[str, str]:
    """Return asv's machine file."""
    fixed = {"os": "Linux 6.1", "arch": "x86_64", "cpu": "Imaginary CPU", "ram": "8000000"}
    return {"machine": place.machine, "num_cpu": str(place.cpus), **fixed}


class _Scatter:
    """Noise with asv's statistics, from a stock of sample sets that are scaled as needed."""

    def __init__(self, plan: Plan) -> None:
        self._random = random.Random(plan.seed)
        self._noise = plan.noise
        self._stock = []
        for _ in range(200):
            sample = [self._random.gauss(1.0, plan.noise * 2) for _ in range(plan.samples)]
            middle, stats = compute_stats(sample, 1)
            self._stock.append((middle, stats))

    def around(self, value: float, at_most: float = math.inf) -> tuple[float, dict[str, float]]:
        """Return a value near the given one, and its statistics, none of them above the most there can be."""
        middle, stats = self._random.choice(self._stock)
        value *= self._random.gauss(1.0, self._noise)
        scaled = ("ci_99_a", "ci_99_b", "q_25", "q_75")
        near = {k: min(v * value, at_most) if k in scaled else v for k, v in stats.items()}
        return min(middle * value, at_most), near


def scaling(behaviour: Behaviour, place: Place, n: int) -> dict[str, float]:
    """Return the known numbers of n threads: speedup, waiting, queued, inflation."""
    serial = behaviour.serial if place.gil else 0.0
    inflation = 1.0 if n == 1 else behaviour.inflation
    free = n / (1 + serial * (n - 1))
    speedup = min(n, place.cores or place.cpus, free) / inflation
    idle = 1 - speedup * inflation / n
    queued = min(idle, max(0.0, 1 - place.cpus / n)) if free > place.cpus else 0.0
    return {"speedup": speedup, "waiting": idle - queued, "queued": queued, "inflation": inflation}


def _result_file(plan: Plan, place: Place, commit: int, hash_: str, scatter: _Scatter) -> Results:
    """Return all results of one commit in one environment."""
    required = dict(place.requirements)
    params = {**_machine(place), "python": place.python, **required}
    name = "-".join([f"virtualenv-py{place.python}", *map("".join, place.requirements)])
    date = (FIRST_DATE + commit * DAY) * 1000
    results = Results(params, required, hash_, date, place.python, name, {})

    def put(name: str, params: list[list[str]], rows: list[tuple[float, dict[str, float] | None]]) -> None:
        results._results[name] = [value for value, _ in rows]
        results._stats[name] = [stats for _, stats in rows]
        results._samples[name] = results._profiles[name] = None
        results._benchmark_params[name] = params
        results._started_at[name], results._duration[name] = date, 1.0
        results._benchmark_version[name] = "1"

    counts = [[str(n) for n in THREADS]]
    for workload in plan.workloads:
        behaviour = workload.at(commit)
        gil = place.gil if workload.gil is None else workload.gil
        told = [scaling(behaviour, replace(place, gil=gil), n) for n in THREADS]
        slowdowns = [n / t["speedup"] for n, t in zip(THREADS, told, strict=True)]
        first, *others = slowdowns
        put(f"{workload.name}.track_slowdown", counts, [(first, None), *map(scatter.around, others)])
        for quantity in ("waiting", "queued", "inflation"):
            put(f"{workload.name}.track_{quantity}", counts, [(t[quantity], None) for t in told])
        held = behaviour.serial if gil else 0.0
        if workload.gil is not None:
            put(f"{workload.name}.track_gil_enabled", [], [(float(gil), None)])
        put(f"{workload.name}.track_gil_held", [], [scatter.around(held, at_most=1.0)])
        put(f"{workload.name}.track_stall", [], [(0.002 + held / 100, None)])
        put(f"{workload.name}.time_call", [], [scatter.around(behaviour.seconds)])
    for timed in plan.timed:
        behaviour = timed.at(commit)
        speedups = [scaling(behaviour, place, n)["speedup"] for n in THREADS]
        put(timed.name, counts, [scatter.around(behaviour.seconds / s) for s in speedups])
    put("surroundings.Surroundings.track_gil_enabled", [], [(float(place.gil), None)])
    put("surroundings.Surroundings.track_cpus_allowed", [], [(float(place.cpus), None)])
    if place.cores is not None:
        put("surroundings.Surroundings.track_cores_alike", [], [(float(place.cores), None)])
    return results


def publish(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the real ``asv publish`` on a history, with the plugin from this checkout."""
    checkout = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "asv", "publish", "--no-pull"]
    env = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def load(root: Path, repo: Path | None = None) -> tuple[Archive, Options]:
    """Read a history as the plugin does; its repository may lie in another folder."""
    conf = Config.load(str(root / "asv.conf.json"))
    conf.repo, conf.results_dir, conf.env_dir = str(repo or root), str(root / "results"), str(root / "env")
    opened = get_repo(conf)
    benchmarks = Benchmarks.load(conf)
    hashes = {result.commit_hash for result in iter_results(conf.results_dir)}
    hashes |= set(opened.get_tags().values())
    options = read_options(conf)
    return read_archive(conf, opened, benchmarks, opened.get_revisions(hashes), options), options
