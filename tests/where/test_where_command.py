"""What the command prints, writes and refuses."""

import json
import os
import platform
import subprocess
import sys

import pytest
from marks import needs_gil

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
    exported = names["--export"].read_text().splitlines()
    assert exported
    assert all(line.rpartition(" ")[2].isdigit() for line in exported)


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_terminal_without_arrows_shows_all(tmp_path, encoding):
    setup = "def größe():\n    return sum(range(1000))"
    command = [sys.executable, "-m", "antigil", "where", *QUICK, "-s", setup, "größe()"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}

    done = subprocess.run(command, env=environment, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
    assert "Python:   3." in done.stdout.decode(encoding)


def test_what_was_found_is_told_and_the_rest_written_where_a_file_cannot_be(capsys, tmp_path):
    html = tmp_path / "found.html"

    status, out, err = run(capsys, *QUICK, "--json", "/dev/full", "--html", str(html), "sum(range(1000))")

    assert (status, err.count("\n")) == (2, 1)
    assert "cannot write /dev/full: No space left on device" in err
    assert "Waiting: " in out
    assert html.exists()


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
    assert "2 threads wait for " in out


@needs_gil
def test_what_a_call_holds_while_it_sleeps_is_not_told_for_nothing(capsys, tmp_path):
    """A call that is left alone while it sleeps may hold the GIL or not."""
    form = tmp_path / "found.json"
    arguments = ["--no-waiting", "-s", "import ctypes; nap = ctypes.PyDLL(None).usleep", "--json", str(form)]

    status, out, _ = run(capsys, *QUICK, *arguments, "nap(2000)")

    assert status == 0
    assert "GIL held: at least " in out
    assert "what they hold, is not known" in out
    assert [json.loads(form.read_text())[loss]["at_least"] for loss in ("held", "waiting")] == [True, False]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sum(range(1000))"],
        ["time.sleep(0.002)"],
        ["--no-waiting", "sum(range(20000)); time.sleep(0.002)"],
    ],
)
def test_a_workload_that_blocks_the_signal_is_refused(capsys, arguments):
    setup = "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})"

    status, out, err = run(capsys, *QUICK, "-s", setup, *arguments)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "no thread could be sampled: does the workload block the signal?" in err


def test_threads_of_the_workloads_own_are_told_to_be_left_out(capsys):
    setup = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from hashlib import sha256\n"
        "data, pool = bytes(1 << 20), ThreadPoolExecutor(2)\n"
    )

    status, out, _ = run(capsys, *QUICK, "-s", setup, "pool.submit(sha256, data).result()")

    assert status == 0
    assert "Hint:     threads and processes that the workload starts itself were at work" in out


def test_what_the_workload_raises_is_shown_as_its_own(capsys):
    status, out, err = run(capsys, *QUICK, "1 / 0")

    assert (status, out) == (2, "")
    assert err.endswith("ZeroDivisionError: division by zero\n")
    assert "antigil/" not in err


FEW_FILES = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--signal", "SIGNONE", "pass"], "there is no signal SIGNONE"),
        (["--signal", "SIGILL", "pass"], "threads cannot be sampled with SIGILL"),
        (["--export", "found.xyz", "pass"], "cannot tell the format of found.xyz"),
        (["--json", "nowhere/found.json", "pass"], "cannot write nowhere/found.json"),
        (["-t", "0", "pass"], "positive whole number"),
        (["-t", "513", "pass"], "at most 512 threads can be sampled, and not 513"),
        pytest.param(
            ["-t", "30", "-s", FEW_FILES, "pass"],
            "30 threads cannot be sampled: Too many open files",
            id="30 threads",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, arguments, words):
    status, out, err = run(capsys, *QUICK, *arguments)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


LITTLE_MEMORY = """
import resource
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + ({} << 20), resource.RLIM_INFINITY))
"""


@pytest.mark.parametrize("mebibytes", [290, 560, 600])
def test_samples_find_room_where_memory_is_limited_and_leave_some(capsys, mebibytes):
    """Just above a power of two, what is left beside the largest of them starts no thread."""
    status, out, err = run(capsys, *QUICK, "-s", LITTLE_MEMORY.format(mebibytes), "sum(range(1000))")

    assert (status, err) == (0, "")
    assert "Waiting: " in out


AFTER_NOTHING = """
import ctypes, mmap
page = mmap.PAGESIZE
memory = mmap.mmap(-1, 3 * page, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
loop = bytes.fromhex("48ffcf 75fb c3")  # 1: dec rdi; jnz 1b; ret
memory[2 * page : 2 * page + len(loop)] = loop
target = (start + 2 * page).to_bytes(8, "little").hex()
begin = bytes.fromhex(f"48c7c0fcffffff 49bb{target} 41ffe3")  # mov rax, -4; mov r11, 1b; jmp r11
memory[: len(begin)] = begin
munmap = ctypes.CDLL(None).munmap
assert munmap(ctypes.c_void_p(start + page), ctypes.c_size_t(page)) == 0
spin = ctypes.PYFUNCTYPE(None, ctypes.c_size_t)(start)
"""

if platform.machine() == "x86_64":

    def test_code_that_cannot_be_read_ends_no_process(capsys):
        """Where RAX holds -EINTR, the instruction before would be the call; here, nothing is before."""
        status, out, err = run(capsys, *QUICK, "-s", AFTER_NOTHING, "spin(200_000)")

        assert (status, err) == (0, "")
        assert "made at run time" in out or not gil_enabled()  # without a GIL, nothing is lost there


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
