"""What is read of ELF and DWARF is what other readers find in the same files."""

import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.where.object_files import Elf, FrameTable, Lines
from antigil.where.symbols import Names

elffile = pytest.importorskip("elftools.elf.elffile", reason="needs pyelftools: pip install antigil[where]")
callframe = pytest.importorskip("elftools.dwarf.callframe", reason="needs pyelftools")


def mapped(*names):
    """Return the first file of this process with one of these words in its name."""
    maps = Path("/proc/self/maps")
    files = [line.split()[-1] for line in (maps.read_text().splitlines() if maps.exists() else ())]
    return next((file for file in files if any(name in file for name in names)), sys.executable)


@pytest.mark.parametrize("path", [mapped("/libc.so.6", "/libc-"), mapped("/libpython3")], ids=["C", "Python"])
def test_the_way_to_a_caller_is_what_another_reader_finds(path):
    """For some 200 functions, at every address where it changes."""
    table = FrameTable(Elf.open(path))
    with open(path, "rb") as file:
        entries = [
            entry
            for entry in elffile.ELFFile(file).get_dwarf_info().EH_CFI_entries()
            if isinstance(entry, callframe.FDE) and entry.header["address_range"]
        ]
        checked = 0
        for entry in random.Random(1).sample(entries, min(200, len(entries))):
            decoded = entry.get_decoded().table
            end = entry.header["initial_location"] + entry.header["address_range"]
            for i, line in enumerate(decoded):
                after = decoded[i + 1]["pc"] if i + 1 < len(decoded) else end
                if line["pc"] >= after or line["cfa"].reg is None:
                    continue
                for address in (line["pc"], after - 1):
                    row = table.row(address)
                    assert (row.start, row.register, row.offset) == (
                        entry.header["initial_location"],
                        line["cfa"].reg,
                        line["cfa"].offset,
                    )
                    offsets = {
                        register: rule.arg
                        for register, rule in line.items()
                        if isinstance(register, int) and rule.type == "OFFSET"
                    }
                    assert {register: row.saved.get(register) for register in offsets} == offsets
                    checked += 1
        assert checked > 200


SOURCE = """\
static inline __attribute__((always_inline)) long inner(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += i * n ^ (sum >> 3);
    return sum;
}

long outer(long n)
{
    return inner(n) + 1;
}
"""


@pytest.fixture(params=["-gdwarf-4", "-gdwarf-5"])
def library(request, tmp_path):
    if (compiler := shutil.which("cc")) is None or shutil.which("addr2line") is None:
        pytest.skip("there is no C compiler, or no addr2line")
    (tmp_path / "code.c").write_text(SOURCE)
    command = [compiler, "-O2", "-shared", "-fPIC", request.param, "code.c", "-o", "code.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path / "code.so"


def test_lines_and_inlined_functions_are_what_addr2line_finds(library):
    elf = Elf.open(str(library))
    symbol = next(one for one in elf.symbols if one.name == "outer")
    addresses = range(symbol.address, symbol.address + symbol.size)

    told = subprocess.run(
        ["addr2line", "-f", "-e", str(library), *map(hex, addresses)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    lines = Lines(elf)
    for address, function, place in zip(addresses, told[::2], told[1::2], strict=True):
        file, _, line = place.partition(" ")[0].rpartition(":")
        assert (lines.inlined(address) or "outer") == function
        assert lines.line(address)[1] == int(line)
        assert file.endswith(lines.line(address)[0])


def test_a_library_without_names_has_those_it_exports(library):
    subprocess.run(["strip", str(library)], check=True)

    elf = Elf.open(str(library))

    assert (elf.has_names, elf.has_lines) == (False, False)
    assert [symbol.name for symbol in elf.symbols if symbol.name == "outer"] == ["outer"]


def compressed(library, method):
    """Compress what tells lines as compilers do, and have each section say by what method."""
    subprocess.run(["objcopy", "--compress-debug-sections=zlib", str(library)], check=True)
    data = bytearray(library.read_bytes())
    sections = [one for one in Elf(bytes(data)).sections if one.flags & 0x800]
    for section in sections:
        struct.pack_into("<I", data, section.offset, method)
    library.write_bytes(data)
    return {section.name for section in sections}


def test_lines_are_read_where_zlib_has_compressed_them_and_not_told_where_zstd_has(library):
    def told(names):
        function, line = (
            find(str(library), symbol.address + 4, *more)
            for find, more in ((names.function, (symbol.address,)), (names.line, ()))
        )
        return function.name, line

    symbol = next(one for one in Elf.open(str(library)).symbols if one.name == "outer")
    plain = told(Names({}, ""))
    assert plain[1] is not None

    assert compressed(library, 1)
    assert told(Names({}, "")) == plain

    for name in compressed(library, 2):
        assert Elf.open(str(library)).content(name) == b""
    names = Names({}, "")
    assert (names.has_lines(str(library)), told(names)) == (False, ("outer", None))


@pytest.mark.parametrize("version", ["-gdwarf-4", "-gdwarf-5"])
def test_of_units_with_a_table_of_addresses_and_without_both_are_found(version, tmp_path):
    """As in a library built by clang, which writes none, with a file of assembly in it, which has one."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")
    for name in ("with_table", "without"):
        (tmp_path / f"{name}.c").write_text(SOURCE.replace("outer", name))
        subprocess.run([compiler, "-O2", "-fPIC", version, "-c", f"{name}.c"], cwd=tmp_path, check=True)
    remove = ["objcopy", "-R", ".debug_aranges", "-R", ".rela.debug_aranges", "without.o"]
    subprocess.run(remove, cwd=tmp_path, check=True)
    command = [compiler, "-shared", "with_table.o", "without.o", "-o", "code.so"]
    subprocess.run(command, cwd=tmp_path, check=True)

    elf = Elf.open(str(tmp_path / "code.so"))
    lines = Lines(elf)
    addresses = {one.name: one.address + 1 for one in elf.symbols}
    found = {name: lines.line(addresses[name])[0] for name in ("with_table", "without")}

    assert found == {"with_table": "with_table.c", "without": "without.c"}
