"""Without a GIL what threads take from each other shows in CPU time per call, which is judged there only."""

import random

import pytest
from comparisons import BASE, HEAD, LOST, STEADY, WORKLOADS, readings

from antigil.guard import comparison
from antigil.guard.commit_verdict import Outcome, Trade
from antigil.guard.comparison import Comparison, take_looks
from antigil.guard.comparison_json import comparison_to_json
from antigil.guard.decision_rule import Number
from antigil.guard.interleaved_visits import VisitPlace
from antigil.guard.profile import sampling
from antigil.guard.samples import Readings
from antigil.history.benchmark_columns import Column
from antigil.history.options import Options
from antigil.report.formats import render_comparison
from antigil.scaling import Host, Workload
from antigil.where import Loss, Share, Where

INFLATION = Number("work.One", "inflation", 2)
INFLATED = {("work.One", "inflation", 2): 1.5}


def verdict(head, gil=False, base=None):
    """Compare once, in looks that all find the same; return the verdict."""

    def measure(workloads, processes):
        return readings({**STEADY, **(base or {})}, n=processes), readings({**STEADY, **head}, n=processes)

    return take_looks(measure, Options(), WORKLOADS, "any", gil=gil).verdict


@pytest.mark.parametrize(("gil", "status"), [(False, 1), (True, 0)])
def test_cpu_time_per_call_is_judged_where_there_is_no_gil(gil, status):
    found = verdict(INFLATED, gil)

    assert found.status == status
    assert [f.number for one in found.losses for f in one.with_outcome(Outcome.LOST)] == [INFLATION][:status]


ON, OFF = {"gil": "enabled"}, {"gil": "disabled"}


@pytest.mark.parametrize(
    ("python", "sides", "status"),
    [
        ("/opt/3.14-nogil/bin/python3", (OFF, OFF), 1),
        ("3.14", (OFF, OFF), 1),  # of conda, with python-freethreading
        ("3.14t", (ON, ON), 0),  # with PYTHON_GIL=1
        ("3.14t", (ON, OFF), 0),
        ("3.14t", ({}, {}), 1),
        ("python3.14t", ({}, {}), 1),
        ("3.14", ({}, {}), 0),
        ("/opt/cpython-3.14-jit", ({}, {}), 0),
    ],
)
def test_the_python_of_the_environment_decides_and_its_name_only_where_it_was_not_asked(
    python, sides, status, monkeypatch
):
    def measure_both(place, sides, workloads, progress):
        processes = len(sides) // 2
        return readings(STEADY, n=processes), readings({**STEADY, **INFLATED}, n=processes)

    monkeypatch.setattr(comparison, "measure_both", measure_both)
    columns = tuple(Column(one, "slowdown", 2, f"{one.name}.track_slowdown", 0) for one in WORKLOADS.values())
    place = VisitPlace(f"virtualenv-py{python}", python, {}, columns, (), sides)

    found = comparison.compare_in(Options(), place, 6, 1, lambda line: None)

    assert (found.verdict.status, found.gil) == (status, not status)


def test_what_changed_by_function_has_the_name_that_the_environments_python_has(monkeypatch):
    """Although what it imports switches the GIL on."""
    host = Host("3.14.0", "CPython", True, 0.005, "some CPU", 2, True)
    none = Loss(Share(0.0, (0.0, 0.01)), (), 1000)
    both = [Where(Workload("f()"), host, 2, none, none, none, {}, ()) for _ in range(2)]
    monkeypatch.setattr(sampling, "sample_in_turn", lambda *asked, **how: both)
    monkeypatch.setattr(sampling, "interpreter_of", lambda side: side)
    monkeypatch.setattr(sampling, "why_unavailable", lambda: None)
    (column,) = (Column(WORKLOADS["work.One"], "slowdown", 2, "work.One.track_slowdown", 0),)
    suite = {column.benchmark: {"antigil_workload": {"statement": "f()", "setup": "", "path": []}}}
    place = VisitPlace("virtualenv-py3.14t", "3.14t", suite, (column,), (None, None), (OFF, OFF))

    def measure(workloads, processes):
        return readings(STEADY, n=processes), readings({**STEADY, **LOST}, n=processes)

    compared = take_looks(measure, Options(), WORKLOADS, place.name, gil=place.gil)
    found = sampling.Sampling(100.0, lambda line: None).add_functions(place, compared)

    assert [one.python for one in found.functions.values()] == ["3.14t"]


def test_what_the_head_alone_does_not_give_is_named():
    def measure(workloads, processes):
        return readings({**STEADY, **INFLATED}, n=processes), readings(
            {key: value for key, value in STEADY.items() if key != ("work.One", "inflation", 2)}, n=processes
        )

    found = take_looks(measure, Options(), WORKLOADS, "any", gil=False).verdict

    assert found.problems == ("work.One gives no CPU time per call, 2 threads at head: not judged",)


@pytest.mark.parametrize(("gil", "name"), [(True, "GIL held"), (False, "other threads stopped")])
def test_what_stops_other_threads_is_no_gil_where_there_is_none(gil, name):
    """In problems, and in each format of the report."""
    held, lacking = ("work.One", "gil_held", None), ("work.Steady", "gil_held", None)

    def measure(workloads, processes):
        head = {key: value for key, value in {**STEADY, held: 0.06}.items() if key != lacking}
        return readings({**STEADY, held: 0.01}, n=processes), readings(head, n=processes)

    found = take_looks(measure, Options(), WORKLOADS, "any", gil=gil)
    document = comparison_to_json(Comparison(BASE, HEAD, (found,), 300.0))

    assert found.verdict.problems == (f"work.Steady gives no {name} at head: not judged",)
    said = [render_comparison(document, form) for form in ("text", "markdown", "github")]
    assert all(name in one for one in said)
    assert gil or not any("GIL" in one for one in said)


def test_a_control_whose_cpu_time_moved_leaves_only_what_changed_by_more():
    moved = {("controls.Loop", "inflation", 2): 1.5}

    assert verdict({**INFLATED, **moved}).status == 2
    assert verdict({("work.One", "inflation", 2): 2.0, **moved}).status == 1


def test_cpu_time_that_fell_because_one_thread_became_slower_is_a_trade():
    base = {("work.One", "inflation", 2): 1.5}
    (one,) = verdict({("work.One", "time", None): 0.0045}, base=base).losses

    assert one.trade is Trade.SLOWER_ALONE


def drawn(generator, processes, workloads, changed):
    """Return processes whose CPU time per call scatters by 3 %, and one in ten of which is far off."""
    found = Readings()
    for _ in range(processes):
        for workload in WORKLOADS if workloads is None else sorted(workloads):
            for threads in (2, 4, 8):
                off = generator.uniform(1.1, 1.6) if generator.random() < 0.1 else 1.0
                factor = changed if workload == "work.One" else 1.0
                value = factor * off * generator.gauss(1.05, 0.03)
                found.add_one(Number(workload, "inflation", threads), value)
    return found


def statuses(changed, count):
    """Compare so often; return the exit statuses."""
    found = []
    for seed in range(count):
        generator = random.Random(seed)

        def measure(workloads, processes, generator=generator):
            return (
                drawn(generator, processes, workloads, 1.0),
                drawn(generator, processes, workloads, changed),
            )

        compared = take_looks(measure, Options(), WORKLOADS, "any", gil=False)
        found.append(compared.verdict.status)
    return found


def test_identical_commits_raise_no_alarm_and_a_quarter_more_cpu_time_is_seen():
    assert sum(statuses(1.0, 60)) == 0
    assert statuses(1.25, 40).count(1) >= 38
