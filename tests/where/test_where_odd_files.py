"""Files that cannot be read whole, and code that lies in none: a hint says what is missing."""

import lzma
import shutil
import struct
import subprocess

import pytest

from antigil.where.divide import Visit
from antigil.where.hints import hints
from antigil.where.object_files import Elf, FrameTable, NotElf, Row
from antigil.where.records import SAMPLE, RawSample
from antigil.where.stacks import NamedStack, Native
from antigil.where.symbols import Names
from antigil.where.unwind import X86_64, AddressSpace

SOURCE = """\
static __attribute__((noinline, noclone)) long hidden(long n)
{
    return n * n ^ (n >> 3);
}

long shown(long n)
{
    return hidden(n) + hidden(n + 1);
}
"""

MISSING = "names, lines or callers in code.so are missing"
MADE = "[made at run time]"
DELETED = "/lib/codec.so (deleted)"


@pytest.fixture
def library(tmp_path):
    if (compiler := shutil.which("cc")) is None or shutil.which("objcopy") is None:
        pytest.skip("there is no C compiler, or no binutils")
    (tmp_path / "code.c").write_text(SOURCE)
    command = [compiler, "-O2", "-g", "-shared", "-fPIC", "code.c", "-o", "code.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path / "code.so"


def section(file, name):
    return Elf(file.read_bytes()).section(name)


def patched(file, offset, data):
    """Write bytes into a file, and return what a new reader finds in it."""
    whole = bytearray(file.read_bytes())
    whole[offset : offset + len(data)] = data
    file.write_bytes(whole)
    return Names({}, "")


def address_of(file, name):
    return next(one.address for one in Elf(file.read_bytes()).symbols if one.name == name)


def hints_for(names, *files, faults=()):
    """Return the hints where each of these files is responsible for a sample."""
    stacks = [
        NamedStack(1, "running", True, (Native(names.function(file, 8, -1), file, 8, False, False),), (), 1)
        for file in files
    ]
    return hints([Visit(tuple(stacks), 0.0, 1.0)], names, faults)


@pytest.mark.parametrize("file", [MADE, DELETED, "/memfd:code (deleted)"])
def test_all_code_that_lies_in_no_file_is_one_function(file):
    """Of a thousand, each would be too small to be told."""
    names = Names({}, "")

    functions = {names.function(file, 16 * i, -1) for i in range(1000)}

    assert [str(one) for one in functions] == [file.rpartition("/")[2]]
    assert hints_for(names, file) == []


SHORT_PROGRAM_HEADERS = (56, struct.pack("<H", 60_000))
NO_NAMES_OF_SECTIONS = (62, struct.pack("<H", 60_000))
FAR_PROGRAM_HEADERS = (32, struct.pack("<Q", 1 << 63))


@pytest.mark.parametrize("header", [SHORT_PROGRAM_HEADERS, NO_NAMES_OF_SECTIONS, FAR_PROGRAM_HEADERS])
def test_a_file_whose_header_tells_what_cannot_be_is_none_and_a_hint_says_so(library, header):
    names = patched(library, *header)

    assert str(names.function(str(library), 8, -1)) == "code.so"
    with pytest.raises(NotElf):
        Elf.open(str(library))
    (hint,) = hints_for(names, str(library))
    assert MISSING in hint


@pytest.mark.parametrize(("field", "value"), [(32, 25), (40, 60_000)], ids=["size", "link"])
def test_symbols_that_cannot_be_read_are_left_out_and_a_hint_says_so(library, field, value):
    whole = library.read_bytes()
    (table,) = struct.unpack_from("<Q", whole, 40)
    index = next(i for i, one in enumerate(Elf(whole).sections) if one.name == ".symtab")
    names = patched(library, table + 64 * index + field, struct.pack("<I", value))

    assert str(names.function(str(library), 8, -1)) == "code.so"
    assert names.symbol(str(library), 8, -1) == ""
    assert MISSING in "".join(hints_for(names, str(library)))


def test_callers_that_cannot_be_found_are_left_out_and_it_is_told_why(library):
    """The encoding of pointers is one that no standard has."""
    address = address_of(library, "shown")
    assert FrameTable(Elf.open(str(library))).row(address) is not None
    frames = section(library, ".eh_frame")
    start = library.read_bytes().index(b"zR\0", frames.offset)
    factors = 3  # one byte each; then the length of what follows, and the encoding
    patched(library, start + len(b"zR\0") + factors + 1, b"\x1d")
    table = FrameTable(Elf.open(str(library)))

    assert [table.row(address + i) for i in range(2)] == [None, None]
    assert table.fault == "KeyError: 13"
    names = Names({}, "")
    (hint,) = hints_for(names, faults=[{str(library): table.fault}])
    assert hint == f"{MISSING}: not all of it can be read (KeyError: 13)"


@pytest.mark.parametrize(
    ("damaged", "packed"),
    [(".debug_info", False), (".debug_abbrev", False), (".debug_line", False), (".debug_info", True)],
)
def test_lines_that_cannot_be_read_are_left_out_and_a_hint_says_so(library, damaged, packed):
    pytest.importorskip("elftools", reason="needs pyelftools: pip install antigil[where]")
    address = address_of(library, "shown")
    assert Names({}, "").line(str(library), address) is not None
    if packed:
        subprocess.run(["objcopy", "--compress-debug-sections=zlib", str(library)], check=True)
    found = section(library, damaged)
    skipped = 24 if packed else 4
    names = patched(library, found.offset + skipped, b"\xfb" * (found.size - skipped))

    assert str(names.function(str(library), address, address)) == "shown"
    assert names.line(str(library), address) is None
    (hint,) = hints_for(names, str(library))
    assert MISSING in hint


def test_names_that_were_kept_beside_a_stripped_file_are_not_lost(library):
    """As distributions keep them, packed, in a section of their own."""
    address = address_of(library, "hidden")
    packed = library.with_name("packed")
    packed.write_bytes(lzma.compress(library.read_bytes()))
    subprocess.run(["strip", str(library)], check=True)
    assert "has lost the names" in "".join(hints_for(Names({}, ""), str(library)))

    subprocess.run(["objcopy", f"--add-section=.gnu_debugdata={packed}", str(library)], check=True)

    names = Names({}, "")
    assert str(names.function(str(library), address + 1, address)) == "hidden"
    assert hints_for(names, str(library)) == [
        "code.so does not tell its source lines: build it from source with CFLAGS=-g"
    ]


CODE, MADE_CODE = 0x7F0000001000, 0x7F1000000000
STACK = 0x7FF000000000


@pytest.fixture
def space(tmp_path):
    """Return a process's memory: a library that has no table of callers, and code made at run time."""
    file = tmp_path / "bare.so"
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    file.write_bytes((header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 4096, 4096, 4096)).ljust(4096, b"\0"))
    maps = tmp_path / "maps"
    maps.write_text(
        f"{CODE:x}-{CODE + 4096:x} r-xp 00000000 08:01 1 {file}\n"
        f"{MADE_CODE:x}-{MADE_CODE + 4096:x} r-xp 00000000 00:00 0\n"
    )
    return AddressSpace(X86_64, str(maps))


