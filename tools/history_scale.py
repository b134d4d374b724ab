"""What a long history costs: published, looked at for alerts and listed, and what one more commit costs then.

    python tools/history_scale.py [--commits 1000 2000 5000 10000] [--outcomes FILE] [--keep FOLDER]

Each history has 6 workloads with 4 judged series each: slowdown with 2, 4 and 8 threads, and the GIL's held
share. What ``asv publish`` costs is measured in one process, asv's own share apart from ours. Times are CPU
seconds, of all processes together, which other programs disturb least. Each outcome is a line of FILE (JSON),
and a call with the same FILE goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support import machine, markdown_table

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "history"))

#: Runs in the process that publishes: asv's own command, with the plugin's entry point timed.
PUBLISHES = """
import json, resource, sys
from asv.config import Config
from asv.commands.publish import Publish
import antigil.asv_plugin as plugin
def used():
    own, others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return seconds, own.ru_maxrss / 1024
told = {}
real = plugin.Speedup.publish.__func__
def timed(cls, *args):
    before, told["own_mib"] = used()
    real(cls, *args)
    told["ours"] = used()[0] - before
plugin.Speedup.publish = classmethod(timed)
plugin.setup()
Publish.run(Config.load(), pull=False)
seconds, told["mib"] = used()
print(json.dumps({**told, "own": seconds - told["ours"]}))
"""


def main() -> None:
    """Measure each length that has no outcome yet, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commits", type=int, nargs="+", default=[1000, 2000, 5000, 10_000])
    parser.add_argument("--outcomes", type=Path, default=Path("history_scale.jsonl"))
    parser.add_argument("--keep", type=Path, help="generate here and leave it behind")
    args = parser.parse_args()
    lines = args.outcomes.read_text().splitlines() if args.outcomes.exists() else []
    done = {told["commits"]: told for told in map(json.loads, lines)}
    for commits in args.commits:
        if commits in done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = (args.keep or Path(folder)) / f"history-{commits}"
            done[commits] = {"commits": commits, **measured(root, commits)}
        with args.outcomes.open("a", encoding="utf-8") as file:
            print(json.dumps(done[commits]), file=file)
    report([done[commits] for commits in args.commits])


def make(root: Path, commits: int) -> None:
    """Generate a history in which every third workload changes twice."""
    from generated import Behaviour, Place, Planned, generate, standard_plan

    def phases(i: int) -> dict[int, Behaviour]:
        steady = Behaviour(serial=0.02 * i)
        changes = {commits // 3: Behaviour(serial=0.5), commits * 2 // 3: steady}
        return {0: steady, **({} if i % 3 else changes)}

    planned = tuple(Planned(f"work.Number{i:02}", f"Workload {i}", phases(i)) for i in range(6))
    tags = {f"v1.{i}": i * commits // 10 for i in range(1, 10)}
    generate(standard_plan(commits, workloads=planned, places=(Place(),), tags=tags), root)


def measured(root: Path, commits: int) -> dict[str, float]:
    """Return CPU seconds and MiB of each command, without the newest commit's results and then with them."""
    if not (root / "asv.conf.json").exists():
        make(root, commits)
    newest = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "main"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (file,) = (root / "results/alpha").glob(f"{newest[:8]}-*.json")
    held_back = root / "newest.json"
    file.rename(held_back)
    try:
        told = publish(root)
        shutil.rmtree(root / "env")  # what is kept between runs
        alert = ("-m", "antigil", "alert", "--exit-zero", "--json", str(root / "alerts.json"))
        _, told["alert"], told["alert_mib"] = run(root, *alert)
    finally:
        held_back.rename(file)
    told["ours_one_more"] = publish(root)["ours"]
    _, told["alert_one_more"], _ = run(root, *alert)
    _, told["list"], told["list_mib"] = run(root, "-m", "antigil", "backlog")
    return told


def publish(root: Path) -> dict[str, float]:
    """Publish; return CPU seconds and MiB, asv's own and ours."""
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
        raise SystemExit(f"{' '.join(words)[:100]} failed:\n{said[-2000:]}")
    return said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def report(rows: list[dict[str, float]]) -> None:
    """Print the table, and what one more commit costs in our part."""
    head = [
        "commits", "asv's own publish, s", "ours, s", "ours with one more, s", "asv's own peak, MiB",
        "peak, MiB", "alert, s", "alert with one more, s", "alert, MiB", "list, s", "list, MiB",
        "one more in our part",
    ]  # fmt: skip
    table = []
    for told in rows:
        share = max(told["ours_one_more"], told["alert_one_more"]) / (told["own"] + told["ours"])
        names = (
            "own", "ours", "ours_one_more", "own_mib", "mib", "alert", "alert_one_more", "alert_mib", "list",
            "list_mib",
        )  # fmt: skip
        cells = [f"{told[name]:.0f}" if name.endswith("mib") else f"{told[name]:.1f}" for name in names]
        table.append([str(told["commits"]), *cells, f"{share:.1%}"])
    print(markdown_table(head, table))
    print(machine())


if __name__ == "__main__":
    main()
