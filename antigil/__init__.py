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
    from antigil.api import Measurement as Measurement
    from antigil.api import measure as measure
    from antigil.kernels import calcular_com_gil as calcular_com_gil
    from antigil.kernels import calcular_sem_gil as calcular_sem_gil
    from antigil.notebook import load_ipython_extension as load_ipython_extension
    from antigil.scaling import MeasurementError as MeasurementError
    from antigil.scaling import Workload as Workload
    from antigil.scaling import WorkloadTimeout as WorkloadTimeout
    from antigil.scaling import measure_function as measure_function
    from antigil.where import Where as Where
    from antigil.where import where as where

    __version__: str

_MODULES = ("kernels", "laws", "suite", "testing")
_NAMES = {  # by the module that has them
    "api": ("Measurement", "measure"),
    "kernels": ("calcular_com_gil", "calcular_sem_gil"),
    "notebook": ("load_ipython_extension",),
    "scaling": ("MeasurementError", "Workload", "WorkloadTimeout", "measure_function"),
    "where": ("Where", "where"),
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_MODULES, *_PLACES]


def __getattr__(name: str) -> object:
    """Load a public name at its first use (PEP 562)."""
    if name in _MODULES:
        value: object = import_module(f"antigil.{name}")
    elif name == "where":
        value = import_module("antigil.where")  # which is a function, too
    elif name in _PLACES:
        value = getattr(import_module(f"antigil.{_PLACES[name]}"), name)
    elif name == "__version__":
        value = import_module("importlib.metadata").version("antigil")
    else:
        raise AttributeError(f"module 'antigil' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
