"""What ``import antigil`` measures with: `measure`, and a `Measurement` that shows itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from antigil import scaling
from antigil.laws.fit_measurement import fitted_laws
from antigil.report.measurement.lines import measurement_lines, measurement_to_json
from antigil.report.measurement.page import measurement_fragment, measurement_page
from antigil.scaling import FunctionWorkload, Workload


class Measurement(scaling.Measurement):
    """A measured workload that shows itself: ``print`` gives the table, a notebook the curve."""

    @classmethod
    def of(cls, found: scaling.Measurement) -> Measurement:
        """Return the same measurement as one that shows itself."""
        return cls(**{field.name: getattr(found, field.name) for field in fields(scaling.Measurement)})

    @classmethod
    def from_json(cls, form: Mapping[str, Any]) -> Measurement:
        """Return the measurement whose JSON form it is; ValueError where it is none.

        A function that was measured comes back as the statement that its name was.
        """
        return cls.of(scaling.Measurement.from_json(form))

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON form (docs/measure.md), with laws and verdicts."""
        return measurement_to_json(self, fitted_laws(self))

    def __str__(self) -> str:
        return "\n".join(measurement_lines(self, fitted_laws(self)))

    def _repr_html_(self) -> str:
        return measurement_fragment(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def to_html(self) -> str:
        """Return a page that needs nothing beside it: verdict, curve, where the time went, environment."""
        return measurement_page(self, fitted_laws(self))


def measure(
    what: str | Workload | Callable[..., object],
    thread_counts: Sequence[int] | None = None,
    *,
    setup: str = "pass",
    thread_setup: str = "pass",
    beside: str | None = None,
    args: Sequence[object] = (),
    per_thread: Callable[[], object] | None = None,
    budget: float | None = None,
    **settings: Any,
) -> Measurement:
    """Measure how a statement, or a function, scales over threads.

    A statement is measured in fresh processes, a function in this one, where a single process can be an
    unlucky one: prefer the statement where what it needs can be imported.

    Parameters
    ----------
    what
        A statement, a `Workload`, or a function.
    thread_counts
        Ascending; if None, 1, 2, 4, ... up to the CPUs allowed, the number of their cores, and one step
        beyond 8 or fewer.
    setup, thread_setup
        Of a statement: run once in each process, and once in each thread; see `Workload`.
    beside
        Of a statement: another one, which one of n threads runs while the others run the first.
    args
        Of a function: what it is called with, shared by all threads.
    per_thread
        Of a function: called once in each thread; what it returns is the last argument of that
        thread's calls.
    budget
        Seconds to spend; 12 for a statement and 3 for a function, if None.
    **settings
        Further ones of `antigil.scaling.measure_in_turn`, or of `measure_function`.

    Raises
    ------
    Exception
        Whatever the workload raises.
    WorkloadTimeout, MeasurementError
        If it hangs, or its process dies.
    TypeError
        `what` is none of these, or an argument is not for it.
    """
    if budget is not None:
        settings["budget"] = budget
    if callable(what):
        if (setup, thread_setup, beside) != ("pass", "pass", None):
            raise TypeError(
                "a function takes args and per_thread; setup, thread_setup and beside are a statement's"
            )
        workload = FunctionWorkload(what, tuple(args), per_thread)
        return Measurement.of(scaling.measure_function(workload, thread_counts, **settings))
    if args or per_thread is not None:
        raise TypeError("args and per_thread are a function's; a statement takes setup and thread_setup")
    if isinstance(what, str):
        what = Workload(what, setup, thread_setup, beside=beside)
    elif not isinstance(what, Workload):
        raise TypeError(
            f"what to measure is a statement, a Workload or a function, not {type(what).__name__}"
        )
    elif (setup, thread_setup, beside) != ("pass", "pass", None):
        raise TypeError("a Workload has a set-up of its own, and what runs beside it")
    return Measurement.of(scaling.measure(what, thread_counts, **settings))
