"""Measuring in fresh processes: the parent's side, and the child's.

The child is this very package loaded by path under another name, never through ``sys.path``:
so a measurement of yesterday's code in an asv environment uses today's instrument, and the
checkout that the instrument lies in shadows nothing that is measured.
"""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from .gil_held import GilHeld
from .gil_probe import probe_gil
from .host import Host
from .rounds import Plan, measure_rounds
from .sample import PointSample, Sample, sample_of
from .workload import MeasurementError, RemoteTraceback, Workload, WorkloadTimeout

_BOOTSTRAP = """\
import importlib.util, sys
package, request, response, signs = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    "_antigil_scaling", package + "/__init__.py", submodule_search_locations=[package])
sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from _antigil_scaling.process import serve
serve(request, response, signs)
"""

START_SECONDS = 30.0
"""Time for a process to start and run the set-up, on top of what it measures."""

STDERR = 2
"""The descriptor, wherever the workload has ``sys.stderr`` lead."""

LAST_WORDS = 100_000
"""So many bytes of what a process says on stderr are kept; a workload can say hundreds of megabytes."""


@dataclass(frozen=True)
class ProcessResult:
    """What one fresh process found, and the seconds that it measured for."""

    sample: Sample
    gil_held: GilHeld
    host: Host
    seconds: float


def measure_in_fresh_process(workload: Workload, plan: Plan, probe_seconds: float) -> ProcessResult:
    """Measure rounds and probe the GIL in a process of their own.

    Raises
    ------
    Exception
        What the workload raised there, with that process's traceback as its cause.
    WorkloadTimeout
        If the process does not end in time; it is killed, even where it holds the GIL.
    MeasurementError
        If the process died.
    """
    limit = START_SECONDS + plan.budget + probe_seconds + plan.time_limit
    with tempfile.TemporaryDirectory(prefix="antigil-") as directory:
        request, response, signs = (Path(directory, name) for name in ("request", "response", "signs"))
        request.write_text(
            json.dumps(
                {"workload": asdict(workload), "plan": asdict(plan), "probe": probe_seconds, "limit": limit}
            )
        )
        signs.touch()
        options = [
            f"-X{name}" if value is True else f"-X{name}={value}" for name, value in sys._xoptions.items()
        ]
        command = [sys.executable, "-P", *options, "-c", _BOOTSTRAP, str(Path(__file__).parent)]
        status, said = _run([*command, str(request), str(response), str(signs)], signs, limit + 5.0)
        if not response.exists():
            raise _death(status, said, limit)
        answer = json.loads(response.read_text())
    return _result(answer)


def _run(command: list[str], signs: Path, limit: float) -> tuple[int | None, str]:
    """Run a process and return its exit status and its last words on stderr.

    The status is None where it gave no sign of life for so many seconds. It is then killed.
    """
    read_end, write_end = os.pipe()
    said = bytearray()
    listener = threading.Thread(target=_listen, args=(read_end, said), daemon=True)
    listener.start()
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write_end
        )
    finally:
        os.close(write_end)
    try:
        status = _ended(process, signs, limit)
    finally:
        process.kill()  # nothing happens to one that has ended
        process.wait()
    listener.join(1.0)  # what the workload has started may still hold the pipe
    return status, said.decode(errors="replace")


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


def _death(status: int | None, said: str, limit: float) -> MeasurementError:
    tail = f"\n{said.strip()[-2000:]}" if said.strip() else ""
    if status is None or "Timeout (" in said:
        return WorkloadTimeout(
            f"the workload did not end within {limit:g} s: it hangs, or needs a higher time limit{tail}"
        )
    cause = f"exit status {status}"
    if status < 0:
        with contextlib.suppress(ValueError):  # a signal without a name
            cause = signal.Signals(-status).name
    return MeasurementError(f"the process that ran the workload died ({cause}){tail}")


def _result(answer: dict[str, Any]) -> ProcessResult:
    if "error" in answer:
        raise _rebuilt(answer["error"])
    sample = answer["sample"]
    points = {int(n): PointSample(**point) for n, point in sample.pop("points").items()}
    return ProcessResult(
        Sample(points=points, **sample),
        GilHeld(**answer["gil_held"]),
        Host(**answer["host"]),
        answer["seconds"],
    )


def _rebuilt(error: dict[str, Any]) -> BaseException:
    """Return the exception that the workload raised in another process, or the nearest to it."""
    if error["instrument"]:
        kind = {"WorkloadTimeout": WorkloadTimeout}.get(error["type"], MeasurementError)
        return kind(error["message"])
    rebuilt: BaseException
    try:
        rebuilt = cast(BaseException, pickle.loads(base64.b64decode(error["pickle"])))
    except Exception:  # its class, or what it carries, cannot be had here: say what it was
        rebuilt = MeasurementError(f"the workload raised {error['type']}: {error['message']}")
    rebuilt.__cause__ = RemoteTraceback(error["traceback"])
    return rebuilt


def serve(request: str, response: str, signs: str) -> None:
    """Measure what the request file asks for and write the response file: the child's side."""
    asked = json.loads(Path(request).read_text())
    workload = Workload(**{**asked["workload"], "path": tuple(asked["workload"]["path"])})
    plan = Plan(**{**asked["plan"], "thread_counts": tuple(asked["plan"]["thread_counts"])})

    def alive() -> None:
        # From here on, the next window has the whole time; the watchdog needs no GIL.
        faulthandler.dump_traceback_later(asked["limit"], exit=True, file=STDERR)
        with open(signs, "ab") as file:
            file.write(b".")

    alive()
    try:
        answer = _measured(workload, plan, asked["probe"], alive)
    except BaseException as error:
        answer = {"error": _described(error, workload)}
    faulthandler.cancel_dump_traceback_later()
    # Written beside and moved, so that a reader never sees half a response.
    Path(response + ".part").write_text(json.dumps(answer))
    os.replace(response + ".part", response)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that a failed workload left hanging must not keep the process


def _measured(
    workload: Workload, plan: Plan, probe_seconds: float, alive: Callable[[], None]
) -> dict[str, Any]:
    started: list[float] = []

    def before_window() -> None:
        started.append(time.monotonic())
        alive()

    make_run = workload.prepare()  # once: a set-up may take a port, or a gigabyte
    sample = sample_of(measure_rounds(make_run, plan, before_window=before_window))
    alive()
    held = probe_gil(make_run, probe_seconds, pin=plan.pin, time_limit=plan.time_limit)
    return {
        "sample": asdict(sample),
        "gil_held": asdict(held),
        "host": asdict(Host.here()),
        "seconds": time.monotonic() - started[0],
    }


def _described(error: BaseException, workload: Workload) -> dict[str, Any]:
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)
    except Exception:  # whatever an exception of the user's own raises here, the text remains
        pickled = b""
    return {
        "instrument": isinstance(error, MeasurementError),
        "type": type(error).__name__,
        "message": str(error),
        "traceback": user_traceback(error, workload),
        "pickle": base64.b64encode(pickled).decode(),
    }


def user_traceback(error: BaseException, workload: Workload) -> str:
    """Return the traceback as Python shows it, without the instrument's own frames."""
    here = str(Path(__file__).parent)
    shown = traceback.TracebackException.from_exception(error)
    seen: list[traceback.TracebackException] = [shown]
    while seen:
        part = seen.pop()
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if not frame.filename.startswith(here)]
        )
        for frame in part.stack:
            workload.correct(frame)
        seen.extend(cause for cause in (part.__cause__, part.__context__) if cause is not None)
    return "".join(shown.format())
