"""Source lines, and inlined functions, from what a library built with ``-g`` carries (DWARF)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from .elf import Elf
from .line_program import LineTable, Sections, line_table

_FROM_HEADERS = re.compile(r"_?Py[A-Z_]|_ZN?K?S|_ZNK?St|_ZN?K?\d*__gnu_cxx|_ZN(4core|5alloc|3std)")
"""Of Python, C++ and Rust. They tell less than the function that they were inlined into."""


def can_read_lines() -> bool:
    """Tell whether the package that reads these tables is installed."""
    try:
        import elftools  # noqa: F401
    except ImportError:
        return False
    return True


class Lines:
    """What one file tells of its source."""

    def __init__(self, elf: Elf) -> None:
        self._elf = elf
        self._tables: dict[int, LineTable] = {}
        self._functions: dict[int, tuple[list[int], list[tuple[int, Any]]]] = {}

    @cached_property
    def _dwarf(self) -> Any:
        from elftools.elf.elffile import ELFFile

        data: Any = self._elf.data  # a mapped file, which reads like one
        elf = ELFFile(data)
        return elf.get_dwarf_info(follow_links=False) if elf.has_dwarf_info() else None

    @cached_property
    def _sections(self) -> Sections:
        names = (".debug_line", ".debug_line_str", ".debug_str")
        return Sections(*(self._elf.content(name) for name in names))

    @cached_property
    def _units(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Where the code of each compilation unit begins, ascending; where it ends, and the unit's offset."""
        aranges = self._dwarf.get_aranges()
        entries = [] if aranges is None else aranges.entries
        rows = [(one.begin_addr, one.begin_addr + one.length, one.info_offset) for one in entries]
        told = {one.info_offset for one in entries}
        rows += [  # clang's units have no aranges, those of assembly beside them have
            (low, high, unit.cu_offset)
            for unit in self._dwarf.iter_CUs()
            if unit.cu_offset not in told
            for low, high in self._ranges(unit.get_top_DIE(), unit)
        ]
        rows.sort()
        return [row[0] for row in rows], [row[1:] for row in rows]

    def _unit(self, address: int) -> Any:
        starts, units = self._units
        i = bisect_right(starts, address) - 1
        if i < 0 or address >= units[i][0]:
            return None
        return self._dwarf.get_CU_at(units[i][1])

    def _ranges(self, die: Any, unit: Any) -> Iterator[tuple[int, int]]:
        attributes = die.attributes
        if "DW_AT_high_pc" in attributes and "DW_AT_low_pc" in attributes:
            low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
            yield low, high.value if high.form == "DW_FORM_addr" else low + high.value
        elif "DW_AT_ranges" in attributes and (lists := self._dwarf.range_lists()) is not None:
            top = unit.get_top_DIE().attributes
            base = top["DW_AT_low_pc"].value if "DW_AT_low_pc" in top else 0
            for entry in lists.get_range_list_at_offset(attributes["DW_AT_ranges"].value, unit):
                if hasattr(entry, "base_address"):
                    base = entry.base_address
                    continue
                shift = 0 if getattr(entry, "is_absolute", False) else base
                yield shift + entry.begin_offset, shift + entry.end_offset

    def line(self, address: int) -> tuple[str, int] | None:
        """Return the source file and line of an address, or None where they are not told."""
        unit = self._unit(address)
        attributes = {} if unit is None else unit.get_top_DIE().attributes
        if "DW_AT_stmt_list" not in attributes:
            return None
        offset = attributes["DW_AT_stmt_list"].value
        if offset not in self._tables:
            self._tables[offset] = line_table(self._sections, offset)
        table = self._tables[offset]
        i = bisect_right(table.addresses, address) - 1
        if i < 0 or not table.lines[i][1]:
            return None
        file, line = table.lines[i]
        return table.files.get(file, "?"), line

    def inlined(self, address: int) -> str | None:
        """Return the innermost function that was inlined at an address, or None where there is none."""
        unit = self._unit(address)
        if unit is None:
            return None
        if unit.cu_offset not in self._functions:
            rows = sorted(
                (
                    (low, high, die)
                    for die in self._subprograms(unit.get_top_DIE())
                    for low, high in self._ranges(die, unit)
                ),
                key=lambda row: row[:2],
            )
            self._functions[unit.cu_offset] = [row[0] for row in rows], [row[1:] for row in rows]
        starts, found = self._functions[unit.cu_offset]
        i = bisect_right(starts, address) - 1
        if i < 0 or address >= found[i][0]:
            return None
        return self._innermost(found[i][1], unit, address)

    def _subprograms(self, die: Any) -> Iterator[Any]:
        for child in die.iter_children():
            if child.tag == "DW_TAG_subprogram":
                yield child
            elif child.tag in ("DW_TAG_namespace", "DW_TAG_class_type", "DW_TAG_structure_type"):
                yield from self._subprograms(child)

    def _innermost(self, die: Any, unit: Any, address: int) -> str | None:
        name = None
        for child in die.iter_children():
            if child.tag not in ("DW_TAG_inlined_subroutine", "DW_TAG_lexical_block"):
                continue
            ranges = list(self._ranges(child, unit))
            if ranges and not any(low <= address < high for low, high in ranges):
                continue
            inner = self._innermost(child, unit, address)
            if child.tag == "DW_TAG_inlined_subroutine" and ranges:
                name = inner or self._told(child) or name
            else:
                name = inner or name
        return name

    def _told(self, die: Any) -> str | None:
        name = self._name(die)
        return None if name is None or _FROM_HEADERS.match(name) else name

    def _name(self, die: Any) -> str | None:
        while True:
            for attribute in ("DW_AT_linkage_name", "DW_AT_name"):
                if attribute in die.attributes:
                    return str(die.attributes[attribute].value.decode(errors="replace"))
            links = ("DW_AT_abstract_origin", "DW_AT_specification")
            origin = next((link for link in links if link in die.attributes), None)
            if origin is None:
                return None
            die = die.get_DIE_from_attribute(origin)
