"""What is measured besides: mixes and processes, with numbers put in by hand."""

import json
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType

import pytest
from fakes import measurement, round_of, window

from antigil.scaling import (
    Estimate,
    Measurement,
    Plan,
    PointSample,
    Sample,
    Workload,
    least_side_by_side,
    measure,
    to_win,
)
from antigil.scaling.mixes_and_processes.mixes import mix_from_json, mix_of, mix_samples
from antigil.scaling.mixes_and_processes.processes import process_counts, process_sample, processes_of
from antigil.scaling.mixes_and_processes.worker import CELLS, SharedTrack
from antigil.scaling.rounds import measure_rounds
from antigil.scaling.window_result import ThreadPart


def part(rate, *, on_cpu=1.0, queued=0.0):
    return ThreadPart(rate, on_cpu, queued)


def parts_window(*parts):
    """Return a window of these threads."""
    rate = sum(one.rate for one in parts)
    queues = [one.queued for one in parts]
    queued = None if None in queues else sum(queues) / len(parts)
    found = window(len(parts), rate, on_cpu=sum(one.on_cpu for one in parts) / len(parts), queued=queued)
    return replace(found, parts=tuple(parts))


def mixed_round(*parts, reader=100.0, writer=10.0, cpus_allowed=4, alone=None):
    """Return a round with one reader alone, one writer alone, and a mix of these."""
    one = round_of(parts_window(alone or part(reader)), cpus_allowed=cpus_allowed)
    others = {("mix", 1): parts_window(part(writer)), ("mix", len(parts)): parts_window(*parts)}
    return replace(one, others=MappingProxyType(others))


def test_of_a_mix_the_last_thread_is_the_writer():
    found = mix_samples([mixed_round(part(90.0), part(80.0), part(2.0))])[3]

    assert (found.readers, found.writer) == (pytest.approx(1.7), pytest.approx(0.2))
    assert (found.readers_rate, found.writer_rate, found.writer_alone) == (170.0, 2.0, 10.0)


def test_time_in_the_run_queue_is_given_back_to_the_kind_that_stood_there():
    rounds = [mixed_round(part(60.0, on_cpu=0.6, queued=0.4), part(10.0))]
    found = mix_samples(rounds)[2]

    assert (found.readers, found.raw_readers) == (pytest.approx(1.0), pytest.approx(0.6))
    assert (found.writer, found.raw_writer) == (pytest.approx(1.0), pytest.approx(1.0))


def test_who_waits_for_a_thread_in_the_run_queue_gets_its_time_back_too():
    """A writer that waits for half of its time loses half of that for which the reader is queued."""
    rounds = [mixed_round(part(80.0, on_cpu=0.8, queued=0.2), part(4.5, on_cpu=0.5))]

    assert mix_samples(rounds)[2].writer == pytest.approx(0.45 / 0.9)


@pytest.mark.parametrize(("cpus_allowed", "queued"), [(1, 0.5), (4, None)])
def test_nothing_is_given_back_beyond_the_cpus_or_where_queueing_is_not_told(cpus_allowed, queued):
    mixed = part(50.0, on_cpu=0.5, queued=queued), part(5.0, on_cpu=0.5, queued=queued)
    alone = part(100.0, queued=None) if queued is None else None
    found = mix_samples([mixed_round(*mixed, cpus_allowed=cpus_allowed, alone=alone)])[2]

    assert (found.readers, found.writer) == (pytest.approx(0.5), pytest.approx(0.5))


def test_what_is_given_back_makes_nobody_faster_than_alone():
    found = mix_samples([mixed_round(part(90.0, on_cpu=0.5, queued=0.5), part(9.0, queued=0.5, on_cpu=0.5))])[
        2
    ]

    assert (found.readers, found.writer) == (1.0, 1.0)


def test_nothing_is_given_back_for_queueing_behind_own_threads_and_processes():
    one = mixed_round(part(60.0, on_cpu=0.6, queued=0.4), part(10.0))
    behind = replace(one.others["mix", 2], own_processes=1, own_cpu_seconds=0.4 / 70.0)
    round_ = replace(one, others=MappingProxyType({**one.others, ("mix", 2): behind}))

    assert mix_samples([round_])[2].readers == pytest.approx(0.6)
    assert one.disturbed
    assert not round_.disturbed


