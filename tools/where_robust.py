"""Sample a hostile workload: it throws, allocates, forks, loads libraries, starts threads, has signals.

Usage: where_robust.py [--for SECONDS] [--threads N] [--asan]

The workload is tests/where/hostile.py, which checks its own results. Threads are interrupted five times as
often as by default. It ends with status 1 at the first death, hang or wrong result. --asan builds the sampler
with AddressSanitizer and UndefinedBehaviorSanitizer, and needs their libraries from gcc.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/where")]

from hostile import build  # noqa: E402
from support import machine, positive, stop  # noqa: E402
from under import compile_extension  # noqa: E402

from antigil.scaling import Workload, as_imported_here  # noqa: E402
from antigil.where import experiment, sample_in_turn  # noqa: E402

ROUND_SECONDS = 10.0
MEAN_SECONDS = 5e-4


def main():
    """Sample until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--for", dest="seconds", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--threads", type=positive, default=4, metavar="N")
    parser.add_argument("--asan", action="store_true")
    args = parser.parse_args()
    if shutil.which("c++") is None:
        stop("antigil: error: the workload wants a C++ compiler: apt install g++")
    samples, rounds = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        if args.asan:
            sanitize(Path(folder))
        workload = as_imported_here(Workload("hostile()", build(folder)))
        end = time.monotonic() + args.seconds
        while time.monotonic() < end:
            (found,) = sample_in_turn(
                workload, [None], args.threads, budget=ROUND_SECONDS, processes=1, mean_seconds=MEAN_SECONDS
            )
            samples += found.held.samples + found.waiting.samples + found.inflation.samples
            rounds += 1
            print(f"{rounds} processes, {samples} samples", flush=True)
    print(f"{machine()}{', AddressSanitizer' if args.asan else ''}")
    print(f"{rounds} processes of {ROUND_SECONDS:g} s, {args.threads} threads, {samples} samples:")
    print("no death, no hang, no wrong result")


def sanitize(folder):
    """Have the processes load a sampler that was built with sanitizers, and the libraries of these before."""
    target = folder / "_sampler.so"
    flags = ("-O1", "-g", "-fsanitize=address,undefined")
    compile_extension(ROOT / "antigil/where", target, sysconfig.get_path("include"), flags)
    experiment.sampler_for = lambda interpreter, folder: str(target)
    libraries = [
        subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        for name in ("libasan.so", "libubsan.so")
    ]
    os.environ["LD_PRELOAD"] = ":".join(done.stdout.strip() for done in libraries)
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=1"
    os.environ["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"


if __name__ == "__main__":
    main()
