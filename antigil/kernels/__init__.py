"""The C extension: kernels with a known way of scaling across Python threads (docs/kernels.md).

Importing this package does not load the extension: a kernel is looked up when it is first used.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant would cost ten times what this package does
if TYPE_CHECKING:
    from antigil.kernels._native import SharedCounter as SharedCounter
    from antigil.kernels._native import calcular_com_gil as calcular_com_gil
    from antigil.kernels._native import calcular_sem_gil as calcular_sem_gil
    from antigil.kernels._native import read_holding as read_holding
    from antigil.kernels._native import read_releasing as read_releasing
    from antigil.kernels._native import serial_fraction as serial_fraction
    from antigil.kernels._native import sleep_holding as sleep_holding
    from antigil.kernels._native import sleep_releasing as sleep_releasing
    from antigil.kernels._native import stream_holding as stream_holding
    from antigil.kernels._native import stream_releasing as stream_releasing

__all__ = [
    "SharedCounter",
    "calcular_com_gil",
    "calcular_sem_gil",
    "read_holding",
    "read_releasing",
    "serial_fraction",
    "sleep_holding",
    "sleep_releasing",
    "stream_holding",
    "stream_releasing",
]


def __getattr__(name: str) -> object:
    """Load a kernel at its first use (PEP 562), or say how to build the extension."""
    if name not in __all__:
        raise AttributeError(f"module 'antigil.kernels' has no attribute {name!r}")
    try:
        native = import_module("antigil.kernels._native")
    except ModuleNotFoundError as error:
        if error.name != "antigil.kernels._native":
            raise
        raise ImportError(
            f"{name} needs the C extension, which is not built: "
            "run 'pip install .' (or 'pip install -e .') with a C compiler"
        ) from error
    if not hasattr(native, name):
        raise ImportError(f"{name} is newer than the C extension that is built: build it again")
    globals()[name] = value = getattr(native, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
