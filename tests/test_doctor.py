"""``antigil doctor``: made-up machines for each finding, and the real command once."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from antigil import cli
from antigil.doctor import calibration, command, machine, readers
from antigil.doctor.facts import Facts
from antigil.doctor.finding import Finding, Level, level_of
from antigil.doctor.readers import Activity
from antigil.scaling import Estimate, GilHeld, Measurement, MeasurementError, Point, Sample, Surroundings
from antigil.scaling.measurement import PointSample

STAT = """\
cpu  400 0 0 1400 0 0 0 200 0 0
cpu0 200 0 0 700 0 0 0 100 0 0
cpu1 200 0 0 700 0 0 0 100 0 0
intr 5 0
"""

QUIET_MACHINE = Facts(
    system="Linux",
    virtual=False,
    cpu="a CPU",
    cpus_online=4,
    cpus=(0, 1, 2, 3),
    quota=None,
    cores=(4, 0),
    activity=Activity(busy=0.01, stolen=0.0, programs=(("idler", 0.01),)),
    load_average=0.1,
    stolen_since_start=0.0,
    governors=("performance",),
    turbo=False,
    implementation="CPython",
    python_version="3.11.7",
    free_threaded_build=False,
    gil=True,
    switch_interval=0.005,
    queue_measured=True,
    switches_counted=True,
)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# What is read


@pytest.mark.parametrize(
    ("text", "cpus"), [("0-3\n", (0, 1, 2, 3)), ("0,4", (0, 4)), ("0-1,8-9,12", (0, 1, 8, 9, 12)), ("", ())]
)
def test_cpu_lists_are_read_as_the_kernel_writes_them(text, cpus):
    assert readers.cpu_list(text) == cpus


def test_cpus_online_are_those_of_the_machine_and_not_of_the_process(tmp_path):
    write(tmp_path / "online", "0-63\n")

    assert readers.cpus_online(tmp_path) == 64


def test_busy_excludes_idle_and_waiting_for_a_disk(tmp_path):
    write(tmp_path / "stat", "cpu0 10 20 30 400 500 6 7 8 9 9\n")

    assert readers.cpu_clocks(tmp_path) == {0: readers.CpuClock(total=981, busy=81, stolen=8)}


def test_steal_since_start_is_a_share_of_all_time(tmp_path):
    write(tmp_path / "stat", STAT)

    assert readers.stolen_since_start(tmp_path) == 0.1


def test_watching_tells_who_used_the_cpus_meanwhile(tmp_path):
    def program(pid, name, user, system):
        write(tmp_path / str(pid) / "stat", f"{pid} ({name}) R 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0")

    def a_second_passes(seconds):
        assert seconds == 1.0
        write(tmp_path / "stat", "cpu0 250 0 0 745 0 0 0 105 0 0\ncpu1 300 0 0 700 0 0 0 100 0 0\n")
        program(7, "compile (x) y", 140, 10)
        program(9, "editor", 5, 1)

    write(tmp_path / "stat", STAT)
    program(7, "compile (x) y", 60, 10)
    program(9, "editor", 5, 1)

    seen = readers.watch((0, 1), proc=tmp_path, sleep=a_second_passes)

    assert seen.busy == pytest.approx(1.55)
    assert seen.stolen == pytest.approx(0.025)
    assert seen.programs == (("compile (x) y", 0.8),)


def test_cpus_that_are_not_ours_are_not_watched(tmp_path):
    def a_second_passes(seconds):
        write(tmp_path / "stat", "cpu0 200 0 0 800 0 0 0 100 0 0\ncpu1 300 0 0 700 0 0 0 100 0 0\n")

    write(tmp_path / "stat", STAT)

    assert readers.watch((0,), proc=tmp_path, sleep=a_second_passes).busy == 0


def test_load_average_is_that_of_the_last_minute(tmp_path):
    write(tmp_path / "loadavg", "3.47 3.17 2.43 4/143 23060\n")

    assert readers.load_average(tmp_path) == 3.47


def test_governors_are_those_of_our_cpus_each_once(tmp_path):
    for cpu, name in enumerate(["powersave", "powersave", "performance"]):
        write(tmp_path / f"cpu{cpu}" / "cpufreq" / "scaling_governor", f"{name}\n")

    assert readers.governors((0, 1), tmp_path) == ("powersave",)
    assert readers.governors((0, 1, 2), tmp_path) == ("performance", "powersave")


@pytest.mark.parametrize(
    ("name", "text", "on"),
    [
        ("intel_pstate/no_turbo", "0\n", True),
        ("intel_pstate/no_turbo", "1\n", False),
        ("cpufreq/boost", "1\n", True),
        ("cpufreq/boost", "0\n", False),
    ],
)
def test_turbo_is_read_where_either_driver_tells_it(tmp_path, name, text, on):
    write(tmp_path / name, text)

    assert readers.turbo(tmp_path) is on


@pytest.mark.parametrize(("flags", "virtual"), [("fpu hypervisor sse", True), ("fpu sse", False)])
def test_virtual_machine_is_known_by_the_cpus_flag(tmp_path, flags, virtual):
    write(tmp_path / "cpuinfo", f"processor\t: 0\nmodel name\t: x hypervisor\nflags\t\t: {flags}\n")

    assert readers.in_virtual_machine(tmp_path) is virtual


@pytest.mark.parametrize(
    ("siblings", "cpus", "cores"),
    [
        (["0", "1"], (0, 1), (2, 0)),
        (["0,1", "0,1"], (0, 1), (1, 0)),
        (["0-1", "0-1", "2-3", "2-3"], (0, 2), (2, 2)),
        (["0-1", "0-1", "2-3", "2-3"], (0, 1, 2), (2, 1)),
    ],
)
def test_cores_are_counted_by_their_hardware_threads(tmp_path, siblings, cpus, cores):
    for cpu, text in enumerate(siblings):
        write(tmp_path / f"cpu{cpu}" / "topology" / "thread_siblings_list", f"{text}\n")

    assert readers.physical_cores(cpus, tmp_path) == cores


def test_system_that_tells_nothing_is_no_error(tmp_path):
    """As on macOS and Windows, and in sandboxes without /proc and /sys."""
    nothing = tmp_path / "nothing"

    assert readers.cpus_online(nothing) >= 1
    assert readers.cpu_clocks(nothing) == {}
    assert readers.program_ticks(nothing) == {}
    assert readers.watch((0, 1), proc=nothing, sleep=lambda seconds: None) == Activity(None, None, ())
    assert readers.stolen_since_start(nothing) is None
    assert readers.governors((0, 1), nothing) == ()
    assert readers.turbo(nothing) is None
    assert not readers.in_virtual_machine(nothing)
    assert readers.physical_cores((0, 1), nothing) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a thread's context switches")
def test_count_of_context_switches_that_stands_still_is_found_out():
    assert readers.context_switches_counted() is True
    assert readers.context_switches_counted(pause=lambda: None) is False


# What it means


def found(subject, **changed):
    """Return the finding on a subject for the quiet machine with some facts changed."""
    (finding,) = [one for one in machine.judge(replace(QUIET_MACHINE, **changed)) if one.subject == subject]
    return finding


def test_nothing_is_wrong_with_a_quiet_machine():
    findings = list(machine.judge(QUIET_MACHINE))

    assert {finding.level for finding in findings} == {Level.OK}
    assert command.verdict(QUIET_MACHINE, findings, calibrated=True) == (
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
        ("quota", {"quota": 2.5}, Level.NOTE, "2 thread(s) run freely"),
        ("quota", {"quota": 0.5}, Level.BAD, "at least one whole CPU"),
        ("cores", {"cores": (2, 0)}, Level.NOTE, "4 CPUs are hardware threads of 2 physical cores"),
        ("cores", {"cores": (4, 1)}, Level.NOTE, "1 of 4 physical cores have hardware threads that others"),
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
        ("context switches", {"switches_counted": False}, Level.BAD, "everything seems to release it"),
    ],
)
def test_each_fact_has_its_level_its_meaning_and_what_to_do(subject, changed, level, words):
    finding = found(subject, **changed)

    assert finding.level is level
    assert words in " ".join([finding.says, finding.means, finding.todo])


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
    )

    assert command.is_fit(list(machine.judge(bare)))


@pytest.mark.parametrize(
    ("value", "level"), [(0.1, Level.OK), (0.11, Level.NOTE), (0.2, Level.NOTE), (0.21, Level.BAD)]
)
def test_level_changes_beyond_its_thresholds(value, level):
    assert level_of(value, 0.1, 0.2) is level


# Calibration


def measured(
    threads,
    speedups,
    *,
    held=0.0,
    waiting=0.0,
    inflation=1.0,
    queued=0.0,
    dropped=0,
    disturbed=False,
    allowed=2,
    gil=True,
    steal=0.0,
    queue_measured=True,
):
    """Return a measurement of one kernel with these figures."""
    middle = Estimate.of(speedups)
    one = Point(1, 100.0, Estimate.of([1.0]), Estimate.of([1.0]), 0.0, 0.0, 1.0, 40, dropped, disturbed)
    last = Point(threads, 100.0, middle, middle, waiting, queued, inflation, 40, dropped, disturbed)
    samples = tuple(
        Sample({1: PointSample(100.0, 1.0, 1.0, 0, 0), threads: PointSample(100.0, s, s, 0, 0)}, 5, 0, False)
        for s in speedups
    )
    probe = GilHeld(held, 0.01, 400, 0.0, "switches")
    where = Surroundings("3.11.7", "CPython", gil, 0.005, "a CPU", allowed, queue_measured)
    workload = calibration.workloads(extension=False)["a pure-Python loop"]
    return Measurement(workload, where, (one, last), samples, probe, (probe,), steal)


def judged(releasing=None, holding=None, *, cores=2):
    """Return what a calibration means by subject and kernel; by default its answers are the known ones."""
    releasing = releasing or measured(2, [2.0] * 8)
    holding = holding or measured(2, [1.0] * 8, held=1.0, waiting=0.5)
    both = calibration.Calibration(releasing, holding, ("sem", "com"))
    return {
        f"{one.subject} {'com' if ' com' in one.says else 'sem' if ' sem' in one.says else ''}".strip(): one
        for one in calibration.judge(both, cores)
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


# The command


@pytest.fixture
def on(monkeypatch):
    """Put a made-up machine, and a made-up calibration, in the place of this one."""

    def install(facts, releasing=None):
        both = calibration.Calibration(
            releasing or measured(2, [2.0] * 8),
            measured(2, [1.0] * 8, held=1.0, waiting=0.5),
            ("sem", "com"),
        )
        monkeypatch.setattr(Facts, "gather", lambda: facts)
        monkeypatch.setattr(calibration, "calibrate", lambda *args, **options: both)

    return install


ONE_CPU = replace(QUIET_MACHINE, cpus=(0,), cores=(1, 0))


@pytest.mark.parametrize(
    ("facts", "releasing", "argv", "status", "last"),
    [
        (QUIET_MACHINE, None, [], 0, "FIT to measure on, up to 4 threads at once."),
        (
            QUIET_MACHINE,
            None,
            ["--no-calibration"],
            0,
            "FIT to measure on, up to 4 threads at once, as far as can be told without calibration.",
        ),
        (
            ONE_CPU,
            measured(2, [1.0] * 8, allowed=1),
            [],
            0,
            "FIT for held shares, waiting and verdicts, not for speedups (one CPU); mind the 1 note above.",
        ),
        (
            replace(QUIET_MACHINE, switches_counted=False, quota=0.5),
            None,
            ["--no-calibration"],
            1,
            "NOT FIT: measurements here would mislead (quota, context switches).",
        ),
        (
            QUIET_MACHINE,
            measured(2, [1.2] * 8),
            [],
            1,
            "NOT FIT: measurements here would mislead (speedup).",
        ),
    ],
)
def test_last_line_is_the_verdict_and_the_exit_status_says_the_same(
    on, capsys, facts, releasing, argv, status, last
):
    on(facts, releasing)

    assert cli.main(["doctor", *argv]) == status
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == last
    assert err == ""


def test_finding_is_a_line_with_its_meaning_and_what_to_do_below():
    finding = Finding(Level.BAD, "load", "high", "nothing is right", "wait")

    assert list(command.lines([finding])) == [
        "BAD   load: high",
        "      nothing is right",
        "      To do: wait",
    ]


def test_calibration_that_cannot_be_made_makes_a_machine_unfit(on, monkeypatch, capsys):
    def fail(*args, **options):
        raise MeasurementError("the process that ran the workload died (SIGKILL)")

    on(QUIET_MACHINE)
    monkeypatch.setattr(calibration, "calibrate", fail)

    assert cli.main(["doctor"]) == 1
    assert "BAD   calibration: could not be made: the process that ran" in capsys.readouterr().out


def test_json_to_standard_output_is_all_that_is_printed(on, capsys):
    on(QUIET_MACHINE)

    assert cli.main(["doctor", "--json", "-"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert list(form) == ["schema", "fit", "verdict", "findings", "facts", "calibration"]
    assert form["schema"] == "antigil.doctor/1"
    assert form["fit"] is True
    assert list(form["findings"][0]) == ["level", "subject", "says", "means", "to_do"]
    assert form["facts"]["cpus_allowed"] == 4
    assert form["calibration"]["holding"]["gil_held"]["share"] == 1.0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--json", "no/such/directory.json"], "cannot write no/such/directory.json"),
        (["--json", "."], "cannot write ."),
        (["--json", f"{__file__}/x.json"], "cannot write"),
        (["--json"], "argument --json: expected one argument"),
        (["now"], "unrecognized arguments: now"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2_before_anything_is_measured(argv, words, capsys):
    assert cli.main(["doctor", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_real_machine_is_judged(tmp_path):
    """The whole command, on whatever machine and Python this runs."""
    file = tmp_path / "doctor.json"
    done = subprocess.run(
        [sys.executable, "-m", "antigil", "doctor", "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.stderr == ""
    form = json.loads(file.read_text())
    assert done.returncode == (0 if form["fit"] else 1)
    assert done.stdout.splitlines()[-1] == form["verdict"]
    listed = re.findall(r"^(ok|note|BAD) +([^:]+):", done.stdout, flags=re.MULTILINE)
    assert listed == [(one["level"], one["subject"]) for one in form["findings"]]
    assert {"CPUs", "load", "GIL", "held share", "disturbed rounds"} <= {subject for _, subject in listed}
    assert {"releasing", "holding"} <= set(form["calibration"])
