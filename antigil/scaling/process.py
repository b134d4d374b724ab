"""Measuring in fresh processes: the parent's side, and the child's.

The child is this very package loaded by path under another name, never through ``sys.path``:
so a measurement of yesterday's code in an asv environment uses today's instrument, and the
checkout that the instrument lies in shadows nothing that is measured.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic  # by name: a workload may break the module's
from typing import Any

from .held_share.probe import probe_gil
from .host import Host
from .own_work.processes import end_apart, end_group
from .rounds import Plan, measure_rounds
from .sample import sample_of, starts_work
from .stops import stops_noticed
from .thread_states import watched_window
from .workload import MakeRun, MeasurementError, Workload, WorkloadTimeout, described, rebuilt

BOOTSTRAP = """\
import importlib.util, sys
name, package, server, *files = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    name, package + "/__init__.py", submodule_search_locations=[package])
sys.modules[name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
importlib.import_module(server).serve(*files)
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python to measure with: its name for the user, its executable, variables to set for it."""

    name: str
    executable: str
    environment: Mapping[str, str]


Answer = Callable[[MakeRun, dict[str, Any], Callable[[], None]], dict[str, Any]]
"""Makes the answer to a request, given what prepares a thread; it calls the last before each window."""

START_SECONDS = 30.0
"""Time for a process to start and run the set-up, on top of what it measures."""

GRACE_SECONDS = 5.0
"""Time beyond its limit for a process to be ended by its own watchdog, which tells where it hangs."""

OVERDUE = 0.95
"""A process that ends after this part of the limit without a sign of life has been ended for it."""

STDERR = 2
"""The descriptor, wherever the workload has ``sys.stderr`` lead."""

LAST_WORDS = 100_000
"""So many bytes of what a process says on stderr are kept; a workload can say hundreds of megabytes."""


def ask_fresh_process(
    workload: Workload,
    plan: Plan,
    limit: float,
    more: dict[str, Any],
    *,
    interpreter: Interpreter | None = None,
    package: Path = Path(__file__).parent,
    name: str = "_antigil_scaling",
    server: str = "process",
) -> dict[str, Any]:
    """Return what a process of its own answers to a request.

    Parameters
    ----------
    limit
        Seconds without a sign of life after which it is killed.
    more
        What it is to know besides the workload and the plan.
    interpreter
        The Python that it is a process of; this one if None.
    package, name, server
        The package that it loads by path, under this name, and the module in it whose `serve` answers.

    Raises
    ------
    Exception
        What the workload raised there, with that process's traceback as its cause.
    WorkloadTimeout, MeasurementError
        If the process does not end in time: it is killed, even where it holds the GIL. Or it died.
    """
    with tempfile.TemporaryDirectory(prefix="antigil-") as directory:
        files = request, response, signs = [Path(directory, one) for one in ("request", "response", "signs")]
        request.write_text(
            json.dumps({"workload": asdict(workload), "plan": asdict(plan), "limit": limit, **more})
        )
        signs.touch()
        command = [*python_command(interpreter), "-c", BOOTSTRAP, name, str(package), f"{name}.{server}"]
        environment = {} if interpreter is None else interpreter.environment
        status, said = _run([*command, *map(str, files)], signs, limit, environment)
        if not response.exists():
            raise death(status, said, limit)
        answer: dict[str, Any] = json.loads(response.read_text())
    if "error" in answer:
        raise rebuilt(answer["error"])
    return answer


def python_command(interpreter: Interpreter | None) -> list[str]:
    """Return the command of a Python; that of this one gives its options, too."""
    if interpreter is not None:
        return [interpreter.executable, "-P"]
    if not sys.executable:
        raise MeasurementError(
            "this Python does not know its own executable, and can start no process: use measure_function"
        )
    options = [f"-X{name}" if value is True else f"-X{name}={value}" for name, value in sys._xoptions.items()]
    # What multiprocessing and test.support take, too; it leaves out -X options that it does not know.
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, "-P", *flags, *options]


def _run(
    command: list[str], signs: Path, limit: float, environment: Mapping[str, str]
) -> tuple[int | None, str]:
    """Run a process and return its exit status and its last words on stderr.

    The status is None where it gave no sign of life for so many seconds. It is then killed.
    """
    (read_end, write_end), said, begun = os.pipe(), bytearray(), monotonic()
    listener = threading.Thread(target=_listen, args=(read_end, said), daemon=True)
    listener.start()
    with _orderly_end() as end_if_told:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=write_end,
                env={**os.environ, **environment},
                start_new_session=True,  # a group of its own, to be ended with all that it has started
            )
        finally:
            os.close(write_end)
        try:
            end_if_told()
            status = _ended(process, signs, limit + GRACE_SECONDS)
        finally:
            end_group(process)
    if status is not None and monotonic() - _last_sign(signs, begun) > OVERDUE * limit:
        status = None  # its own watchdog has ended it
    listener.join(1.0)  # what the workload has started may still hold the pipe
    return status, said.decode(errors="replace")


@contextlib.contextmanager
def _orderly_end() -> Iterator[Callable[[], None]]:
    """Let this process clear away what it has made where it is told to end; only its main thread can."""
    in_main = threading.current_thread() is threading.main_thread()
    ending = {signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM)} if in_main else set()
    own = {one: now for one in ending if (now := signal.getsignal(one)) not in (signal.SIG_IGN, None)}
    told: list[int] = []  # until it calls what this gives: a start that is broken off leaves a process behind

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    def end_if_told() -> None:
        for one, usual in own.items():
            signal.signal(one, end if usual is signal.SIG_DFL else usual)
        for number in told:
            signal.raise_signal(number)

    try:
        for one in own:
            signal.signal(one, lambda number, frame: told.append(number))
        yield end_if_told
    finally:
        for one, usual in own.items():
            signal.signal(one, usual)


def _listen(read_end: int, said: bytearray) -> None:
    with open(read_end, "rb", buffering=0) as stream:
        while chunk := stream.read(65536):
            said += chunk
            del said[:-LAST_WORDS]


def _ended(process: subprocess.Popen[bytes], signs: Path, limit: float) -> int | None:
    seen = -1
    while (now := signs.stat().st_size) > seen:  # it leaves one before each window
        seen = now
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(limit)
    return None


def _last_sign(signs: Path, begun: float) -> float:
    """Return when a process gave its last sign of life, by the clock that nobody sets."""
    times = signs.read_text().split()
    return float(times[-1]) if times else begun


def death(status: int | None, said: str, limit: float) -> MeasurementError:
    """Return what to say of a process that ended, or had to be ended, without an answer."""
    tail = f"\n{said.strip()[-2000:]}" if said.strip() else ""
    if status is None:
        return WorkloadTimeout(
            f"the workload did not end within {limit:g} s: it hangs, or needs a higher time limit{tail}"
        )
    cause = f"exit status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):  # a signal without a name
            cause = signal.Signals(-status).name
    return MeasurementError(f"the process that ran the workload died ({cause}){tail}")


def serve(request: str, response: str, signs: str) -> None:
    """Measure what the request file asks for and write the response file: the child's side."""
    answer_request(request, response, signs, _measured)


def plan_of(asked: dict[str, Any]) -> Plan:
    """Return the plan in a request."""
    return Plan(**{**asked["plan"], "thread_counts": tuple(asked["plan"]["thread_counts"])})


def answer_request(request: str, response: str, signs: str, make_answer: Answer) -> None:
    """Prepare the workload, make the answer, write the response file, and end the process."""
    asked = json.loads(Path(request).read_text())
    workload = Workload(**{**asked["workload"], "path": tuple(asked["workload"]["path"])})

    def alive() -> None:
        # From here on, the next window has the whole time; the watchdog needs no GIL.
        faulthandler.dump_traceback_later(asked["limit"], exit=True, file=STDERR)
        with open(signs, "a") as file:
            file.write(f"{monotonic()}\n")

    alive()
    main = Path(request).with_name("setup.py")
    main.write_text(workload.setup, encoding="utf-8")
    try:
        with stops_noticed():
            make_run, tear_down = workload.prepare_as_main(main)
            try:
                answer = make_answer(make_run, asked, alive)
            finally:
                tear_down()
    except BaseException as error:
        answer = {"error": described(error, workload.correct, sys.path, make_answer.__code__.co_filename)}
    faulthandler.cancel_dump_traceback_later()
    # Written beside and moved, so that a reader never sees half a response.
    Path(response + ".part").write_text(json.dumps(answer))
    os.replace(response + ".part", response)
    end_apart(os.getpid())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that a failed workload left hanging must not keep the process


def _measured(make_run: MakeRun, asked: dict[str, Any], alive: Callable[[], None]) -> dict[str, Any]:
    from .mixes_and_processes.other_windows import others_asked, others_found  # it needs this module

    plan = plan_of(asked)
    started: list[float] = []

    def before_window() -> None:
        started.append(monotonic())
        alive()

    alive()
    with others_asked(make_run, asked) as others:
        rounds = measure_rounds(make_run, plan, before_window=before_window, others=others)
    sample = sample_of(rounds)
    alive()
    pin = plan.pin and not starts_work(sample)
    watched = watched_window(make_run, sample, replace(plan, pin=pin), Path(asked["watch"]))
    alive()
    held = probe_gil(make_run, asked["probe"], pin=pin, time_limit=plan.time_limit)
    return {
        "sample": asdict(sample),
        "gil_held": asdict(held),
        "host": asdict(Host.here()),
        "watched": None if watched is None else asdict(watched),
        "others": others_found(rounds),
        "seconds": monotonic() - started[0],
    }
