"""``antigil doctor``: its lines, its exit status, its JSON, and the real command once."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from made_up import QUIET_MACHINE, measured

from antigil.commands import doctor as command
from antigil.commands import main as cli
from antigil.commands import output
from antigil.doctor import calibration
from antigil.doctor.facts import Facts
from antigil.doctor.finding import Finding, Level
from antigil.doctor.readers import Activity
from antigil.scaling import MeasurementError, RemoteTraceback


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
            replace(QUIET_MACHINE, activity=Activity(0.0, 0.2, ()), quota=0.5),
            None,
            ["--no-calibration"],
            1,
            "NOT FIT: measurements here would mislead (quota, steal).",
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

    assert list(command.finding_lines([finding])) == [
        "BAD   load: high",
        "      nothing is right",
        "      To do: wait",
    ]


def test_the_names_of_others_programs_neither_steer_the_terminal_nor_command_the_runner():
    finding = Finding(Level.NOTE, "load", "took by \x1b[2Jx\n##[error]y", "a\x1bb", "wait\x07")
    told = "".join(command.finding_lines([finding]))

    assert told.isprintable()
    assert "##[" not in told


def test_calibration_that_cannot_be_made_makes_a_machine_unfit(on, monkeypatch, capsys):
    def fail(*args, **options):
        raise MeasurementError("the process that ran the workload died (SIGKILL)")

    on(QUIET_MACHINE)
    monkeypatch.setattr(calibration, "calibrate", fail)

    assert cli.main(["doctor"]) == 1
    assert "BAD   calibration: could not be made: the process that ran" in capsys.readouterr().out


def test_a_kernel_that_fails_in_its_process_makes_a_machine_unfit(on, monkeypatch, capsys):
    def fail(*args, **options):
        raise RuntimeError("can't start new thread") from RemoteTraceback("Traceback")

    on(QUIET_MACHINE)
    monkeypatch.setattr(calibration, "calibrate", fail)

    assert cli.main(["doctor"]) == 1
    assert "BAD   calibration: could not be made: can't start new thread" in capsys.readouterr().out


def test_a_crash_is_no_verdict_on_the_machine(on, monkeypatch, capsys):
    def fail(*args, **options):
        raise LookupError("no such field")

    on(QUIET_MACHINE)
    monkeypatch.setattr(calibration, "calibrate", fail)

    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "antigil: could not judge: LookupError: no such field"


def test_findings_that_cannot_be_written_leave_the_verdict(on, monkeypatch, capsys, tmp_path):
    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "write_whole", full)
    for quota, status in ((None, 2), (0.5, 1)):
        on(replace(QUIET_MACHINE, quota=quota))
        assert cli.main(["doctor", "--json", str(tmp_path / "found.json")]) == status
        assert "No space left on device" in capsys.readouterr().err


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


@pytest.mark.long
@pytest.mark.timing
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
