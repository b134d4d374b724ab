"""What the user wrote runs as the user wrote it: once, with the same options, among the same modules."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_scaling_process import go, told_by_the_process

import antigil
from antigil.scaling import FunctionWorkload, MeasurementError, Plan, Workload, measure, measure_rounds
from antigil.scaling.own_work import processes


@pytest.mark.parametrize(
    "setup",
    [
        "import multiprocessing as m; m.set_start_method('spawn')",
        "import os; os.mkdir({made!r})",
        "open({made!r}, 'x').close()",
    ],
)
def test_a_set_up_that_works_only_once_is_run_once(tmp_path, setup):
    assert go("pass", setup.format(made=str(tmp_path / "made"))).sample.rounds == 1


def test_set_up_and_tear_down_run_once_in_each_process(tmp_path):
    log = str(tmp_path / "log")
    note = "open(log, 'a').write('{} %d\\n' % os.getpid())"
    workload = Workload(
        "pass", f"import os; log = {log!r}; {note.format('up')}", teardown=note.format("down")
    )
    measure(workload, (1,), budget=0.2, processes=2, rounds=1)
    words = [line.split() for line in Path(log).read_text().splitlines()]
    assert [word for word, _ in words] == ["up", "down", "up", "down"]
    assert words[0][1] == words[1][1] != words[2][1] == words[3][1]


def test_the_tear_down_runs_after_a_failure(tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(ZeroDivisionError):
        go("1 / 0", teardown=f"open({str(gone)!r}, 'w').close()")
    assert gone.exists()


def test_an_error_in_the_tear_down_is_raised_with_its_line():
    with pytest.raises(KeyError) as caught:
        go("pass", teardown="{}['gone']")
    assert "{}['gone']" in str(caught.value.__cause__)


SCRIPT = """
from antigil.scaling import Workload, measure
if __name__ == "__main__":
    measure(Workload("pass", {setup!r}), (1,), budget=0.1, processes=1, rounds=1)
    print("done")
"""


def run_script(tmp_path, setup, *options, cwd=None):
    (tmp_path / "script.py").write_text(SCRIPT.format(setup=setup))
    command = [sys.executable, *options, str(tmp_path / "script.py")]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd or tmp_path, check=False)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-O",), "sys.flags.optimize == 1"),
        (("-OO",), "sys.flags.optimize == 2"),
        (("-W", "error"), "sys.warnoptions == ['error']"),
        (("-E",), "sys.flags.ignore_environment == 1"),
        (("-I",), "sys.flags.isolated == 1"),
        (("-s",), "sys.flags.no_user_site == 1"),
        (("-b",), "sys.flags.bytes_warning == 1"),
        (("-X", "dev"), "sys.flags.dev_mode"),
        (("-X", "own=1"), "sys._xoptions['own'] == '1'"),
    ],
)
def test_options_of_the_interpreter_are_handed_on(tmp_path, options, told):
    done = run_script(tmp_path, f"import sys\nif not ({told}): raise ValueError('not handed on')", *options)
    assert done.stdout == "done\n", done.stderr


@pytest.mark.parametrize("cwd", [None, "/"])
def test_modules_beside_a_script_are_found(tmp_path, cwd):
    (tmp_path / "beside.py").write_text("def f(): pass\n")
    done = run_script(tmp_path, "from beside import f", cwd=cwd)
    assert done.stdout == "done\n", done.stderr


def test_a_current_directory_that_was_deleted_is_no_hindrance(tmp_path):
    script = SCRIPT.format(setup="import math").replace(
        "    measure", "    import os\n    os.rmdir(os.getcwd())\n    measure", 1
    )
    (tmp_path / "script.py").write_text(script)
    (tmp_path / "here").mkdir()
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path / "here", check=False)
    assert done.stdout == "done\n", done.stderr
    assert not (tmp_path / "here").exists()


def test_modules_that_a_script_found_its_own_way_are_found(tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("number = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert measure(
        Workload("number", "from elsewhere import number"), (1,), budget=0.1, processes=1, rounds=1
    )


def test_a_set_up_is_compiled_without_imports_of_ours():
    """Annotations are values there, as long as the user does not import them from the future."""
    assert told_by_the_process("str(f.__annotations__['x'])", "def f(x: int): pass") == "<class 'int'>"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_functions_of_a_set_up_reach_the_processes_of_its_pool(method):
    setup = (
        "import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "def double(number): return 2 * number\n"
        "if __name__ == '__main__':\n"
        f"    pool = ProcessPoolExecutor(1, multiprocessing.get_context({method!r}))\n"
        "    assert pool.submit(double, 21).result() == 42\n"
    )
    assert go("pass", setup, time_limit=60.0).sample.rounds == 1


def test_what_is_defined_in_a_set_up_can_be_pickled_in_this_process():
    Workload("pickle.dumps(Point())", "import pickle\nclass Point: pass").prepare()(0, 1)(1)


def alive(pid):
    """Tell whether a process runs; one that has ended and is not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids):
    end = time.monotonic() + 10.0
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, pids))


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who runs")