@pytest.mark.parametrize(("own", "crowded", "told"), [(1, True, True), (0, True, False), (1, False, False)])
def test_a_mix_tells_where_its_own_threads_lacked_cpus(own, crowded, told):
    one = replace(mixed_round(part(60.0), part(10.0)), crowded=crowded)
    mixed = replace(one.others["mix", 2], own_threads=own)
    round_ = replace(one, others=MappingProxyType({**one.others, ("mix", 2): mixed}))

    assert mix_samples([round_])[2].crowded is told
    assert mix_of([mix_samples([round_])]).points[0].crowded is told


def test_processes_are_as_crowded_as_the_threads_of_their_round():
    one = mixed_round(part(60.0), part(10.0))
    both = {("processes", n): replace(one.windows[1], threads=n, own_threads=1) for n in (1, 2)}
    round_ = replace(one, others=MappingProxyType(both), crowded=True)

    assert process_sample([round_]).disturbed
    assert not process_sample([replace(round_, crowded=False)]).disturbed


def test_nothing_is_given_back_to_one_alone_for_queueing_behind_its_own_pool():
    """Its caller yields, and so is queued for most of the time."""
    one = mixed_round(part(100.0), part(10.0), cpus_allowed=2)
    (caller,) = (replace(own, on_cpu=0.1, queued=0.9) for own in one.windows[1].parts)
    alone = replace(
        one.windows[1], parts=(caller,), on_cpu=0.1, queued=0.9, own_threads=2, own_cpu_seconds=1.9 / 100.0
    )
    round_ = replace(one, windows=MappingProxyType({**one.windows, 1: alone}))

    assert mix_samples([round_])[2].readers == mix_samples([one])[2].readers == pytest.approx(1.0)
    assert not round_.disturbed


def test_intervals_of_a_mix_are_by_rank_and_of_few_processes_a_range():
    def sample(rate):
        return mix_samples([mixed_round(part(rate), part(5.0))])

    few, many = mix_of([sample(50.0), sample(70.0)]), mix_of([sample(50.0 + i) for i in range(8)])

    assert few.points[0].readers == Estimate(0.6, None, (0.5, 0.7))
    assert many.points[0].readers.ci99 == (0.5, 0.57)
    assert mix_from_json(json.loads(json.dumps(many.to_json()))) == many


def test_a_window_of_a_mix_that_was_disturbed_disturbs_its_round():
    assert mixed_round(part(60.0, on_cpu=0.6, queued=0.4), part(10.0)).disturbed
    assert not mixed_round(part(100.0), part(10.0)).disturbed


# Processes


def process_round(threads, processes, **options):
    """Return a round of one and two threads, and of as many processes, with these rates."""
    one = round_of(window(1, threads[0]), window(2, threads[1]), **options)
    others = {("processes", n): window(n, rate) for n, rate in zip((1, 2), processes, strict=True)}
    return replace(one, others=MappingProxyType(others))


def test_processes_are_measured_against_one_of_their_own():
    found = process_sample([process_round((100.0, 140.0), (90.0, 180.0))])

    assert found.points[2].speedup == pytest.approx(2.0)


def with_processes(threads, processes):
    """Return a measurement in which so many processes found these speedups of two."""

    def sample(speedup):
        ones = {n: PointSample(1.0, s, s, 0.0, 0.0) for n, s in ((1, 1.0), (2, speedup), (4, speedup))}
        return Sample(ones, 5, 0, disturbed=False)

    found = measurement(0.0, speedup=(1.0, threads[0], 1.0))
    beside = processes_of([sample(speedup) for speedup in processes])
    return replace(found, samples=tuple(sample(s) for s in threads), processes=beside)


def test_what_is_to_win_is_told_process_by_process():
    found = with_processes([1.2 + i / 10 for i in range(8)], [1.3 + i / 10 for i in range(8)])

    assert to_win(found, 2).median == pytest.approx(0.1)
    assert to_win(found, 2).ci99 == (pytest.approx(0.1), pytest.approx(0.1))
    assert to_win(found, 3) is None
    assert to_win(measurement(0.0), 2) is None


@pytest.mark.parametrize(
    ("threads", "allowed", "counts"),
    [((1, 2, 4, 8), 4, (1, 2, 4)), ((2, 4), 1, (1, 2)), ((4, 8), 2, (1, 4))],
)
def test_as_many_processes_are_measured_as_the_cpus_serve(threads, allowed, counts):
    assert process_counts(threads, allowed) == counts


