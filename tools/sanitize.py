"""Run the kernels, the sampler and a measurement under gcc's sanitizers, and count what they report.

Usage: python tools/sanitize.py address [--python PYTHON] [--seconds 10] [--tests]
       python tools/sanitize.py thread [--python python3.14t] [--seconds 10] [--tests]

"address" is AddressSanitizer and UndefinedBehaviorSanitizer, "thread" ThreadSanitizer, which sees what the
GIL would hide under a free-threaded Python only. First, a fault of each kind shows that the checker would see
one (tests/kernels/faulty). Then, of copies of the extensions that are built for the checker: every call, from
many threads (tools/every_call.py); the sampler, on threads that work, begin and end; a measurement, and one
with the sampler. --tests adds the tests of the kernels and of the sampler, for which that Python needs what
they import.

The interpreter itself is not built for the checker: ThreadSanitizer is told to look at the extensions only.
There are no suppressions. Exit status 1 at any report.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from under import build_for, compile_extension, found

ROOT = Path(__file__).parents[1]
FAULTS = {"address": ("beyond", "overflow"), "thread": ("race",)}
FLAGS = {
    "address": ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
    "thread": ("-fsanitize=thread",),
}
LIBRARIES = {"address": ("libasan.so", "libubsan.so"), "thread": ("libtsan.so",)}

TESTS = "the tests"
BUILD = (
    "tests/kernels/test_kernels_build.py",
    "tests/where/test_where_build.py",
    "tests/where/test_where_names.py",
    "tests/kernels/test_kernels_under_fire.py",
)
LEFT_OUT = {"address": BUILD, "thread": (*BUILD, "tests/kernels/test_kernels_interrupt.py")}
"""What builds anew, looks into libraries in whose place the checker puts its own functions, or weighs memory,
of which the checker keeps what was freed.

