"""What ``antigil doctor`` makes of what it read: a made-up machine for each finding."""

from dataclasses import replace

import pytest
from made_up import QUIET_MACHINE

from antigil.commands import doctor as command
from antigil.doctor import checks
from antigil.doctor.finding import Level, level_of
from antigil.doctor.readers import Activity


def found(subject, **changed):
    """Return the finding on a subject for the quiet machine with some facts changed."""
    (finding,) = [
        one for one in checks.judge_facts(replace(QUIET_MACHINE, **changed)) if one.subject == subject
    ]
    return finding


def test_nothing_is_wrong_with_a_quiet_machine():
    findings = list(checks.judge_facts(QUIET_MACHINE))

    assert {finding.level for finding in findings} == {Level.OK}
    assert command.fitness(QUIET_MACHINE, findings, calibrated=True) == (
        "FIT to measure on, up to 4 threads at once."
    )


def load(busy, programs=()):
    return {"activity": Activity(busy=busy, stolen=0.0, programs=programs)}


@pytest.mark.parametrize(
    ("subject", "changed", "level", "words"),
    [
        ("CPUs", {"cpus": (0, 1)}, Level.NOTE, "2 of 4 may be used"),
        ("CPUs", {"quota": 2.5}, Level.NOTE, "2 of 4 may be used"),
        ("CPUs", {"cpus": (3,)}, Level.NOTE, "no speedup can be seen here"),
        ("CPUs", {"cpus": (3,)}, Level.NOTE, "held share, waiting and verdict need no more than one CPU"),
        ("quota", {"quota": 8.0}, Level.OK, "8 CPUs"),
        ("quota", {"quota": 2.5}, Level.NOTE, "if more than 2 run at once"),
        ("quota", {"quota": 0.5}, Level.BAD, "at least one whole CPU"),
        ("cores", {"cores": (2, 0)}, Level.NOTE, "4 CPUs are hardware threads of 2 physical cores"),
        ("cores", {"cores": (4, 1)}, Level.NOTE, "1 of 4 physical cores have hardware threads that others"),
        ("cores", {"cores_alike": 2}, Level.NOTE, "2 of 4 physical cores are of the fastest kind"),
        ("cores", {"cores": None, "system": "Darwin"}, Level.NOTE, "Darwin does not say"),
        ("load", load(0.1), Level.OK, "0.10 of 4 CPUs, load average 0.10"),
        ("load", load(1.0, (("make", 0.9), ("sh", 0.1))), Level.NOTE, "(make 0.90, sh 0.10)"),
        ("load", load(3.9), Level.BAD, "hardly a CPU is free"),
        ("load", {"load_average": 3.0}, Level.NOTE, "quiet now"),
        ("steal", {"activity": Activity(0.0, 0.05, ())}, Level.NOTE, "took 5.0% just now"),
        ("steal", {"activity": Activity(0.0, 0.2, ())}, Level.BAD, "cannot be taken out"),
        ("steal", {"stolen_since_start": 0.05}, Level.NOTE, "5.0% since the start"),
        ("frequency governor", {"governors": ("powersave",)}, Level.NOTE, "cpupower"),
        ("frequency governor", {"governors": (), "virtual": True}, Level.NOTE, "in this virtual machine"),
        ("turbo", {"turbo": True}, Level.NOTE, "no_turbo"),
        ("turbo", {"turbo": None, "system": "Windows"}, Level.NOTE, "cannot be read on this Windows"),
        ("GIL", {"gil": False, "free_threaded_build": True}, Level.OK, "disabled"),
        ("GIL", {"free_threaded_build": True}, Level.NOTE, "PYTHON_GIL"),
        ("switch interval", {"switch_interval": 0.1}, Level.NOTE, "100 ms, not the usual 5 ms"),
        ("queueing", {"queue_measured": False, "system": "Darwin"}, Level.NOTE, "or on Linux"),
        ("context switches", {"switches_counted": None}, Level.NOTE, "no hold below 1 ms"),
        ("context switches", {"switches_counted": False}, Level.NOTE, "outside this sandbox"),
        ("time slices", {"short_turns": False}, Level.NOTE, "unseen by antigil where"),
        (
            "time slices",
            {"short_turns": False, "cpus": (3,)},
            Level.NOTE,
            "may go unseen measure",
        ),
        ("time slices", {"short_turns": False, "system": "Darwin"}, Level.OK, "on this Darwin"),
        ("threads", {"short_turns": None}, Level.BAD, "nothing can be measured here raise the limit"),
    ],
)
def test_each_fact_has_its_level_its_meaning_and_what_to_do(subject, changed, level, words):
    finding = found(subject, **changed)

    assert finding.level is level
    assert words in " ".join([finding.says, finding.means, finding.to_do])


def test_load_on_cpus_that_a_quota_keeps_from_us_is_in_nobodys_way():
    assert found("load", **load(2.0), quota=2.0).level is Level.OK
    assert found("load", **load(3.0), quota=2.0).level is Level.NOTE


def test_load_average_stands_in_where_the_cpus_clocks_cannot_be_read():
    unread = {"activity": Activity(None, None, ()), "system": "Darwin"}

    assert found("load", **unread).level is Level.OK
    assert found("load", **unread, load_average=3.0).level is Level.NOTE
    assert found("load", **unread, load_average=None).says == "cannot be read on Darwin"
    assert found("steal", **unread).says == "cannot be read on Darwin"


def test_what_cannot_be_read_makes_no_machine_unfit():
    """So macOS and Windows are judged by their calibration."""
    bare = replace(
        QUIET_MACHINE,
        system="Windows",
        cores=None,
        activity=Activity(None, None, ()),
        load_average=None,
        stolen_since_start=None,
        governors=(),
        turbo=None,
        queue_measured=False,
        switches_counted=None,
        short_turns=False,
    )

    assert command.is_fit(list(checks.judge_facts(bare)))


@pytest.mark.parametrize(
    ("value", "level"), [(0.1, Level.OK), (0.11, Level.NOTE), (0.2, Level.NOTE), (0.21, Level.BAD)]
)
def test_level_changes_beyond_its_thresholds(value, level):
    assert level_of(value, 0.1, 0.2) is level
