"""Two saved measurements, judged: what is told, with which exit status, and what is refused."""

import json
import random
from dataclasses import replace

import pytest

from antigil.commands import main as cli
from antigil.scaling import GilHeld, Host, Measurement, Workload
from antigil.scaling.measurement import combine
from antigil.scaling.sample import PointSample, Sample

HOST = Host("3.13.0", "CPython", True, 0.005, "a CPU", 4, True)


def measurement(seed, *, speedup=3.8, rate=100.0, held=0.02, processes=8, host=HOST, threads=4):
    """Return a measurement whose processes differ by some per cent, as they do."""
    rng = random.Random(seed)
    samples, shares = [], []
    for _ in range(processes):
        rough = rng.gauss(1.0, 0.01)
        one = PointSample(rate * rng.gauss(1.0, 0.01), 1.0, 1.0, 0.0, 0.0)
        many = PointSample(rate * speedup, speedup * rough, speedup * rough, 0.0, 0.0)
        samples.append(Sample({1: one, threads: many}, 5, 0, False))
        shares.append(GilHeld(max(0.0, held + rng.gauss(0.0, 0.004)), 0.004, 200, 0.001, "switches"))
    pooled = GilHeld(held, 0.002, 200 * processes, 0.001, "switches")
    return Measurement(Workload("f()"), host, combine(samples), tuple(samples), pooled, tuple(shares))


@pytest.fixture
def judge(tmp_path, capsys):
    """Return what judges two measurements, and gives the exit status and what was printed."""

    def compare(before, after):
        for name, one in (("before", before), ("after", after)):
            (tmp_path / f"{name}.json").write_text(json.dumps(one.to_json()))
        status = cli.main(["compare-results", str(tmp_path / "before.json"), str(tmp_path / "after.json")])
        return status, capsys.readouterr()

    return compare


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"speedup": 3.3}, "speedup, 4 threads"),
        ({"rate": 90.0}, "time of one call"),
        ({"held": 0.1}, "GIL held"),
    ],
)
@pytest.mark.parametrize("worse", [True, False])
def test_a_change_is_told_in_its_number_and_direction(judge, changes, row, worse):
    good, bad = measurement(1), measurement(2, **changes)
    status, said = judge(good, bad) if worse else judge(bad, good)
    assert status == (1 if worse else 0)
    assert said.out.startswith("Lost\n" if worse else "Nothing lost; gained\n")
    (line,) = [line for line in said.out.splitlines() if row in line]
    assert line.endswith("lost" if worse else "gained")
    marked = [line for line in said.out.splitlines() if line.endswith(("  lost", "  gained"))]
    assert marked == [line]


def test_of_measurements_of_the_same_code_one_in_a_hundred_at_most_is_told_as_changed(judge):
    told = [judge(measurement(seed), measurement(1_000 + seed))[0] for seed in range(100)]
    assert sum(told) <= 3  # of 100 at 1 %, more than three would come about once in 50 times


def test_what_else_differs_is_told(judge):
    other = replace(HOST, python_version="3.14.0", gil=False, cpu="another", cpus_allowed=8)
    status, said = judge(measurement(1), measurement(2, host=other))
    assert status == 0
    for text in ("Python differs: CPython 3.13.0 (GIL) before", "the CPU differs", "number of CPUs differs"):
        assert f"note: {text}" in said.out or text in said.out
    assert "GIL held" not in said.out.partition("before:")[0], "without a GIL there is nothing to compare"


def test_another_build_whose_gil_was_switched_on_is_told(judge):
    other = replace(HOST, free_threaded=True)
    _, said = judge(measurement(1), measurement(2, host=other))
    assert "Python differs: CPython 3.13.0 (GIL) before, CPython 3.13.0 (free-threaded, GIL) now" in said.out


def test_where_the_modules_of_a_statement_lie_is_no_difference(judge):
    one, other = measurement(1), measurement(2)
    moved = replace(other, workload=replace(other.workload, path=("/another/checkout",)))
    changed = replace(other, workload=replace(other.workload, setup="import zlib"))
    assert "statement differs" not in judge(one, moved)[1].out
    assert "statement differs" in judge(one, changed)[1].out


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (measurement(1, processes=2), measurement(2, processes=2), "too few to show any change"),
        (measurement(1), measurement(2, threads=2), "no thread count above 1 in common"),
        (replace(measurement(1), instrument="8"), measurement(2), "versions 8 and "),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(judge, before, after, said):
    status, printed = judge(before, after)
    assert status == 2
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot read"), ("{", "Expecting"), ("[]", "no measurement"), ("{}", "no measurement")],
)
def test_a_file_that_holds_no_measurement_is_named(tmp_path, capsys, text, said):
    file = tmp_path / "it.json"
    if text is not None:
        file.write_text(text)
    assert cli.main(["compare-results", str(file), str(file)]) == 2
    errors = capsys.readouterr().err
    assert str(file) in errors
    assert said in errors
    assert errors.count("\n") == 1
