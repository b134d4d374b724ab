"""The sampler starts once, and leaves what is not its own as it is, in a process that was forked, too."""

import subprocess
import sys

import pytest
from raw import told

from antigil.where import where

QUIET = ("-W", "ignore::DeprecationWarning")
"""From 3.12 on, Python warns of who forks beside threads."""

FORKING = """
import os

def in_child(act):
    '''Return what acts in a process that was forked while a thread of this one was sampled.'''
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            answer = act()
        except BaseException as error:
            answer = repr(error)
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return json.loads(os.read(reading, 4096))

def begin():
    _sampler.start(27, 1e-3, 7, 1.0, 1 << 28)

"""


def test_to_stop_in_a_forked_process_waits_for_no_thread_that_is_not_there(sampler):
    told_there = told(FORKING + "begin()\ntell(in_child(lambda: [_sampler.stop(), _sampler.stop()]))", *QUIET)

    assert told_there == ["", ""]


ENROLLING = """
own = _sampler.enrol()
begin()

def enrol_again():
    begin()  # another helper
    number = _sampler.enrol()
    again = _sampler.enrol()
    for _ in range(3_000_000): pass
    _sampler.stop()
    samples = list(read_records(_sampler.drain(), _sampler.REGISTERS, codes))
    _sampler.retire()
    return [number, again, sum(sample.worker == number for sample in samples)]

tell([own, *in_child(enrol_again)])
"""


def test_a_forked_process_samples_its_own_thread(sampler):
    own, number, again, samples = told(FORKING + ENROLLING, *QUIET)

    assert number == again != own
    assert samples > 0


STARTING = """
begin()
try:
    begin()
except OSError as error:
    tell([error.errno, _sampler.stop()])
"""


def test_to_start_while_it_runs_is_refused(sampler):
    assert told(FORKING + STARTING) == [16, ""]


REPLACED = """
import ctypes, faulthandler

class Stack(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]

def present():
    stack = Stack()
    assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack)) == 0
    return [stack.start, stack.flags]

there = present()
_sampler.enrol()
given = present()
if replace:
    faulthandler.enable()
before = present()
_sampler.retire()
tell([there, given, before, present()])
"""


def test_a_stack_for_signals_that_somebody_else_gave_meanwhile_stays(sampler):
    _, given, before, after = told("replace = True\n" + REPLACED)

    assert given != before == after


def test_a_stack_for_signals_of_its_own_is_taken_back(sampler):
    there, given, before, after = told("replace = False\n" + REPLACED)

    assert given == before
    assert after == there  # AddressSanitizer has given the thread one already


DRAINED = """
before = _sampler.has_records()
_sampler.enrol()
begin()
while not _sampler.has_records(): pass
_sampler.stop()
_sampler.drain()
tell([before, _sampler.has_records()])
"""


def test_it_tells_whether_there_is_something_to_drain(sampler):
    assert told(FORKING + DRAINED) == [False, False]


def test_as_many_threads_as_there_may_be_need_no_more_files_than_the_system_allows(sampler):
    import resource  # Windows has none, and imports this module

    script = (
        "from antigil.where import where\n"
        "print(where('time.sleep(0.001)', 'import time', 200, budget=0.2, processes=1).threads)"
    )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=few, timeout=120, check=False)

    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGTRAP", "SIGKILL", "SIGCONT"])
def test_a_signal_that_means_something_else_is_refused(sampler, name):
    with pytest.raises(ValueError, match=f"with {name}"):
        where("pass", signal=name)
