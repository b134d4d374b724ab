"""All that is known about a machine before anything is measured on it."""

from __future__ import annotations

import platform
import sys
import sysconfig
from dataclasses import asdict, dataclass
from typing import Any

from antigil.scaling import (
    affinity,
    cgroup_quota,
    cpu_model,
    gil_enabled,
    placement,
    queue_is_measurable,
    whole_cpus,
)

from . import readers

PROGRAMS_NAMED = 3
"""So many of the greediest programs are named."""

WORTH_NAMING = 0.03
"""CPUs' worth from which on a program is named."""


@dataclass(frozen=True)
class Facts:
    """All facts about a machine that the doctor judges; None stands for what cannot be read."""

    system: str
    virtual: bool
    cpu: str
    cpus_online: int
    cpus: tuple[int, ...]
    quota: float | None
    cores: tuple[int, int] | None
    activity: readers.Activity
    load_average: float | None
    stolen_since_start: float | None
    governors: tuple[str, ...]
    turbo: bool | None
    implementation: str
    python_version: str
    free_threaded_build: bool
    gil: bool
    switch_interval: float
    queue_measured: bool
    switches_counted: bool | None
    short_turns: bool | None
    cores_alike: int

    @classmethod
    def gather(cls) -> Facts:
        """Read all facts, watching for a second who uses the CPUs."""
        cpus = affinity()
        return cls(
            system=platform.system(),
            virtual=readers.in_virtual_machine(),
            cpu=cpu_model(),
            cpus_online=readers.cpus_online(),
            cpus=cpus,
            quota=cgroup_quota(),
            cores=readers.physical_cores(cpus),
            activity=readers.watch(cpus),
            load_average=readers.load_average(),
            stolen_since_start=readers.stolen_since_start(),
            governors=readers.governors(cpus),
            turbo=readers.turbo(),
            implementation=platform.python_implementation(),
            python_version=platform.python_version(),
            free_threaded_build=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            gil=gil_enabled(),
            switch_interval=sys.getswitchinterval(),
            queue_measured=queue_is_measurable(),
            switches_counted=readers.context_switches_counted(),
            short_turns=readers.short_turns(),
            cores_alike=placement(cpus).alike,
        )

    @property
    def cpus_allowed(self) -> int:
        """CPUs that this process can keep busy at once, at least 1."""
        return whole_cpus(len(self.cpus), self.quota)

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        form = asdict(self) | {"cpus": list(self.cpus), "governors": list(self.governors)}
        form["cores"] = None if self.cores is None else {"count": self.cores[0], "shared": self.cores[1]}
        form["activity"]["programs"] = [{"name": name, "cpus": cpus} for name, cpus in self.greedy_programs()]
        return form | {"cpus_allowed": self.cpus_allowed}

    def greedy_programs(self) -> list[tuple[str, float]]:
        """Return the programs that take most, by name, with their CPUs' worth."""
        greedy = [one for one in self.activity.programs if one[1] > WORTH_NAMING]
        return greedy[:PROGRAMS_NAMED]
