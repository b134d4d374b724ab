"""Where parallelism is lost: which native function holds the GIL, waits, or grows.

A sampler interrupts threads at random moments and notes where they are (:mod:`.child`, and the C files);
names come afterwards (:mod:`.symbols`), and the losses are divided among functions (:mod:`.divide`).
Importing this package does not load the sampler; nothing but ``antigil where`` does.
"""

import sys
from types import ModuleType

from .changes import ChangedFunction, Changes, changes
from .experiment import sample_in_turn, where, why_unavailable
from .result import Loss, Part, PythonLine, Share, Stack, Where
from .symbols import PYTHON, Function

__all__ = [
    "PYTHON",
    "ChangedFunction",
    "Changes",
    "Function",
    "Loss",
    "Part",
    "PythonLine",
    "Share",
    "Stack",
    "Where",
    "changes",
    "sample_in_turn",
    "where",
    "why_unavailable",
]


class _Callable(ModuleType):
    """The module as a function: ``antigil.where(...)``; ``antigil.where.Part`` is a name in it."""

    __call__ = staticmethod(where)


sys.modules[__name__].__class__ = _Callable
