"""Measure how far native code runs in parallel under Python threads.

Importing this package loads neither the C extension nor any dependency: a public
name is looked up when it is first used.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant would cost ten times what this package does
if TYPE_CHECKING:
    from antigil.kernels import SharedCounter as SharedCounter
    from antigil.kernels import calcular_com_gil as calcular_com_gil
    from antigil.kernels import calcular_sem_gil as calcular_sem_gil
    from antigil.kernels import read_holding as read_holding
    from antigil.kernels import read_releasing as read_releasing
    from antigil.kernels import serial_fraction as serial_fraction
    from antigil.kernels import sleep_holding as sleep_holding
    from antigil.kernels import sleep_releasing as sleep_releasing
    from antigil.kernels import stream_holding as stream_holding
    from antigil.kernels import stream_releasing as stream_releasing
    from antigil.scaling import Measurement as Measurement
    from antigil.scaling import Workload as Workload
    from antigil.scaling import measure as measure
    from antigil.scaling import measure_function as measure_function

_KERNELS = (
    "calcular_com_gil",
    "calcular_sem_gil",
    "serial_fraction",
    "stream_holding",
    "stream_releasing",
    "sleep_holding",
    "sleep_releasing",
    "read_holding",
    "read_releasing",
    "SharedCounter",
)
_MEASURES = ("Measurement", "Workload", "measure", "measure_function")

__all__ = ["__version__", *_KERNELS, *_MEASURES]


def __getattr__(name: str) -> object:
    """Load a public name at its first use (PEP 562)."""
    if name in _KERNELS:
        value = getattr(import_module("antigil.kernels"), name)
    elif name in _MEASURES:
        value = getattr(import_module("antigil.scaling"), name)
    elif name == "__version__":
        value = import_module("importlib.metadata").version("antigil")
    else:
        raise AttributeError(f"module 'antigil' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
