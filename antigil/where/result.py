"""What was found: immutable values, and their JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..scaling import Host, Workload
from .symbols import Function

SCHEMA = "antigil.where/1"

LOSSES = ("held", "waiting", "inflation")


@dataclass(frozen=True)
class PythonLine:
    """A line of Python: file, line number, and the function's qualified name."""

    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Share:
    """A share, and the interval that holds it with 99 % confidence."""

    value: float
    ci99: tuple[float, float]


@dataclass(frozen=True)
class Part:
    """One function's part of a loss.

    Attributes
    ----------
    share
        In the unit of the loss.
    function
        Who: for what is held and waited for, the innermost function outside of the interpreter and the C
        library; for inflation the innermost of all.
    source
        File and line that most of its samples lie in; None where the library does not tell.
    reason
        For waiting: what for. For inflation: the kind of growth. Else nothing.
    entry_point
        The function by which Python came there, as Python names it, or nothing.
    python
        The line of Python that most of its samples were called from.
    samples
        How many samples the share rests on.
    """

    share: Share
    function: Function
    source: tuple[str, int] | None
    reason: str
    entry_point: str
    python: PythonLine | None
    samples: int


@dataclass(frozen=True)
class Loss:
    """One of the three losses, divided among functions, the largest first; the parts add up to the total.

    ``at_least`` tells that it may be larger: threads that slept and may have held the GIL were left alone.
    """

    total: Share
    parts: tuple[Part, ...]
    samples: int
    at_least: bool = False


@dataclass(frozen=True)
class Stack:
    """A stack, the outermost function first, and how much it stands for.

    Attributes
    ----------
    value
        Of what is held and waited for, its part of the loss. For inflation, CPU time per call with n threads
        relative to all CPU time per call with one.
    before
        For inflation, the same with one thread; else 0.
    """

    frames: tuple[str, ...]
    value: float
    before: float = 0.0

    @property
    def loss(self) -> float:
        """Its part of the loss."""
        return self.value - self.before


@dataclass(frozen=True)
class Where:
    """Where a workload loses its parallelism.

    Attributes
    ----------
    threads
        The thread count n that waiting and inflation are of.
    held
        Share of its time for which one thread holds the GIL; nothing while the GIL is off.
    waiting
        Share of the time of n threads for which they wait.
    inflation
        CPU time per call with n threads relative to that with one, less 1: 0.5 for half as much again.
    stacks
        By loss ("held", "waiting", "inflation") the stacks that it divides into.
    hints
        What would tell more: names or lines that are missing, and how to have them.
    """

    workload: Workload
    host: Host
    threads: int
    held: Loss
    waiting: Loss
    inflation: Loss
    stacks: dict[str, tuple[Stack, ...]]
    hints: tuple[str, ...]
    disturbed: bool = False

    @property
    def told(self) -> tuple[str, ...]:
        """The losses that there can be: while the GIL is off, nothing holds it."""
        return LOSSES if self.host.gil else LOSSES[1:]

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON form (docs/where.md)."""
        return {
            "schema": SCHEMA,
            "statement": self.workload.statement,
            "setup": self.workload.setup,
            "threads": self.threads,
            "python": {
                "version": self.host.python_version,
                "gil": self.host.gil,
                "free_threaded": self.host.free_threaded,
            },
            "machine": {"cpu": self.host.cpu, "cpus_allowed": self.host.cpus_allowed},
            "disturbed": self.disturbed,
            **{name: asdict(getattr(self, name)) for name in LOSSES},
            "hints": list(self.hints),
        }
