"""What is printed comes out on a terminal of any encoding."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.commands.output import refuse_unwritable, report_path, show_everywhere
from antigil.errors import UserError


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "2.0× → 1.0× (−50 %) ± 3 µs … π"),
        ("iso-8859-1", "2.0× -> 1.0× (-50 %) ± 3 µs ... \\u03c0"),
        ("cp1252", "2.0× -> 1.0× (-50 %) ± 3 µs … \\u03c0"),
        ("ascii", "2.0x -> 1.0x (-50 %) +- 3 us ... \\u03c0"),
    ],
)
def test_a_terminal_gets_other_characters_for_those_that_it_lacks(monkeypatch, encoding, shown):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    show_everywhere()
    print("2.0× → 1.0× (−50 %) ± 3 µs … π", end="", flush=True)
    assert raw.getvalue().decode(encoding) == shown


def test_names_of_files_that_are_no_text_are_shown():
    """Under UTF-8 a byte that is none is kept as half a pair, which no encoding can write."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    code = "from antigil.commands.output import show_everywhere; show_everywhere(); print('a\\udcff.c')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"a\\udcff.c")


def test_what_is_no_stream_of_text_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    show_everywhere()
    print("→", end="")
    assert sys.stdout.getvalue() == "→"


@pytest.mark.parametrize("judge", [refuse_unwritable, report_path])
def test_a_name_that_is_too_long_is_refused_before_anything_is_measured(judge):
    with pytest.raises(UserError, match=r"cannot write .*: File name too long"):
        judge("x" * 300)


@pytest.mark.parametrize("judge", [refuse_unwritable, report_path])
def test_a_file_in_a_folder_that_may_not_be_entered_is_refused(judge, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(UserError, match=r"cannot write .*/report: Permission denied"):
        judge("/root/report")
