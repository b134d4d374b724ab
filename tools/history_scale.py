"""What a long history costs: published, looked at for alerts and listed, and what one more commit costs then.

    python tools/history_scale.py [--commits 1000 2000 5000 10000] [--outcomes FILE] [--keep FOLDER]

Each history has 6 workloads with 4 judged series each: slowdown with 2, 4 and 8 threads, and the GIL's held
share. What ``asv publish`` costs is measured in one process, asv's own share apart from ours. Times are CPU
seconds, of all processes together, which other programs disturb least. Each outcome is a line of FILE (JSON),
and a call with the same FILE goes on where it ended.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from published_history import forget, history, publish, run
from support import add_note, machines, markdown_table, positive, read_notes

WORKLOADS, ENVIRONMENTS = 6, 1


def main() -> None:
    """Measure each length that has no outcome yet, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commits", type=positive, nargs="+", default=[1000, 2000, 5000, 10_000])
    parser.add_argument("--outcomes", type=Path, default=Path("history_scale.jsonl"))
    parser.add_argument("--keep", type=Path, help="generate here and leave it behind")
    args = parser.parse_args()
    done = {told["commits"]: told for told in read_notes(args.outcomes)}
    for commits in args.commits:
        if commits not in done:
            with tempfile.TemporaryDirectory() as folder:
                told = measured(args.keep or Path(folder), commits)
            done[commits] = add_note(args.outcomes, {"commits": commits, **told})
    report([done[commits] for commits in args.commits])


def measured(folder: Path, commits: int) -> dict[str, float]:
    """Return CPU seconds and MiB of each command, without the newest commit's results and then with them."""
    root = history(folder, commits, WORKLOADS, ENVIRONMENTS)
    newest = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "main"], capture_output=True, text=True, check=True
    ).stdout.strip()
    held_back = root / "newest"
    held_back.mkdir(exist_ok=True)
    for file in held_back.iterdir():  # left by a call that was broken off
        file.rename(root / "results/alpha" / file.name)
    (file,) = (root / "results/alpha").glob(f"{newest[:8]}-*.json")
    file.rename(held_back / file.name)
    try:
        told = publish(root)
        forget(root)
        alert = ("-m", "antigil", "alert", "--exit-zero", "--json", str(root / "alerts.json"))
        _, told["alert"], told["alert_mib"] = run(root, *alert)
    finally:
        (held_back / file.name).rename(file)
    told["ours_one_more"] = publish(root)["ours_cpu"]
    _, told["alert_one_more"], _ = run(root, *alert)
    _, told["list"], told["list_mib"] = run(root, "-m", "antigil", "backlog")
    return told


def report(rows: list[dict[str, float]]) -> None:
    """Print the table, and what one more commit costs in our part."""
    head = [
        "commits", "asv's own publish, s", "ours, s", "ours with one more, s", "asv's own peak, MiB",
        "peak, MiB", "alert, s", "alert with one more, s", "alert, MiB", "list, s", "list, MiB",
        "one more in our part",
    ]  # fmt: skip
    table = []
    for told in rows:
        share = max(told["ours_one_more"], told["alert_one_more"]) / (told["own_cpu"] + told["ours_cpu"])
        names = (
            "own_cpu", "ours_cpu", "ours_one_more", "own_mib", "mib", "alert", "alert_one_more", "alert_mib",
            "list", "list_mib",
        )  # fmt: skip
        cells = [f"{told[name]:.0f}" if name.endswith("mib") else f"{told[name]:.1f}" for name in names]
        table.append([str(told["commits"]), *cells, f"{share:.1%}"])
    print(markdown_table(head, table))
    print(machines(rows))


if __name__ == "__main__":
    main()
