"""Fits that are kept between runs: the same as asv's, cheaper, and found anew where the file is damaged."""

import json
from unittest import mock

import numpy as np
import pytest

from antigil.history import kept_steps
from antigil.history.asv_adapter import stored
from antigil.history.change_detection import detect_steps
from antigil.history.kept_steps import KeptSteps
from antigil.history.series import Environment, Series, State


def series(values, workload="work.One"):
    """Return a series of some numbers, of which NaN is none."""
    numbers = np.array(values, dtype=float)
    states = np.where(np.isnan(numbers), State.FAILED, State.PRESENT).astype(np.uint8)
    spread = 0.004 * (1 + np.arange(len(numbers)) % 3)
    return Series(
        workload, "slowdown", 4, Environment((("machine", "a"),)), np.arange(len(numbers)) * 2,
        numbers, numbers - spread, numbers + spread, states, "b", 2,
    )  # fmt: skip


def steps(*pieces, seed=1, gaps=(), noise=0.005):
    """Return noisy numbers in pieces of a length and a level."""
    random = np.random.default_rng(seed)
    values = np.concatenate([random.normal(level, noise, length) for length, level in pieces])
    values[list(gaps)] = np.nan
    return values


def places(rows):
    return [row[:2] for row in rows]


def asked(file, values):
    """Return the pieces that a run finds, and how many numbers asv has fitted for that."""
    with mock.patch.object(stored, "detect_steps", wraps=stored.detect_steps) as fit:
        source = KeptSteps(file)
        found = source(series(values))
        source.save()
    return found, sum(len(call.args[0]) for call in fit.call_args_list)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "steps.json"


@pytest.mark.parametrize("gaps", [(), (0, 1, 99, 100, 101, 299)])
@pytest.mark.parametrize("pieces", [[(300, 1.0)], [(100, 1.0), (80, 2.0), (120, 1.2)], [(300, 0.0)]])
def test_the_pieces_are_asvs_own(file, pieces, gaps):
    values = steps(*pieces, gaps=gaps)
    expected = detect_steps(series(values))

    assert asked(file, values)[0] == [pytest.approx(row) for row in expected]
    again, fitted = asked(file, values)
    assert again == [pytest.approx(row) for row in expected]
    assert fitted == 0


def test_numbers_at_the_end_cost_a_fit_of_the_newest_ones_only(file):
    values = steps((900, 1.0), (600, 1.5), (40, 1.1))
    asked(file, values[:1500])

    for length in (1501, 1510, 1540):
        found, fitted = asked(file, values[:length])
        assert fitted <= kept_steps.TAIL + length - 1500
        assert places(found) == places(detect_steps(series(values[:length])))


def test_a_history_that_has_grown_is_fitted_as_a_whole_again(file):
    values = steps((1000, 1.0), (51, 1.0))
    asked(file, values[:1000])

    assert asked(file, values[:1050])[1] < 1000
    assert asked(file, values)[1] == 1051


def test_another_number_in_the_past_is_another_series(file):
    values = steps((200, 1.0), (100, 1.5))
    asked(file, values)
    values[10] = 1.2

    found, fitted = asked(file, values)

    assert fitted == 300
    assert found == [pytest.approx(row) for row in detect_steps(series(values))]


def entry(content):
    return next(iter(content["series"].values()))


DAMAGE = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "deep": lambda text: "[" * 100_000,
    "a list": lambda text: "[]",
    "another asv": lambda text: text.replace('"asv": "', '"asv": "9'),
    "other pieces": lambda text: changed(text, starts=[0, 7]),
    "wrong types": lambda text: changed(text, starts={"a": 1}, length="300"),
    "a length below nothing": lambda text: changed(text, length=-1),
    "more than there is": lambda text: changed(text, length=10**9),
    "no digest": lambda text: changed(text, digest=None),
    "more keys": lambda text: changed(text, other=1),
}


def changed(text, **parts):
    content = json.loads(text)
    entry(content).update(parts)
    return json.dumps(content)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_changes_nothing_and_is_made_anew(file, damage):
    values = steps((200, 1.0), (100, 1.5))
    expected, _ = asked(file, values)
    file.write_text(damage(file.read_text()))

    found, fitted = asked(file, values)

    assert found == expected
    assert fitted == 300
    assert asked(file, values) == (expected, 0)


def test_a_folder_that_cannot_be_written_to_is_told_and_costs_nothing_else(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    found, _ = asked(tmp_path / "file" / "steps.json", steps((30, 1.0)))

    assert len(found) == 1
    assert "cannot be kept" in capsys.readouterr().err


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_a_step_stays_as_it_ages_commit_by_commit(file, noise):
    """It leaves the newest numbers one commit at a time, and for a while only few of these lie before it."""
    values = steps((262, 1.0), (258, 1.07), noise=noise, seed=3)

    for length in range(505, 520):
        found, _ = asked(file, values[:length])
        assert len(found) == len(detect_steps(series(values[:length]))) == 2, length
        assert abs(int(found[1][0]) // 2 - 262) < 5


@pytest.mark.parametrize(
    ("before", "after"), [([0, 311], [314]), ([0, 314], [311]), ([0, 240, 260], [243, 258])]
)
def test_a_step_that_two_fits_see_a_few_numbers_apart_is_one(before, after):
    seam = kept_steps._seam(before, after, 200, 325)

    kept, new = [one for one in before if one <= seam], [one for one in after if one > seam]
    assert len(kept + new) == len(before)
