"""Measure how far native code runs in parallel under Python threads.

docs/api.md describes the public names. Each is loaded when it is first used: importing this package
loads neither the C extension nor any dependency.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant would cost ten times what this package does
if TYPE_CHECKING:
    from antigil import kernels as kernels
    from antigil import laws as laws
    from antigil import suite as suite
    from antigil import testing as testing
    from antigil.kernels import calcular_com_gil as calcular_com_gil
    from antigil.kernels import calcular_sem_gil as calcular_sem_gil
    from antigil.scaling import Measurement as Measurement
    from antigil.scaling import MeasurementError as MeasurementError
    from antigil.scaling import Workload as Workload
    from antigil.scaling import WorkloadTimeout as WorkloadTimeout
    from antigil.scaling import measure as measure
    from antigil.scaling import measure_function as measure_function
    from antigil.where import Where as Where
    from antigil.where import where as where

    __version__: str

_MODULES = ("kernels", "laws", "suite", "testing")
_KERNELS = ("calcular_com_gil", "calcular_sem_gil")
_MEASURES = ("Measurement", "MeasurementError", "Workload", "WorkloadTimeout", "measure", "measure_function")
_WHERE = ("Where", "where")

__all__ = ["__version__", *_MODULES, *_KERNELS, *_MEASURES, *_WHERE]


def __getattr__(name: str) -> object:
    """Load a public name at its first use (PEP 562)."""
    if name in _MODULES:
        value: object = import_module(f"antigil.{name}")
    elif name in _KERNELS:
        value = getattr(import_module("antigil.kernels"), name)
    elif name in _MEASURES:
        value = getattr(import_module("antigil.scaling"), name)
    elif name in _WHERE:
        value = import_module("antigil.where")  # which is a function, too
        value = value if name == "where" else value.Where
    elif name == "__version__":
        value = import_module("importlib.metadata").version("antigil")
    else:
        raise AttributeError(f"module 'antigil' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
