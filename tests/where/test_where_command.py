"""What the command prints, writes and refuses."""

import json
import subprocess
import sys

import pytest

from antigil.commands import main as cli
from antigil.scaling import gil_enabled

QUICK = ["--budget", "0.6"]


@pytest.fixture(autouse=True)
def _built(sampler):
    """All of these sample."""


def run(capsys, *arguments):
    status = cli.main(["where", *arguments])
    return status, *capsys.readouterr()


def test_it_prints_a_sentence_and_the_losses_and_writes_what_is_asked_for(capsys, tmp_path):
    names = {option: tmp_path / name for option, name in (
        ("--json", "found.json"), ("--html", "found.html"), ("--export", "found.collapsed"),
    )}  # fmt: skip
    files = [word for option, path in names.items() for word in (option, str(path))]

    status, out, err = run(capsys, *QUICK, *files, "sum(range(1000))")

    assert (status, err) == (0, "")
    assert "Waiting: " in out
    assert "Inflation: " in out
    assert json.loads(names["--json"].read_text())["schema"] == "antigil.where/1"
    assert "</html>" in names["--html"].read_text()
    assert all(line.rpartition(" ")[2].isdigit() for line in names["--export"].read_text().splitlines())


def test_a_signal_that_the_workload_handles_is_refused_by_name(capsys):
    setup = "import signal; signal.signal(signal.SIGPROF, lambda *_: None)"

    status, out, err = run(capsys, *QUICK, "-s", setup, "pass")

    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "SIGPROF" in err
    assert "--signal" in err


def test_another_signal_samples_beside_it(capsys):
    setup = "import signal; signal.signal(signal.SIGPROF, lambda *_: None)"

    status, out, err = run(capsys, *QUICK, "-s", setup, "--signal", "SIGUSR2", "sum(range(1000))")

    assert (status, err) == (0, "")
    assert "Waiting: " in out


def test_a_signal_that_the_workload_takes_while_it_runs_ends_it(capsys):
    """Its own handler must not see our signals, and what was sampled until then is not told."""
    setup = (
        "import ctypes, signal, time\n"
        "libc, flag = ctypes.CDLL(None), []\n"
        "def take():\n"
        "    if not flag:\n"
        "        flag.append(1)\n"
        "        libc.signal(int(signal.SIGPROF), 1)\n"  # 1 is SIG_IGN: Python would want the main thread
        "    time.sleep(0.01)\n"
    )

    status, out, err = run(capsys, *QUICK, "-s", setup, "take()")

    assert (status, out) == (2, "")
    assert "SIGPROF" in err


def test_sleeping_threads_can_be_left_alone(capsys):
    """Then it is told that they wait, and not what for."""
    status, out, _ = run(capsys, *QUICK, "--no-waiting", "-s", "import time", "time.sleep(0.005)")

    assert status == 0
    assert "– sleep" not in out
    assert "of the time 2 threads wait" in out or "threads wait" in out


def test_what_the_workload_raises_is_shown_as_its_own(capsys):
    status, out, err = run(capsys, *QUICK, "1 / 0")

    assert (status, out) == (2, "")
    assert err.endswith("ZeroDivisionError: division by zero\n")
    assert "antigil/" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--signal", "SIGNONE", "pass"], "there is no signal SIGNONE"),
        (["--export", "found.xyz", "pass"], "cannot tell the format of found.xyz"),
        (["--json", "nowhere/found.json", "pass"], "cannot write nowhere/found.json"),
        (["-t", "0", "pass"], "positive whole number"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, arguments, words):
    status, out, err = run(capsys, *QUICK, *arguments)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


REFUSING = """
import ctypes, errno, platform, threading
number = 310 if platform.machine() == "x86_64" else 270  # process_vm_readv
class Step(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte),
                ("k", ctypes.c_uint)]
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.POINTER(Step))]
steps = (Step * 4)(
    Step(0x20, 0, 0, 0),  # the number of the call
    Step(0x15, 0, 1, number),
    Step(0x06, 0, 0, 0x00050000 | errno.EPERM),
    Step(0x06, 0, 0, 0x7FFF0000),
)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
assert libc.prctl(22, 2, ctypes.byref(Program(4, steps)), 0, 0) == 0, ctypes.get_errno()
assert libc.process_vm_readv(1, None, 0, None, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
lock = threading.Lock()
def spin():
    with lock:
        for i in range(20000): pass
"""


def test_lines_of_python_are_found_where_a_container_forbids_to_read_memory(capsys):
    status, out, err = run(capsys, "--budget", "2", "-s", REFUSING, "spin()")

    assert (status, err) == (0, "")
    assert "spin – a Python lock ← <setup>:21" in out
    if gil_enabled():
        assert "spin ← <setup>:22" in out


def test_without_the_sampler_it_says_so_in_one_line(tmp_path):
    script = (
        "import sys; from importlib.abc import MetaPathFinder\n"
        "import antigil.where.experiment as e\n"
        "e.find_spec = lambda name: None\n"
        "from antigil.commands.main import main\n"
        "sys.exit(main(['where', 'pass']))\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "C compiler" in done.stderr