def sample_at(pc):
    """Return a sample whose frame pointer has another one above it, and an address to return to."""
    registers = [0] * 17
    registers[X86_64.frame_pointer] = STACK + 16
    registers[X86_64.stack_pointer] = STACK
    registers[X86_64.program_counter] = pc
    stack = struct.pack("<6Q", 0, 0, 0, MADE_CODE + 64, 0, 0)
    return RawSample(SAMPLE, 0, 0.0, registers=tuple(registers), stack=stack, stack_start=STACK)


def test_the_frame_pointer_leads_to_callers_only_from_code_that_lies_in_no_file(space):
    """What a library keeps in that register is anything."""
    made = [place.file for place in space.unwind(sample_at(MADE_CODE + 8))]
    bare = [place.file for place in space.unwind(sample_at(CODE + 8))]

    assert made == [MADE, MADE]
    assert [file.rpartition("/")[2] for file in bare] == ["bare.so"]
    assert space.faults() == {}


def test_a_way_to_a_caller_that_cannot_be_computed_ends_a_stack(space, monkeypatch):
    """It adds two numbers, of which there is one."""
    monkeypatch.setattr(FrameTable, "row", lambda self, address: Row(0, expression=b"\x22"))

    (place,) = space.unwind(sample_at(CODE + 8))

    assert space.faults() == {place.file: "IndexError: pop from empty list"}
