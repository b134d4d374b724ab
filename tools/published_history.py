"""Generated histories of any length, published by asv with the Speedup pages timed apart from its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support import made, stop

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "history"))

#: Runs in the process that publishes: asv's own command, with the plugin's entry point timed. asv calls that
#: when all of its own pages are written, so the peak of memory up to then is asv's own.
PUBLISHES = """
import json, resource, time
from asv.config import Config
from asv.commands.publish import Publish
import antigil.asv_plugin as plugin
def used():
    own, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return time.perf_counter(), cpu, own.ru_maxrss / 1024
told = {}
real = plugin.Speedup.publish.__func__
def timed(cls, *args):
    clock, cpu, told["own_mib"] = used()
    real(cls, *args)
    told["ours_clock"], told["ours_cpu"] = used()[0] - clock, used()[1] - cpu
plugin.Speedup.publish = classmethod(timed)
began, begun_cpu, _ = used()
plugin.setup()
Publish.run(Config.load(), pull=False)
clock, cpu, told["mib"] = used()
told["own_clock"] = clock - began - told["ours_clock"]
told["own_cpu"] = cpu - told["ours_cpu"]
print(json.dumps(told))
"""


def history(folder: Path, commits: int, workloads: int, environments: int) -> Path:
    """Return a generated history in a folder, which may have it from another time.

    Its name has all that it depends on; every third workload changes twice. Nothing has been kept of it.
    """
    name = f"history-{commits}-{workloads}-{environments}"
    root = made(folder / name, lambda to: _generate(to, commits, workloads, environments))
    forget(root)
    return root


def forget(root: Path) -> None:
    """Remove what is kept of a history between runs."""
    if (root / "env").exists():
        shutil.rmtree(root / "env")


def _generate(root: Path, commits: int, workloads: int, environments: int) -> None:
    from generated import Behaviour, Place, Planned, generate, standard_plan

    def phases(i: int) -> dict[int, Behaviour]:
        steady = Behaviour(serial=0.02 * i)
        changes = {commits // 3: Behaviour(serial=0.5), commits * 2 // 3: steady}
        return {0: steady, **({} if i % 3 else changes)}

    planned = tuple(Planned(f"work.Number{i:02}", f"Workload {i}", phases(i)) for i in range(workloads))
    places = (Place(), Place(python="3.14t", gil=False))[:environments]
    tags = {f"v1.{i}": i * commits // 10 for i in range(1, 10)}
    generate(standard_plan(commits, workloads=planned, places=places, tags=tags), root)


def publish(root: Path) -> dict[str, float]:
    """Publish in a process of its own.

    Returns
    -------
    dict
        asv's own seconds and ours, by the clock and of CPU time of all processes (`own_clock`, `own_cpu`,
        `ours_clock`, `ours_cpu`); the process' peak of memory in MiB, until our part begins and in all
        (`own_mib`, `mib`).
    """
    said, _, _ = run(root, "-c", PUBLISHES)
    told: dict[str, float] = json.loads(said.splitlines()[-1])
    return told


def run(root: Path, *words: str) -> tuple[str, float, float]:
    """Run Python; return what it said, its CPU seconds and its peak of memory, all its processes included."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([sys.executable, *words], cwd=root, env=environment, stdout=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        stop(f"{' '.join(words)[:100]} failed:\n{said[-2000:]}")
    return said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
