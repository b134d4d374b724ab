"""One machine with one Python, as asv tells them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

#: asv's fields in which machines usually differ as a whole; shown only if nothing else tells them apart.
MACHINE_FIELDS = ("arch", "cpu", "num_cpu", "os", "ram")
#: What asv records of a machine.
MACHINE = frozenset({"machine", *MACHINE_FIELDS})

#: Python, requirements and variables of an environment, sorted by name.
Combination = tuple[tuple[str, str], ...]


def named_without_gil(python: str) -> bool:
    """Tell whether asv's name of a Python ends in a version with a ``t``: ``3.14t``, ``3.14.0rc2t``.

    That is a guess, for want of a record: a path need not tell the build, and the GIL may be on all the same.
    """
    return re.search(r"\d\.\d+((a|b|rc)\d+)?t$", python) is not None


@dataclass(frozen=True)
class Environment:
    """One machine with one Python, as asv tells them apart.

    Attributes
    ----------
    key : tuple of (str, str)
        Everything asv recorded about it, sorted; two environments are the same if this is.
    branch : str or None
        The branch of the commits, where the configuration names several.
    first : bool
        Whether it is the one of several branches that the configuration names first.
    """

    key: tuple[tuple[str, str], ...]
    branch: str | None = None
    first: bool = field(default=False, repr=False, compare=False)

    @property
    def params(self) -> Mapping[str, str]:
        """Everything asv recorded about it."""
        return dict(self.key)

    @property
    def combination(self) -> Combination:
        """What asv's matrix calls so: Python, requirements and variables, without the machine."""
        return tuple(pair for pair in self.key if pair[0] not in MACHINE)

    @property
    def lasting(self) -> Environment:
        """It without the name of the first branch, which comes and goes with a second one."""
        return replace(self, branch=None) if self.first else self

    @property
    def machine(self) -> str:
        """Name of the machine."""
        return self.params.get("machine", "unknown machine")

    @property
    def python(self) -> str:
        """Python version as asv names it, for example ``3.14t``."""
        return self.params.get("python", "")

    @property
    def cpus_present(self) -> int | None:
        """Number of CPUs that asv's machine file states."""
        text = self.params.get("num_cpu", "")
        return int(text) if text.isdigit() and int(text) > 0 else None
