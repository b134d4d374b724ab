"""Give every kernel arguments that a coverage-guided fuzzer makes up, and check each answer.

Usage: python tools/fuzz.py [--seconds 600]

Needs clang and atheris (pip install atheris), for CPython 3.11 to 3.13. The C files are built with counters
of their branches, which lead the fuzzer. A crash, a hang of 10 seconds, an exception that is not documented,
or a wrong answer ends the run with what led there, and another exit status than 0.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from support import positive

FLAGS = ("-O1", "-g", "-fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp")
CHILD = "ANTIGIL_FUZZ_SECONDS"


def call_with(data: bytes) -> None:
    """Make one call of these bytes, and check what it does."""
    import atheris
    from every_call import ERRORS, GOOD

    from antigil import kernels

    made = atheris.FuzzedDataProvider(data)
    name = made.PickValueInList(sorted(GOOD))
    arguments = tuple(_argument(made) for _ in range(made.ConsumeIntInRange(0, 4)))
    if not _is_short(name, arguments):
        return
    try:
        answer = getattr(kernels, name)(*arguments)
    except ERRORS as error:
        if not str(error):
            raise AssertionError(f"{name}: an error without a word") from error
        return
    if name.startswith("stream"):
        bytes_of = bytes(memoryview(arguments[0]).cast("B"))
        words = len(bytes_of) // 8
        total = sum(struct.unpack_from(f"={words}Q", bytes_of)) + sum(bytes_of[8 * words :])
        assert answer == total % 2**64
    elif name == "SharedCounter":
        _count(made, answer)


def _argument(made) -> object:
    kind = made.ConsumeIntInRange(0, 8)
    if kind == 0:
        return made.ConsumeIntInRange(-(2**70), 2**70)
    if kind == 1:
        return made.ConsumeIntInRange(0, 1000)
    if kind == 2:
        return made.ConsumeFloat()
    if kind == 3:
        return made.PickValueInList(["lock", "atomic", "slots", "text", None])
    if kind == 4:
        return made.ConsumeBytes(made.ConsumeIntInRange(0, 200))
    if kind == 5:
        return memoryview(made.ConsumeBytes(100))[:: made.PickValueInList([1, 2, -1])]
    if kind == 6:
        return bytearray(made.ConsumeBytes(50))
    return made.ConsumeUnicode(10) if kind == 7 else made.ConsumeFloatInRange(0.0, 1.0)


def _is_short(name: str, arguments: tuple[object, ...]) -> bool:
    """Tell whether a call ends soon; and it reads from no descriptor of the fuzzer's own."""
    numbers = [one for one in arguments if isinstance(one, (int, float))]
    most = {"calcular_com_gil": 1e3, "calcular_sem_gil": 1e3, "serial_fraction": 1e5}.get(name, 1e-3)
    if name.startswith("read"):
        return not numbers or not 0 <= numbers[0] < 100
    if name.startswith("calcular") and not arguments:
        return False  # a hundred thousand steps
    if name.startswith(("sleep", "calcular", "serial")) and arguments:
        first = arguments[0]
        return not isinstance(first, (int, float)) or not most < first < 2**63
    return True


def _count(made, counter) -> None:
    counted = 0
    for _ in range(made.ConsumeIntInRange(0, 5)):
        times, slot = made.ConsumeIntInRange(-2, 500), made.ConsumeIntInRange(-1, 5000)
        try:
            getattr(counter, made.PickValueInList(["add_holding", "add_releasing"]))(times, slot)
        except (ValueError, OverflowError):
            continue
        counted += times
    assert counter.count == counted


def fuzz(seconds: str, corpus: Path) -> None:
    """Fuzz in this process, which ends with it."""
    import atheris

    options = [f"-max_total_time={seconds}", "-timeout=10", "-max_len=400", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], call_with)
    atheris.Fuzz()


def main() -> int:
    """Build the kernels with counters, and fuzz in a process that loads them."""
    if CHILD in os.environ:
        fuzz(os.environ[CHILD], Path(sys.argv[1]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=positive, default=600)
    options = parser.parse_args()
    import atheris
    from under import build_for

    with tempfile.TemporaryDirectory(prefix="antigil-") as folder:
        build_for(sys.executable, Path(folder), FLAGS, compiler="clang")
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        environment = {
            **os.environ,
            "PYTHONPATH": folder,
            CHILD: str(options.seconds),
            "LD_PRELOAD": f"{atheris.path()}/asan_with_fuzzer.so",
            "ASAN_OPTIONS": "detect_leaks=0",
        }
        command = [sys.executable, __file__, str(corpus)]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
