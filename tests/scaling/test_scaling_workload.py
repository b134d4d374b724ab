"""A statement with its set-up, compiled into one generator for each thread."""

import re
import sys
import threading
import traceback
from functools import partial
from types import ModuleType

import pytest

from antigil.scaling import (
    FunctionWorkload,
    MeasurementError,
    Plan,
    Workload,
    measure_function,
    measure_rounds,
)


@pytest.fixture
def log(monkeypatch):
    """Return a list that a workload gets with ``from the_log import log``."""
    module = ModuleType("the_log")
    module.log = []
    monkeypatch.setitem(sys.modules, "the_log", module)
    return module.log


IMPORT = "from the_log import log\n"


@pytest.mark.parametrize("calls", [[1], [3, 2], [0, 1]])
def test_the_statement_runs_so_many_times(log, calls):
    run = Workload("log.append('called')", IMPORT).prepare()(0, 1)
    for count in calls:
        run(count)
    assert log == ["called"] * sum(calls)


def test_the_set_up_runs_once_in_a_process_and_is_shared(log):
    make_run = Workload("log.append(shared)", IMPORT + "log.append('set up')\nshared = object()").prepare()
    for thread in range(3):
        make_run(thread, 3)(1)
    assert log[0] == "set up"
    assert len(log) == 4
    assert log[1] is log[2] is log[3]


def test_each_thread_runs_its_own_set_up_once(log):
    make_run = Workload("log.append(mine)", IMPORT, "log.append('set up')\nmine = thread, threads").prepare()
    for thread in range(2):
        make_run(thread, 5)(2)
    assert log == ["set up", (0, 5), (0, 5), "set up", (1, 5), (1, 5)]


def test_a_name_that_the_statement_assigns_stays_within_its_thread(log):
    make_run = Workload("count = count + 1; log.append(count)", IMPORT, "count = thread").prepare()
    first, second = make_run(10, 2), make_run(20, 2)
    first(2)
    second(1)
    first(1)
    assert log == [11, 12, 21, 13]


def test_a_name_that_the_worker_has_as_well_stays_the_users(log, tmp_path, monkeypatch):
    """Also in what the tear-down sees."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the set-up's takes its place
    setup = IMPORT + "def statement(): return 'SELECT 1'"
    workload = Workload("log.append(statement())", setup, teardown="log.append(statement())")
    make_run, tear_down = workload.prepare_as_main(tmp_path)
    make_run(0, 2)(1)
    make_run(1, 2)(1)
    tear_down()
    assert log == ["SELECT 1"] * 3


def test_names_of_a_threads_set_up_are_fast_locals(log):
    Workload("log.append(dict(globals()))", IMPORT, "mine = 1").prepare()(0, 1)(1)
    assert "mine" not in log[0]


@pytest.mark.parametrize(
    "statement", ["log.append('''two\n    lines''')", "if True:\n    log.append('''two\n    lines''')"]
)
def test_strings_of_several_lines_stay_as_they_are(log, statement):
    Workload(statement, IMPORT).prepare()(0, 1)(1)
    assert log == ["two\n    lines"]


@pytest.mark.parametrize("statement", ["", "pass", "# nothing", "'text'"])
def test_a_statement_that_does_nothing_can_be_run(statement):
    Workload(statement).prepare()(0, 1)(3)


def test_an_unexpected_end_of_the_statements_loop_is_refused_before_anything_runs(log):
    for statement in ("break", "continue", "return", "yield", "from math import *"):
        with pytest.raises(SyntaxError):
            Workload(statement, IMPORT + "log.append('ran')").prepare()
    assert log == []


@pytest.mark.parametrize("part", ["statement", "setup", "thread_setup"])
def test_a_syntax_error_is_told_in_the_users_own_text(part):
    with pytest.raises(SyntaxError) as caught:
        Workload(**{"statement": "pass", part: "first = 1\nsecond = = 2"}).prepare()
    error = caught.value
    assert (error.filename, error.lineno) == (f"<{part.replace('_', ' ')}>", 2)
    assert error.text.rstrip() == "second = = 2"


def shown(error):
    return "".join(traceback.format_exception(error))


def test_a_traceback_shows_the_line_of_the_statement():
    run = Workload("a = 1\nb = a / 0", "# set-up\n\n").prepare()(0, 1)
    with pytest.raises(ZeroDivisionError) as caught:
        run(1)
    assert re.search(r'File "<statement>", line 2, in statement\n +b = a / 0', shown(caught.value))


def test_a_traceback_shows_the_line_of_the_set_up():
    with pytest.raises(NameError) as caught:
        Workload("pass", "ready = True\nnot_there").prepare()
    assert re.search(r'File "<setup>", line 2, in <module>\n +not_there', shown(caught.value))


def test_a_traceback_shows_the_line_of_a_threads_set_up():
    make_run = Workload("pass\npass", "pass", "mine = []\nmine[thread]").prepare()
    with pytest.raises(IndexError) as caught:
        make_run(0, 1)
    assert re.search(r'File "<statement>", line \d+, in statement\n +mine\[thread\]', shown(caught.value))


def test_folders_of_the_path_come_first_and_once(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", ["before", str(tmp_path)])
    workload = Workload("pass", path=("one", str(tmp_path), "two"))
    workload.prepare()
    workload.prepare()
    assert sys.path == ["one", "two", "before", str(tmp_path)]


def test_a_function_is_called_so_many_times_by_every_thread():
    callers = []
    make_run = FunctionWorkload(lambda: callers.append(threading.get_ident())).prepare()
    for thread in range(2):
        make_run(thread, 2)(3)
    assert callers == [threading.get_ident()] * 6


class Client:
    """Whose calls are asynchronous, and who can be made without."""

    async def __call__(self, number=1):
        """Do nothing."""

    async def fetch(self):
        """Do nothing."""


async def stream():
    yield 1


def rows(count):
    yield from range(count)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (Client().fetch, r"fetch is a coroutine function: wrap it: lambda: asyncio.run\(fetch\(\)\)"),
        (Client(), "Client is a coroutine function"),
        (partial(partial(Client(), 1)), "Client is a coroutine function"),
        (partial(rows, 3), r"rows is a generator function: wrap it: lambda: list\(rows\(\)\)"),
        (stream, "stream is an asynchronous generator function"),
    ],
)
def test_a_function_whose_call_does_nothing_yet_is_refused(function, told):
    with pytest.raises(TypeError, match=told) as caught:
        measure_function(function, (1,))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", [Client, lambda: list(rows(3)), partial(int, "1"), "text".upper])
def test_a_function_that_does_something_is_measured(function):
    FunctionWorkload(function).prepare()(0, 1)(2)


def parsed(text):
    try:
        return next(iter(text))
    except StopIteration as stop:
        raise ValueError("no text") from stop


def test_an_error_that_comes_of_the_end_of_an_iterator_is_raised_as_it_is():
    with pytest.raises(ValueError, match="no text") as caught:
        measure_rounds(FunctionWorkload(lambda: parsed("")), Plan((1,), budget=0.1, rounds=1))
    assert caught.traceback[-1].name == "parsed"
    assert isinstance(caught.value.__cause__, StopIteration)


def test_where_an_iterator_ends_the_place_is_kept():
    with pytest.raises(MeasurementError, match="came to its end") as caught:
        measure_rounds(FunctionWorkload(iter([1]).__next__), Plan((1,), budget=0.1, rounds=1))
    assert isinstance(caught.value.__cause__, StopIteration)
