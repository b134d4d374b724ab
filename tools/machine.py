"""Tell asv about this machine once, without asking.

Usage: machine.py NAME

Every field is part of a graph's identity in asv: one that changed would split the history. So
the system's version and the exact number of bytes of memory, which a reboot may change, are left out.
An entry that exists already stays as it is.
"""

import platform
import sys

from asv.machine import Machine, MachineCollection
from asv.util import UserError

GIB = 2**30


def stable_fields(name: str, defaults: dict[str, str]) -> dict[str, str]:
    """Return what asv found out about this machine, less what a reboot may change."""
    ram = f"{round(int(defaults['ram']) / GIB)} GiB" if defaults["ram"] else ""
    return {**defaults, "machine": name, "os": platform.system(), "ram": ram}


def main(name: str) -> None:
    """Make an entry where asv would find none."""
    try:
        MachineCollection.load(name)
    except UserError:
        MachineCollection.save(name, stable_fields(name, Machine.get_defaults()))


if __name__ == "__main__":
    main(sys.argv[1])