# Both


def test_json_form_and_back_loses_nothing():
    mix = mix_of([mix_samples([mixed_round(part(90.0), part(8.0))])] * 8)
    found = with_processes([1.4] * 8, [1.9] * 8)
    found = replace(found, workload=Workload("d[1]", beside="d[1] = 2"), mix=mix)
    form = json.loads(json.dumps(found.to_json()))

    assert Measurement.from_json(form) == found
    assert form["beside"] == "d[1] = 2"


@pytest.fixture
def besides():
    """Return the JSON form of a measurement of 1, 2 and 4 threads with a mix and processes."""
    mixes = [mix_samples([mixed_round(part(90.0), part(8.0))]) for _ in range(8)]
    found = replace(with_processes([1.4] * 8, [1.9] * 8), mix=mix_of(mixes))
    return json.loads(json.dumps(found.to_json()))


def test_what_a_damaged_form_is_made_of_is_whole(besides):
    assert Measurement.from_json(besides).mix is not None


@pytest.mark.parametrize(
    "damage",
    [
        lambda form: form["mix"].update(points=[], samples=[]),
        lambda form: form["mix"].update(samples=[]),
        lambda form: form["mix"]["samples"].pop(),
        lambda form: form["mix"]["samples"][3].clear(),
        lambda form: form["mix"]["points"][0].update(threads=3),
        lambda form: form["mix"].update(points=form["mix"]["points"] * 2),
        lambda form: form["processes"]["samples"].pop(),
        lambda form: form["processes"]["samples"][7]["points"].pop("2"),
        lambda form: form["processes"].update(points=form["processes"]["points"][:1]),
        lambda form: form["processes"]["points"].reverse(),
        lambda form: form["processes"]["points"][1].update(threads=8),
    ],
)
def test_what_was_measured_besides_is_told_to_be_damaged(besides, damage):
    damage(besides)
    with pytest.raises(ValueError, match="this measurement is damaged"):
        Measurement.from_json(besides)


def test_rows_tell_what_was_measured_besides_and_have_the_same_keys():
    mix = mix_of([mix_samples([mixed_round(part(90.0), part(8.0))])] * 8)
    first, second, third = replace(with_processes([1.4] * 8, [1.9] * 8), mix=mix).to_rows()

    assert first.keys() == second.keys() == third.keys()
    assert (second["readers"], second["writer_low"]) == (pytest.approx(0.9), pytest.approx(0.8))
    assert (second["processes"], third["readers"], first["readers"]) == (1.9, None, None)
    assert "readers" not in measurement(0.0).to_rows()[0]


@pytest.mark.parametrize(
    ("workload", "asked"), [(Workload("1", beside="2"), {}), (Workload("1"), {"in_processes": True})]
)
def test_one_thread_has_nothing_beside_it(workload, asked):
    with pytest.raises(ValueError, match="two or more"):
        measure(workload, (1,), **asked)


def test_nothing_more_is_measured_by_default():
    (found, *_) = measure_rounds(Workload("pass").prepare(), Plan((1,), budget=0.1, rounds=1))

    assert dict(found.others) == {}


def test_the_least_side_by_side_of_threads_that_only_queue_is_what_the_gil_leaves_at_most():
    assert least_side_by_side(1.5, most=1.2, threads=2, queued=1.0) == 1.2
    assert least_side_by_side(0.9, most=1.2, threads=2, queued=1.0) == 0.9


def test_the_least_side_by_side_is_the_speedup_where_nobody_was_queued():
    assert least_side_by_side(1.5, 2.0, 2, 0.0) == 1.5
    assert least_side_by_side(1.5, 2.0, 2, 0.25) == pytest.approx(2.0 * (0.75 - 0.25) / 0.75)
    assert least_side_by_side(1.9, 1.25, 2, 0.0) == pytest.approx(1.9)


def test_a_process_tells_the_others_when_it_began():
    cells = memoryview(bytearray(2 * CELLS * 8)).cast("d")
    own, same = (SharedTrack(cells, 1, is_own=is_own) for is_own in (True, False))
    assert same.marks == []

    before = perf_counter()
    own.begin()

    assert len(same.marks) == 1
    assert before <= same.marks[0] <= perf_counter()
