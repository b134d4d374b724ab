"""The probe and the sampler are compared, and a difference beyond chance makes a machine unfit."""

import pytest
from marks import needs_gil

from antigil.doctor import second_instrument
from antigil.doctor.calibration import extension_is_built
from antigil.doctor.finding import Level
from antigil.doctor.second_instrument import compare_instruments, judge_agreement
from antigil.scaling import GilHeld, RemoteTraceback
from antigil.where import Share, why_unavailable


def probed(share, error=0.01):
    return GilHeld(share=share, standard_error=error, probes=1000, stall=0.0, method="switches")


def sampled(share, margin=0.02):
    return Share(share, (share - margin, share + margin))


@pytest.mark.parametrize(
    ("by_probe", "by_sampler", "level"),
    [
        (probed(0.25), sampled(0.26), Level.OK),
        (probed(0.25), sampled(0.33), Level.NOTE),
        (probed(0.25), sampled(0.45), Level.BAD),
        (probed(0.25, 0.1), sampled(0.45), Level.OK),
        (probed(0.05), sampled(0.25), Level.BAD),
    ],
)
def test_the_difference_beyond_chance_is_judged(by_probe, by_sampler, level):
    assert judge_agreement(by_probe, by_sampler).level is level


def test_what_both_found_is_told():
    assert "0.250 by the probe, 0.450 by the sampler" in judge_agreement(probed(0.25), sampled(0.45)).says


@needs_gil
@pytest.mark.timing
def test_both_instruments_find_the_share_of_a_kernel(sampler_built):
    """Other programs may disturb them once."""
    found = []
    while len(found) < 2 and (not found or found[-1].level is Level.BAD):
        found += compare_instruments(gil=True, extension=True)

    assert found[-1].level is not Level.BAD, [finding.says for finding in found]


@pytest.fixture
def sampler_built():
    if (reason := why_unavailable()) is not None:
        pytest.skip(reason)
    if not extension_is_built():
        pytest.skip("the C extension is not built")


@pytest.mark.parametrize(("gil", "extension"), [(False, True), (True, False)])
def test_nothing_is_told_where_they_cannot_be_compared(gil, extension):
    assert list(compare_instruments(gil=gil, extension=extension)) == []


@pytest.mark.parametrize(
    ("cause", "raised"), [(RemoteTraceback("Traceback"), None), (None, "can't start new thread")]
)
def test_a_kernel_that_fails_in_its_process_is_told_and_a_crash_here_is_one(monkeypatch, cause, raised):
    def fail(*args, **options):
        raise RuntimeError("can't start new thread") from cause

    monkeypatch.setattr(second_instrument, "why_unavailable", lambda: None)
    monkeypatch.setattr(second_instrument, "measure", fail)
    if raised is None:
        (finding,) = compare_instruments(gil=True, extension=True)
        assert (finding.level, finding.says) == (Level.NOTE, "could not be compared: can't start new thread")
    else:
        with pytest.raises(RuntimeError, match=raised):
            list(compare_instruments(gil=True, extension=True))
