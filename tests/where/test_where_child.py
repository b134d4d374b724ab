"""Which samples are of which window, and what each stands for, in the process that is sampled."""

import contextlib
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from antigil.scaling.stops import stops_noticed, was_stopped
from antigil.where.child import _Stacks, _Windows, state_of
from antigil.where.records import SAMPLE, RawSample


def pass_through(windows, threads):
    """Do as a window of so many threads does; return a moment in it."""
    windows.next()
    meters = [windows.clocks().meter() for _ in range(threads)]
    for meter in meters:
        meter.__enter__()
        meter.read()
    moment = windows._all[-1].opened[-1]
    for meter in meters:
        meter.read()
        meter.__exit__()
    return moment


def test_windows_of_a_round_that_is_measured_anew_are_left_out():
    """Samples in those that stay keep the number of threads that they were taken from."""
    windows = _Windows()
    pass_through(windows, 1)  # calls are timed
    with stops_noticed():
        moments = [(pass_through(windows, n), n) for n in (2, 1)]
        pass_through(windows, 1)
        signal.pthread_kill(threading.get_ident(), signal.SIGCONT)  # as after a stop
        pass_through(windows, 2)
        assert was_stopped()
        moments += [(pass_through(windows, n), n) for n in (2, 1)]
    rounds = [SimpleNamespace(windows={1: None, 2: None})] * 2

    stretches = list(windows.stretches(rounds))

    assert [n for _, _, n in stretches] == [2, 1, 2, 1]
    pairs = zip(stretches, moments, strict=True)
    assert all(start <= moment <= end for (start, end, _), (moment, _) in pairs)


def test_windows_before_the_rounds_began_anew_are_left_out():
    """Without pins, say."""
    windows = _Windows()
    for n in (1, 2, 1, 1, 2):
        pass_through(windows, n)

    stretches = list(windows.stretches([SimpleNamespace(windows={1: None, 2: None})]))

    assert [n for _, _, n in stretches] == [1, 2]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_calls_of_a_short_window_count_where_it_is_known_to_open_with_them(threads):
    """Its threads read their clocks as they begin, when they have settled, and at the end."""
    windows = _Windows()
    windows.next()
    windows.next()
    with contextlib.ExitStack() as stack:
        meters = [stack.enter_context(windows.clocks().meter()) for _ in range(threads)]
        for _ in range(3):
            for meter in meters:
                meter.read()

    (stretch,) = windows.stretches([SimpleNamespace(windows={threads: None})])

    began, settled, ended = zip(*windows._all[-1].reads, strict=True)
    assert stretch == (max(began if threads == 1 else settled), min(ended), threads)


class Nowhere:
    """An address space in which nothing lies."""

    def unwind(self, sample):
        """Return no place."""
        return ()


def test_each_further_look_at_a_long_call_counts_for_what_it_found():
    stacks = _Stacks(Nowhere(), {}, tells_waiting=True)

    stacks.add(1, RawSample(SAMPLE, 1, 0.0, 0.1, attached=True, ran=30, slept=4))

    assert {(key[1], key[2]): count for key, count in stacks._counts.items()} == {
        ("running", True): 31,
        ("waiting", True): 4,
    }


def test_a_long_call_that_stands_in_the_run_queue_now_and_then_runs():
    assert state_of(RawSample(SAMPLE, 1, 0.0, 0.1, queued=0.01), False) == "running"
    assert state_of(RawSample(SAMPLE, 1, 0.0, 0.1, queued=0.0999), False) == "queued"
    assert state_of(RawSample(SAMPLE, 1, 0.0, 0.004, queued=0.0039), False) == "queued"


ELSEWHERE = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(["fcntl", "grp", "pwd", "resource", "termios"]))
import antigil.where
names = {one.name for one in pkgutil.iter_modules(antigil.where.__path__)} - {"_sampler"}
for name in sorted(names):
    importlib.import_module(f"antigil.where.{name}")
print(len(names))
"""


def test_its_modules_can_be_imported_where_modules_of_unix_are_not():
    """The plugin of pytest imports them on Windows, too."""
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
