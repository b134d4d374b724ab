"""Without a GIL what threads take from each other shows in CPU time per call, which is judged there only."""

import random

import pytest
from comparisons import STEADY, WORKLOADS, readings

from antigil.guard import comparison
from antigil.guard.commit_verdict import Outcome, Trade
from antigil.guard.comparison import take_looks
from antigil.guard.decision_rule import Number, judged_in
from antigil.guard.interleaved_visits import VisitPlace
from antigil.guard.samples import Readings
from antigil.history.benchmark_columns import Column
from antigil.history.options import Options

INFLATION = Number("work.One", "inflation", 2)
INFLATED = {("work.One", "inflation", 2): 1.5}


def verdict(head, python, base=None):
    """Compare once, in looks that all find the same; return the verdict."""

    def measure(workloads, processes):
        return readings({**STEADY, **(base or {})}, n=processes), readings({**STEADY, **head}, n=processes)

    return take_looks(measure, Options(), WORKLOADS, "any", among=judged_in(python)).verdict


@pytest.mark.parametrize(("python", "status"), [("3.14t", 1), ("3.14", 0)])
def test_cpu_time_per_call_is_judged_where_there_is_no_gil(python, status):
    found = verdict(INFLATED, python)

    assert found.status == status
    assert [f.number for one in found.losses for f in one.with_outcome(Outcome.LOST)] == [INFLATION][:status]


@pytest.mark.parametrize(("python", "status"), [("3.14t", 1), ("3.14", 0)])
def test_the_python_of_the_environment_decides(python, status, monkeypatch):
    def measure_both(place, sides, workloads, progress):
        processes = len(sides) // 2
        return readings(STEADY, n=processes), readings({**STEADY, **INFLATED}, n=processes)

    monkeypatch.setattr(comparison, "measure_both", measure_both)
    columns = tuple(Column(one, "slowdown", 2, f"{one.name}.track_slowdown", 0) for one in WORKLOADS.values())
    place = VisitPlace(f"virtualenv-py{python}", python, {}, columns, ())

    found = comparison.compare_in(Options(), place, 6, 1, lambda line: None)

    assert found.verdict.status == status


def test_what_the_head_alone_does_not_give_is_named():
    def measure(workloads, processes):
        return readings({**STEADY, **INFLATED}, n=processes), readings(
            {key: value for key, value in STEADY.items() if key != ("work.One", "inflation", 2)}, n=processes
        )

    found = take_looks(measure, Options(), WORKLOADS, "any", among=judged_in("3.14t")).verdict

    assert found.problems == ("work.One gives no CPU time per call, 2 threads at head: not judged",)


def test_a_control_whose_cpu_time_moved_leaves_only_what_changed_by_more():
    moved = {("controls.Loop", "inflation", 2): 1.5}

    assert verdict({**INFLATED, **moved}, "3.14t").status == 2
    assert verdict({("work.One", "inflation", 2): 2.0, **moved}, "3.14t").status == 1


def test_cpu_time_that_fell_because_one_thread_became_slower_is_a_trade():
    base = {("work.One", "inflation", 2): 1.5}
    (one,) = verdict({("work.One", "time", None): 0.0045}, "3.14t", base).losses

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

        compared = take_looks(measure, Options(), WORKLOADS, "any", among=judged_in("3.14t"))
        found.append(compared.verdict.status)
    return found


def test_identical_commits_raise_no_alarm_and_a_quarter_more_cpu_time_is_seen():
    assert sum(statuses(1.0, 60)) == 0
    assert statuses(1.25, 40).count(1) >= 38
