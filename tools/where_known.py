"""Print what `antigil where` finds of kernels whose losses are known: the table in docs/evidence/sampler.md.

    python tools/where_known.py [BUSY]

compiles tests/where/known/_known.c for this Python, and samples it beside BUSY programs that keep a CPU
busy each (default: 0).
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from antigil.where import Loss, where

SOURCE = Path(__file__).parents[1] / "tests" / "where" / "known" / "_known.c"
BUDGET_SECONDS = 10.0
HELD = "_known.split(75, 20, 5, 300)"


def found(loss: Loss, name: str) -> str:
    """Return a function's share of a loss, with its 99 % margin."""
    parts = [part for part in loss.parts if part.function.name == name]
    if not parts:
        return f"0 of {loss.samples} samples"
    share = parts[0].share
    return f"{share.value:.3f} ± {share.ci99[1] - share.value:.3f}"


def rows(setup: str) -> list[tuple[str, str, str]]:
    """Return what was sampled, the truth, and what was found."""
    split = where(HELD, setup, 2, budget=BUDGET_SECONDS)
    told = []
    if split.host.gil:
        for name, units in (("parse_header", 75), ("build_result", 20), ("check_sum", 5), ("decode", 0)):
            told.append((f"GIL held in `{name}`", f"{units / 400:.3f}", found(split.held, name)))
    mutex = where("_known.under_mutex(100)", setup, 2, budget=BUDGET_SECONDS)
    (first, *_) = mutex.waiting.parts
    told.append((f"waiting for {first.reason}, in `{first.function}`", "all of it", _share(mutex.waiting)))
    count = where("_known.count(20000)", setup, 2, budget=BUDGET_SECONDS)
    (first, *_) = count.inflation.parts
    told.append((f"growth by {first.reason}, in `{first.function}`", "all of it", _share(count.inflation)))
    return told


def _share(loss: Loss) -> str:
    return f"{loss.parts[0].share.value:.3f} of {loss.total.value:.3f}"


def main() -> None:
    """Build, sample, print."""
    busy = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as folder:
        include = f"-I{sysconfig.get_path('include')}"
        command = ["cc", "-O2", "-g", "-shared", "-fPIC", include, str(SOURCE), "-o", f"{folder}/_known.so"]
        subprocess.run(command, check=True)
        programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            for row in rows(f"import sys; sys.path.insert(0, {folder!r}); import _known"):
                print("| " + " | ".join((sys.version.split()[0], str(busy), *row)) + " |", flush=True)
        finally:
            for program in programs:
                program.kill()


if __name__ == "__main__":
    main()
