"""Which samples are of which window, in the process that is sampled."""

import signal
import threading
from types import SimpleNamespace

from antigil.scaling.stops import stops_noticed, was_stopped
from antigil.where.child import _Windows


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
