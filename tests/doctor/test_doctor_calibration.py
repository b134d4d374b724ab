"""What ``antigil doctor`` makes of its calibration, from made-up measurements."""

import pytest
from made_up import measured

from antigil.doctor import calibration
from antigil.doctor.finding import Level


def judged(releasing=None, holding=None, *, cores=2):
    """Return what a calibration means by subject and kernel; by default its answers are the known ones."""
    releasing = releasing or measured(2, [2.0] * 8)
    holding = holding or measured(2, [1.0] * 8, held=1.0, waiting=0.5)
    both = calibration.Calibration(releasing, holding, ("sem", "com"))
    return {
        f"{one.subject} {'com' if ' com' in one.says else 'sem' if ' sem' in one.says else ''}".strip(): one
        for one in calibration.judge_calibration(both, cores)
    }


def test_known_answers_found_are_all_right():
    assert {name: one.level for name, one in judged().items()} == dict.fromkeys(
        [
            "held share sem",
            "waiting sem",
            "speedup sem",
            "held share com",
            "waiting com",
            "speedup com",
            "spread",
            "disturbed rounds",
        ],
        Level.OK,
    )


@pytest.mark.parametrize(
    ("changed", "subject", "level", "words"),
    [
        ({"releasing": measured(2, [1.85] * 8, inflation=1.08)}, "speedup sem", Level.NOTE, "inflation"),
        ({"releasing": measured(2, [1.2] * 8, queued=0.4)}, "speedup sem", Level.BAD, "queued): 40%"),
        ({"releasing": measured(2, [2.6] * 8)}, "speedup sem", Level.BAD, "more than there can be"),
        ({"releasing": measured(2, [2.0] * 8, held=0.08)}, "held share sem", Level.NOTE, "in truth 0"),
        ({"releasing": measured(2, [2.0] * 8, held=0.2)}, "held share sem", Level.BAD, "verdicts are off"),
        ({"releasing": measured(2, [2.0] * 8, waiting=0.4)}, "waiting sem", Level.BAD, "in truth 0.00"),
        (
            {"holding": measured(2, [1.0] * 8, held=0.0, waiting=0.5)},
            "held share com",
            Level.BAD,
            "in truth 1",
        ),
        ({"holding": measured(2, [1.0] * 8, held=1.0)}, "waiting com", Level.BAD, "in truth 0.50"),
        ({"holding": measured(2, [1.5] * 8, held=1.0, waiting=0.5)}, "speedup com", Level.BAD, "in truth 1"),
        ({"releasing": measured(2, [1.8, 1.9, 2.0, 2.1] * 2)}, "spread", Level.NOTE, "8 processes"),
        ({"releasing": measured(2, [1.2, 1.6, 2.0, 2.4] * 2)}, "spread", Level.BAD, "more time"),
        ({"releasing": measured(2, [2.0] * 8, dropped=40)}, "disturbed rounds", Level.NOTE, "40 of 120"),
        ({"releasing": measured(2, [2.0] * 8, disturbed=True)}, "disturbed rounds", Level.NOTE, "too many"),
        ({"releasing": measured(2, [2.0] * 8, steal=0.05)}, "steal under load", Level.NOTE, "5.0%"),
        ({"releasing": measured(2, [2.0] * 8, steal=0.3)}, "steal under load", Level.BAD, "30.0%"),
    ],
)
def test_answer_that_is_off_is_found(changed, subject, level, words):
    finding = judged(**changed)[subject]

    assert finding.level is level
    assert words in f"{finding.says} {finding.means}"


def test_one_process_tells_nothing_of_how_much_they_differ():
    """As on a machine so busy that no second one could be measured in the time."""
    assert judged(measured(2, [2.0]))["spread"].level is Level.NOTE


def test_hardware_threads_are_not_owed_as_much_as_cores():
    four = measured(4, [2.6] * 8, allowed=4)

    assert judged(four, cores=4)["speedup sem"].level is Level.BAD
    assert judged(four, cores=2)["speedup sem"].level is Level.OK


def test_without_a_gil_both_kernels_owe_the_full_speedup():
    free = measured(2, [2.0] * 8, gil=False)
    serial = measured(2, [1.0] * 8, gil=False, waiting=0.5)

    assert {one.level for one in judged(free, free).values()} == {Level.OK}
    assert judged(free, serial)["speedup com"].level is Level.BAD
    assert judged(free, serial)["waiting com"].level is Level.BAD


def test_on_one_cpu_held_share_and_waiting_are_judged_and_speedup_is_not():
    findings = judged(
        measured(2, [1.0] * 8, allowed=1, queued=0.5),
        measured(2, [1.0] * 8, allowed=1, held=1.0, waiting=0.5),
        cores=1,
    )

    assert {name: one.level for name, one in findings.items()} == dict.fromkeys(
        ["held share sem", "waiting sem", "held share com", "waiting com", "disturbed rounds"], Level.OK
    )


def test_waiting_that_includes_queueing_is_a_note_and_no_fault():
    releasing = measured(2, [1.0] * 8, allowed=1, waiting=0.5, queue_measured=False)

    assert judged(releasing, cores=1)["waiting sem"].level is Level.NOTE


def test_kernels_are_the_c_extensions_or_the_standard_librarys():
    assert list(calibration.workloads(extension=True)) == [
        "antigil.calcular_sem_gil",
        "antigil.calcular_com_gil",
    ]
    assert list(calibration.workloads(extension=False)) == ["hashlib.sha256", "a pure-Python loop"]


@pytest.mark.parametrize(
    ("allowed", "gil", "asked"),
    [(1, True, [2, 2]), (2, True, [2, 2]), (16, True, [16, 4]), (16, False, [16, 16])],
)
def test_calibration_asks_for_as_many_threads_as_there_are_cpus(monkeypatch, allowed, gil, asked):
    counts = []

    def measure(workload, thread_counts, *, budget, on_process):
        counts.append(thread_counts)
        on_process(8, 8)
        return measured(2, [2.0] * 8)

    progress = []
    monkeypatch.setattr(calibration, "measure", measure)
    calibration.calibrate(
        allowed, gil=gil, extension=False, on_process=lambda done, of: progress.append((done, of))
    )

    assert counts == [(1, n) for n in asked]
    assert progress == [(8, 16), (16, 16)]
