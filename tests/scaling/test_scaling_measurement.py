"""Samples become medians, intervals and points, and a measurement its JSON form."""

import json
import sys
from dataclasses import asdict, replace
from itertools import product
from math import isnan

import pytest
from fakes import round_of, window

from antigil.scaling import Cut, Estimate, GilHeld, Measurement, Workload, measure, measure_function
from antigil.scaling.experiment import StealMeter
from antigil.scaling.measurement import combine
from antigil.scaling.sample import PointSample, Sample, median_interval, sample_of, under_ceiling


@pytest.fixture(scope="module")
def measured():
    """Return a short measurement in fresh processes."""
    workload = Workload("add(range(n))", "add, count = sum, 20_000", "n = count + thread")
    return measure(workload, (1, 2), budget=0.6, processes=2, rounds=1)


def coverage(m, k):
    """Return how likely the median lies between the k-th smallest and largest: by counting all cases."""
    inside = sum(k <= sum(above) <= m - k for above in product((0, 1), repeat=m))
    return inside / 2**m


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("m", range(1, 14))
def test_the_interval_of_a_median_is_the_narrowest_that_covers_it(m, confidence):
    """A value lies above the median or below, like the toss of a coin."""
    enough = [k for k in range(1, m // 2 + 1) if coverage(m, k) >= confidence]
    expected = (max(enough), m + 1 - max(enough)) if enough else None
    assert median_interval(range(m, 0, -1), confidence) == expected


def test_eight_samples_are_the_fewest_for_99_percent():
    assert median_interval(range(7), 0.99) is None
    assert median_interval(range(8), 0.99) == (0, 7)


def test_an_estimate_is_the_median_and_its_interval():
    assert Estimate.of([3.0, 1.0, 2.0]) == Estimate(2.0, None, (1.0, 3.0))
    assert Estimate.of([float(i) for i in range(9)]) == Estimate(4.0, (0.0, 8.0))


def test_a_sample_is_made_of_medians_over_rounds():
    rates = (150.0, 180.0, 190.0)
    done = [
        round_of(window(1, 100.0), window(2, rate, on_cpu=share, queued=0.01))
        for rate, share in zip(rates, (0.7, 0.9, 0.8), strict=True)
    ]
    found = sample_of(done)
    assert (found.rounds, found.dropped, found.disturbed) == (3, 0, False)
    assert found.points[1] == PointSample(100.0, 1.0, 1.0, 0.0, 0.0)
    assert found.points[2].rate == 180.0
    assert found.points[2].raw_speedup == 1.8
    assert found.points[2].speedup == pytest.approx(1.8 / (1 - 0.01 / (1 - 0.09)))
    assert (found.points[2].waiting, found.points[2].queued) == pytest.approx((0.19, 0.01))


def test_a_sample_tells_of_rounds_left_out():
    calm = round_of(window(1, 100.0), window(2, 200.0))
    disturbed = round_of(window(1, 100.0), window(2, 100.0, on_cpu=0.5, queued=0.5))
    found = sample_of([calm, disturbed, calm])
    assert (found.rounds, found.dropped, found.disturbed) == (2, 1, False)
    assert found.points[2].raw_speedup == 2.0


def sample(speedup, *, waiting=0.0, queued=0.0, disturbed=False):
    one = PointSample(100.0, 1.0, 1.0, 0.0, 0.0)
    two = PointSample(100.0 * speedup, speedup, speedup, waiting, queued)
    return Sample({1: one, 2: two}, rounds=3, dropped=1, disturbed=disturbed)


def test_points_are_medians_over_samples():
    one, two = combine([sample(1.0 + i / 10, waiting=0.2) for i in range(9)])
    assert (one.threads, two.threads) == (1, 2)
    assert two.speedup == two.raw_speedup == Estimate(1.4, (1.0, 1.8))
    assert two.rate == pytest.approx(140.0)
    assert two.efficiency == 0.7
    assert (two.rounds, two.dropped, two.disturbed) == (27, 9, False)
    assert two.inflation == pytest.approx(2 * 0.8 / 1.4)


def test_one_disturbed_sample_makes_the_points_disturbed():
    assert [p.disturbed for p in combine([sample(1.0), sample(1.0, disturbed=True)])] == [True, True]


def test_a_clock_that_sees_no_cpu_time_leaves_the_inflation_untold(measured):
    """Of a workload that only sleeps, by the coarse clock of Windows. JSON knows no NaN."""
    idle = PointSample(100.0, 1.0, 1.0, waiting=1.0, queued=0.0)
    two = PointSample(200.0, 2.0, 2.0, waiting=1.0, queued=0.0)
    samples = (Sample({1: idle, 2: two}, 1, 0, False),)
    points = combine(samples)
    assert all(isnan(point.inflation) for point in points)
    form = replace(measured, points=points, samples=samples).to_json()
    assert [point["inflation"] for point in form["points"]] == [None, None]


@pytest.mark.parametrize(
    ("of_two", "inflation"),
    [
        (sample(1.2, waiting=0.3, queued=0.1), 1.0),
        (sample(1.25, waiting=0.25), 1.2),
        (sample(0.8, queued=0.5), 1.25),
        (sample(2.5), 0.8),
    ],
)
def test_the_inflation_is_a_calls_cpu_time_beside_another_thread_over_that_of_a_thread_alone(
    of_two, inflation
):
    assert combine([of_two])[1].inflation == pytest.approx(inflation)


def test_the_json_form_is_plain_and_complete(measured):
    form = measured.to_json()
    assert json.loads(json.dumps(form, allow_nan=False)) == form
    assert form["schema"] == "antigil.measurement/2"
    assert (form["statement"], form["setup"]) == ("add(range(n))", "add, count = sum, 20_000")
    assert form["thread_setup"] == "n = count + thread"
    python = {"version", "implementation", "gil", "free_threaded", "gil_forced", "switch_interval"}
    assert set(form["python"]) == python
    assert set(form["machine"]) == {"cpu", "cpus_allowed", "cores_alike", "quota", "queue_measured", "steal"}
    point = form["points"][1]
    assert point["threads"] == 2
    assert point["speedup"]["median"] == measured.point(2).speedup.median
    assert point["efficiency"] == measured.point(2).efficiency
    assert point["own_on_cpu"] == measured.point(2).own_on_cpu
    assert point["samples"] == [one.points[2].speedup for one in measured.samples]
    assert set(asdict(measured.point(2))) < set(point)
    assert form["gil_held"]["samples"] == [one.share for one in measured.gil_samples]
    ceilings = measured.gil_held.ceilings  # none without a GIL
    assert form["ceiling"] == (None if ceilings is None else list(ceilings))
    assert form["stall"] == measured.gil_held.stall


def test_the_json_form_leads_back_to_the_same_measurement(measured):
    text = json.dumps(measured.to_json(), allow_nan=False)
    assert Measurement.from_json(json.loads(text)) == measured


@pytest.mark.parametrize(
    "changes",
    [
        {"steal": None, "cut": Cut(8, 40.5)},
        {"steal": 0.25, "gil_samples": ()},
        {"workload": Workload("a", "b\n'c'", "d", ("/e",), "f")},
    ],
)
def test_what_is_seldom_there_survives_the_json_form(measured, changes):
    changed = replace(measured, **changes)
    assert Measurement.from_json(json.loads(json.dumps(changed.to_json()))) == changed


def test_a_measured_function_keeps_all_but_the_function():
    measured = measure_function(lambda: sum(range(20_000)), (1, 2), budget=0.5, rounds=3)
    form = json.loads(json.dumps(measured.to_json()))
    assert Measurement.from_json(form).to_json() == form
    assert Measurement.from_json(form).points == measured.points


@pytest.mark.parametrize(
    "form", [{}, [], None, {"schema": "antigil.comparison/1"}, {"schema": "antigil.measurement/9"}]
)
def test_another_form_is_refused_by_what_it_is(form):
    with pytest.raises(ValueError, match="this is no measurement of this version"):
        Measurement.from_json(form)


@pytest.mark.parametrize("key", ["points", "samples", "gil_held", "machine", "python", "statement"])
@pytest.mark.parametrize("value", [None, 7, [[]]])
def test_a_damaged_form_is_told(measured, key, value):
    form = measured.to_json() | {key: value}
    if key == "statement":
        del form[key]
    with pytest.raises(ValueError, match="this measurement is damaged"):
        Measurement.from_json(form)


def test_rows_are_flat_one_for_each_thread_count(measured):
    rows = measured.to_rows()
    assert [row["threads"] for row in rows] == [point.threads for point in measured.points]
    assert [row["speedup"] for row in rows] == [point.speedup.median for point in measured.points]
    assert all(isinstance(value, float | int | None) for row in rows for value in row.values())


def test_a_thread_count_that_was_not_measured_is_a_key_error(measured):
    with pytest.raises(KeyError, match="3"):
        measured.point(3)


def test_steal_is_the_share_of_all_cpu_time(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 2 3\n")
    meter = StealMeter(stat)
    stat.write_text("cpu  150 0 100 720 0 0 0 130 0 0\ncpu0 1 2 3\n")
    assert meter.share() == 0.3


def test_steal_is_not_told_where_there_is_no_such_file(tmp_path):
    assert StealMeter(tmp_path / "stat").share() is None


def test_no_time_passed_is_no_steal(tmp_path):
    (tmp_path / "stat").write_text("cpu  1 2 3 4 5 6 7 8 9 10\n")
    assert StealMeter(tmp_path / "stat").share() == 0.0


@pytest.mark.parametrize(("disturbed", "reported"), [(True, 1.3), (False, 1.8)])
def test_only_a_disturbed_speedup_is_held_under_the_ceiling(disturbed, reported):
    one, two = PointSample(10.0, 1.0, 1.0, 0.0, 0.5), PointSample(18.0, 1.8, 1.1, 0.3, 0.5)
    sample = Sample({1: one, 2: two}, rounds=3, dropped=0, disturbed=disturbed)
    assert under_ceiling(sample, (1.2, 1.3)).points[2].speedup == reported
    assert under_ceiling(sample, (1.2, None)) == under_ceiling(sample, None) == sample


def test_a_function_measured_beside_others_is_held_under_the_ceiling(monkeypatch):
    module = sys.modules["antigil.scaling.experiment"]
    rounds = (round_of(window(1, 100.0), window(2, 110.0, on_cpu=0.6, queued=0.4)),) * 8
    assert rounds[0].queue_free_speedup(2) > 1.8
    monkeypatch.setattr(module, "measure_rounds", lambda *plan: rounds)
    held = GilHeld(0.8, 0.01, 400, 0.005, "switches")
    monkeypatch.setattr(module, "probe_gil", lambda *seconds, **options: held)
    found = measure_function(int, (1, 2)).point(2).speedup
    assert (found.ci99, found.median) == (held.ceilings, held.ceilings[1])


@pytest.mark.parametrize(
    ("speedups", "low"), [((1.9, 1.6, 1.7), 1.25), ((1.9, 1.2, 1.7), 1.2), ((1.9, 1.3, 1.7), 1.3)]
)
def test_where_all_of_several_processes_exceed_the_ceiling_its_interval_is_what_is_known(speedups, low):
    one = PointSample(10.0, 1.0, 1.0, 0.0, 0.5)
    samples = [
        Sample({1: one, 2: PointSample(18.0, s, 1.1, 0.3, 0.5)}, rounds=3, dropped=0, disturbed=True)
        for s in speedups
    ]
    points = combine([under_ceiling(sample, (1.25, 1.4)) for sample in samples], (1.25, 1.4))
    assert points[1].speedup.bounds == (low, 1.4)


def test_no_disturbed_speedup_exceeds_the_threads():
    one, two = PointSample(10.0, 1.0, 1.0, 0.0, 0.5), PointSample(18.0, 2.9, 1.1, 0.0, 0.5)
    sample = Sample({1: one, 2: two}, rounds=3, dropped=0, disturbed=True)
    assert under_ceiling(sample, None).points[2].speedup == 2


def test_a_speedup_that_was_cut_keeps_what_it_was():
    one, two = PointSample(10.0, 1.0, 1.0, 0.0, 0.5), PointSample(18.0, 2.9, 1.1, 0.0, 0.5)
    points = under_ceiling(Sample({1: one, 2: two}, 3, 0, disturbed=True), None).points
    assert [point.uncut for point in points.values()] == [None, 2.9]
