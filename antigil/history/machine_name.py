"""asv's name for a runner that is another machine every time: it follows the CPU.

Every field of asv's machine is part of a graph's identity, so what a reboot or another runner of the same
kind may change is left out or rounded, and what moves the numbers, the CPU model and the number of CPUs, is
the name itself: a history never mixes two.
"""

from __future__ import annotations

import platform
import re

from antigil.scaling import cpu_model, cpus_allowed

from .asv_adapter.stored import register_machine


def machine_name(cpu: str, cpus: int) -> str:
    """Return a name in letters, digits and hyphens."""
    plain = re.sub(r"\((r|tm)\)|\bcpu\b|@", " ", cpu.lower())
    slug = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.") or "unknown"
    return f"{slug}-{cpus}cpu"


def this_machine() -> str:
    """Return this machine's name."""
    return machine_name(cpu_model(), cpus_allowed())


def register() -> str:
    """Make asv know this machine under its name; return the name."""
    cpu, cpus = cpu_model(), cpus_allowed()
    name = machine_name(cpu, cpus)
    register_machine(name, {"os": platform.system(), "cpu": cpu, "num_cpu": str(cpus), "ram": ""})
    return name
