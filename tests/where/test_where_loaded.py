"""Where the code of a file lies in memory, whatever program has laid the file out."""

import struct

from antigil.where.unwind import X86_64, AddressSpace

READ, EXECUTE = 4, 1


def library(path, segments):
    """Write an ELF file that is nothing but its header and segments: flags, offset, address and size."""
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0
    )
    rows = [
        struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, size, size, 4096)
        for flags, offset, address, size in segments
    ]
    path.write_bytes(b"".join([header, *rows]).ljust(0x4000, b"\0"))


def test_a_library_whose_code_begins_within_a_page_of_the_file_is_found_where_it_is_loaded(tmp_path):
    """By lld the segments follow each other in the file: the first page of the code's is another's, too."""
    file = tmp_path / "lld.so"
    library(
        file, [(READ, 0, 0, 0x16EC), (READ | EXECUTE, 0x16F0, 0x26F0, 0x1B0), (READ, 0x18A0, 0x38A0, 0x178)]
    )
    maps = tmp_path / "maps"
    maps.write_text(
        f"7f0000000000-7f0000002000 r--p 00000000 08:01 1 {file}\n"
        f"7f0000002000-7f0000003000 r-xp 00001000 08:01 1 {file}\n"
        f"7f0000003000-7f0000004000 r--p 00001000 08:01 1 {file}\n"
    )

    space = AddressSpace(X86_64, str(maps))

    assert space.loaded_at(str(file)) == 0x7F0000000000
    place, _ = space.look_up(0x7F00000027C4)
    assert (place.file, place.address) == (str(file), 0x27C4)


def test_code_that_is_mapped_from_a_later_page_on_is_found_where_it_is_loaded(tmp_path):
    """A part of it may have been mapped anew, as what replaces functions at run time does."""
    file = tmp_path / "code.so"
    library(
        file, [(READ, 0, 0, 0x400), (READ | EXECUTE, 0x1000, 0x1000, 0x2800), (READ, 0x3800, 0x4800, 0x100)]
    )
    maps = tmp_path / "maps"
    maps.write_text(f"7f0000002000-7f0000004000 r-xp 00002000 08:01 1 {file}\n")

    assert AddressSpace(X86_64, str(maps)).loaded_at(str(file)) == 0x7F0000000000
