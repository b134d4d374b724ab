"""Object files: what ELF and DWARF tell of the code in them, and the names that compilers make."""

from .cfi import FrameTable, Reader, Row
from .demangle import demangle
from .elf import Elf, NotElf, OddElf, Symbol, fault_of
from .lines import Lines, can_read_lines

__all__ = [
    "Elf",
    "FrameTable",
    "Lines",
    "NotElf",
    "OddElf",
    "Reader",
    "Row",
    "Symbol",
    "can_read_lines",
    "demangle",
    "fault_of",
]