ThreadSanitizer hands a signal on only when the thread comes by: calls end late, and the sampler's figures are
not asked for.
"""

KNOWN, COMMAND = "tests/where/test_where_known.py", "tests/where/test_where_command.py"
FIGURES = (
    KNOWN,
    f"{COMMAND}::test_it_prints_a_sentence_and_the_losses_and_writes_what_is_asked_for",
    f"{COMMAND}::test_a_terminal_without_arrows_shows_all",
    f"{COMMAND}::test_what_was_found_is_told_and_the_rest_written_where_a_file_cannot_be",
    f"{COMMAND}::test_another_signal_samples_beside_it",
    f"{COMMAND}::test_sleeping_threads_can_be_left_alone",
    f"{COMMAND}::test_threads_of_the_workloads_own_are_told_to_be_left_out",
    f"{COMMAND}::test_samples_find_room_where_memory_is_limited_and_leave_some",
    f"{COMMAND}::test_code_that_cannot_be_read_ends_no_process",
    f"{COMMAND}::test_lines_of_python_are_found_where_a_container_forbids_to_read_memory",
    f"{COMMAND}::test_bad_input_is_one_line_and_exit_2[30 threads]",
)
"""The tests that want samples of a short run, all of which ThreadSanitizer may hold back."""

FAULT = """
import sys, threading
import _faulty
fault = getattr(_faulty, sys.argv[1])
threads = [threading.Thread(target=lambda: [fault() for _ in range(100)]) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
SAMPLED = """
import sys, threading, time
from antigil.where import _sampler
from antigil import kernels
failed = []
threading.excepthook = failed.append
end = time.monotonic() + float(sys.argv[1])
def work(depth=5):
    if depth: return work(depth - 1)
    kernels.calcular_sem_gil(50), kernels.stream_holding(bytes(10_000)), kernels.sleep_releasing(1e-5)
def live():
    _sampler.enrol()
    for _ in range(100): work()
    _sampler.retire()
samples = 0
while time.monotonic() < end:
    _sampler.start(27, 1e-3, 7, 0.25, 1 << 28)
    threads = [threading.Thread(target=live) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert _sampler.stop() == ""
    samples += len(_sampler.drain())
    _sampler.start(27, 1e-3, 7, 0.25, 1 << 28)
    _sampler.hold_off()
    ask = lambda: [_sampler.ask(1e-3, 1e-3, 2, -1, -1) for _ in range(5)]
    asker = threading.Thread(target=ask)
    asker.start()
    kernels.sleep_holding(0.01)
    asker.join()
    assert _sampler.stop() == ""
    _sampler.entry_points(kernels.calcular_sem_gil)
assert samples
assert not failed, failed
"""
MEASURED = """
from antigil.scaling import Workload, measure
setup = "from antigil import kernels"
for statement in ("kernels.calcular_sem_gil(200)", "kernels.stream_holding(bytes(100_000))"):
    measure(Workload(statement, setup), (1, 2), budget=0.5, processes=1)
"""
WHERE = """
from antigil import MeasurementError
from antigil.where import where
try:
    where("kernels.serial_fraction(200_000, 0.5)", "from antigil import kernels", 2, budget=1.0, processes=1)
except MeasurementError as error:
    if "no thread could be sampled" not in str(error):  # ThreadSanitizer holds signals back, at times all
        raise
"""


@dataclass
class Sanitized:
    """A folder with the package, built for a checker and a Python."""

    kind: str
    python: str
    folder: Path
    said: str = ""

    def build(self) -> None:
        """Copy the package and build its extensions, and the faulty one, each with the checker's flags."""
        for name in ("tests", "tools"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
        for name in ("pyproject.toml", "setup.py", "README.md"):
            shutil.copy(ROOT / name, self.folder)
        flags = ("-g", "-O1", *FLAGS[self.kind])
        suffix = build_for(self.python, self.folder, flags)
        include = self._text([self.python, "-c", "import sysconfig; print(sysconfig.get_path('include'))"])
        compile_extension(
            self.folder / "tests/kernels/faulty", self.folder / f"_faulty{suffix}", include, flags
        )

    @property
    def _reports(self) -> list[Path]:
        return sorted(self.folder.glob("report.*"))

    def run(self, *arguments: str, limit: float = 3600.0) -> int:
        """Run the Python under the checker and return its exit status."""
        for report in self._reports:
            report.unlink()
        libraries = " ".join(self._text(["gcc", f"-print-file-name={one}"]) for one in LIBRARIES[self.kind])
        log = f"log_path={self.folder}/report"
        environment = {
            **os.environ,
            "LD_PRELOAD": libraries,
            "PYTHONPATH": str(self.folder),
            "PYTHONMALLOC": "malloc" if self.kind == "address" else "",
            "ASAN_OPTIONS": f"{log}:detect_leaks=0:quarantine_size_mb=16",
            "UBSAN_OPTIONS": f"{log}:print_stacktrace=1",
            "TSAN_OPTIONS": f"{log}:ignore_noninstrumented_modules=1",
        }
        fixed = ["setarch", "-R"] if self.kind == "thread" else []  # it wants the addresses that it knows
        done = subprocess.run(
            [*fixed, self.python, *arguments],
            env={name: value for name, value in environment.items() if value},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit,
            check=False,
        )
        self.said = done.stdout + "".join(report.read_text() for report in self._reports)
        return done.returncode

    @property
    def reports(self) -> int:
        """The reports of the last run; UndefinedBehaviorSanitizer's come on standard error."""
        return self.said.count("SUMMARY: ") + self.said.count("runtime error: ")

    def _text(self, command: list[str]) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main() -> int:
    """Build, run and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kind", choices=FLAGS)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=float, default=10.0, help="of every call, and of the sampler")
    parser.add_argument("--tests", action="store_true", help="run the tests of the kernels and the sampler")
    options = parser.parse_args()
    if (python := found(options.python)) is None:
        parser.error(f"there is no {options.python}")
    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        sanitized = Sanitized(options.kind, python, Path(folder))
        sanitized.build()
        return check(sanitized, options.seconds, tests=options.tests)


def check(sanitized: Sanitized, seconds: float, *, tests: bool) -> int:
    """Run everything, and print a line for each run."""
    failed = False
    for fault in FAULTS[sanitized.kind]:
        sanitized.run("-c", FAULT, fault)
        seen = sanitized.reports > 0
        failed |= not seen
        print(f"a fault, {fault}: {'seen' if seen else 'NOT SEEN'}", flush=True)
    runs = {
        "every call": ("tools/hammer.py", "--threads", "8", "--seconds", str(seconds)),
        "the sampler": ("-c", SAMPLED, str(seconds)),
        "a measurement": ("-c", MEASURED),
        "a measurement with the sampler": ("-c", WHERE),
    }
    if tests:
        left_out = [f"--ignore={one}" for one in LEFT_OUT[sanitized.kind]]
        runs[TESTS] = (
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *left_out,
            "tests/kernels",
            "tests/where",
        )
    for name, arguments in runs.items():
        status = sanitized.run(*arguments)
        wrong = sanitized.reports > 0 or not (status == 0 or are_figures(sanitized, name))
        failed |= wrong
        last = sanitized.said.strip().rpartition("\n")[2]
        print(f"{name}: {sanitized.reports} reports, exit status {status} {last}", flush=True)
        if wrong:
            print(sanitized.said[-5000:])
    return 1 if failed else 0


def are_figures(sanitized: Sanitized, name: str) -> bool:
    """Tell whether only such tests failed as ask for figures that ThreadSanitizer changes."""
    failed = failures(sanitized.said)
    within = tuple(f"{one}{mark}" for one in FIGURES for mark in ("::", "["))
    allowed = all(test in FIGURES or test.startswith(within) for test in failed)
    return sanitized.kind == "thread" and name == TESTS and bool(failed) and allowed


def failures(said: str) -> set[str]:
    """Return the tests that failed from pytest's summary."""
    return set(re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