@linux
@pytest.mark.parametrize("fails", [False, True])
def test_the_processes_of_a_workload_end_with_it(tmp_path, fails):
    log = str(tmp_path / "pids")
    setup = (
        "import os, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"print(child.pid, file=open({log!r}, 'w'))\n"
    )
    if fails:
        with pytest.raises(MeasurementError, match="died"):
            go("os.abort()", setup)
    else:
        go("pass", setup)
    assert gone([int(Path(log).read_text())])


SEMAPHORES = Path("/dev/shm")


@pytest.mark.skipif(not SEMAPHORES.exists(), reason="no /dev/shm that shows named semaphores")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_what_multiprocessing_made_is_taken_away(tmp_path, monkeypatch, method):
    """Except with fork, a lock keeps its name, which a process of multiprocessing's own takes away."""
    monkeypatch.setattr(processes, "ASKED_SECONDS", 10.0)  # it may have to wait for a CPU
    log = tmp_path / "names"
    setup = (
        f"import multiprocessing\nlock = multiprocessing.get_context({method!r}).Lock()\n"
        f"print(lock._semlock.name, file=open({str(log)!r}, 'w'))\n"
    )
    go("with lock: pass", setup)
    name = log.read_text().strip().lstrip("/")
    assert name.startswith("mp-")
    assert not (SEMAPHORES / f"sem.{name}").exists()


@linux
def test_what_does_not_end_when_it_is_asked_is_ended(tmp_path):
    log = tmp_path / "pids"
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child = f"{deaf}; print(1, flush=True); time.sleep(600)"
    setup = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        f"print(child.pid, file=open({str(log)!r}, 'w'))\n"
    )
    go("pass", setup)
    assert gone([int(log.read_text())])


@linux
def test_what_does_not_end_when_it_is_asked_is_ended_though_we_are_interrupted(monkeypatch):
    def interrupted(process):
        raise KeyboardInterrupt

    monkeypatch.setattr(processes, "_wait_for_group", interrupted)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    command = [sys.executable, "-c", f"{deaf}; time.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as child:
        child.stdout.readline()
        with pytest.raises(KeyboardInterrupt):
            processes.end_group(child)
        assert gone([child.pid])


@pytest.mark.parametrize("death", ["os._exit(1)", "os.abort()"])
def test_a_crash_after_words_like_a_watchdogs_is_no_hang(death):
    with pytest.raises(MeasurementError, match="died") as caught:
        go(f"print('Timeout (0:00:10)!', file=sys.stderr, flush=True); {death}", "import os, sys")
    assert caught.type is MeasurementError


def test_without_an_executable_nothing_is_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(MeasurementError, match="does not know its own executable"):
        go("pass")


class Whole:
    """A whole number that is no int, as NumPy's are."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def test_whole_numbers_of_other_libraries_are_thread_counts():
    found = measure(Workload("pass"), [Whole(1), Whole(2)], budget=0.1, processes=1, rounds=1)
    assert [point.threads for point in found.points] == [1, 2]


def test_a_fraction_is_no_thread_count():
    with pytest.raises(TypeError):
        measure(Workload("pass"), [1.5], budget=0.1, processes=1)


def test_an_import_that_fails_names_the_package_that_hides_another(tmp_path):
    for place, text in (("here", "raise ImportError('not built')"), ("there", "")):
        (tmp_path / place / "mine").mkdir(parents=True)
        (tmp_path / place / "mine" / "__init__.py").write_text(text)
    with pytest.raises(ImportError) as caught:
        go("pass", "import mine", path=(str(tmp_path / "here"), str(tmp_path / "there")))
    (told,) = caught.value.__notes__
    assert told.startswith(
        f"mine was taken from {tmp_path / 'here'}, which hides the one in {tmp_path / 'there'}"
    )
    assert str(caught.value.__cause__).strip().endswith(told)


@pytest.mark.parametrize(
    "measured", [FunctionWorkload(iter([1]).__next__), Workload("next(it)", "it = iter([1])")]
)
def test_an_iterator_that_comes_to_its_end_is_told_in_one_line(measured):
    with pytest.raises(MeasurementError, match="came to its end") as caught:
        measure_rounds(measured, Plan((1,), budget=0.1, rounds=1))
    assert "\n" not in str(caught.value)


def test_an_import_that_fails_and_hides_nothing_is_raised_as_it_is(tmp_path):
    with pytest.raises(ImportError, match="No module named 'nowhere'"):
        go("pass", "import nowhere", path=(str(tmp_path),))


def test_a_checkout_of_ours_that_hides_the_installed_package_is_told(tmp_path):
    """Installed without -e: the checkout that one stands in has no extension built."""
    package = Path(antigil.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")  # it changes while others use the package
    shutil.copytree(package, tmp_path / "installed" / "antigil", ignore=ignored)
    built = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(package, tmp_path / "checkout" / "antigil", ignore=built)
    command = [sys.executable, "-P", "-m", "antigil", "measure", "-t", "1", "--budget", "0.1"]
    done = subprocess.run(
        [*command, "-s", "import antigil", "antigil.calcular_sem_gil(6)"],
        cwd=tmp_path / "checkout",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    told = f"antigil was taken from {tmp_path / 'checkout'}, which hides the one in {tmp_path / 'installed'}"
    assert told in done.stderr
