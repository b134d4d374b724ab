"""What is printed comes out on a terminal of any encoding."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.commands.output import after_writing, hand_over, show_everywhere, writable, write_text
from antigil.errors import UserError, note


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


def test_a_name_that_is_too_long_is_refused_before_anything_is_measured():
    with pytest.raises(UserError, match=r"cannot write .*: File name too long"):
        writable("x" * 300)


def test_a_file_in_a_folder_that_may_not_be_entered_is_refused(monkeypatch):
    def refuse(path, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(UserError, match=r"cannot write .*/report: Permission denied"):
        writable("/root/report")


@pytest.mark.parametrize("new_folder", [False, True])
def test_links_that_lead_to_each_other_are_refused(tmp_path, new_folder):
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    with pytest.raises(UserError, match=r"cannot write .*/one: Too many levels"):
        writable(str(tmp_path / "one"), new_folder=new_folder)


def test_a_link_that_leads_nowhere_at_last_is_replaced(tmp_path):
    """One that got into a circle while something was measured."""
    (tmp_path / "one").symlink_to("one")
    write_text(str(tmp_path / "one"), "text")
    assert (tmp_path / "one").read_text() == "text"


def test_a_link_to_a_file_that_is_not_there_yet_is_judged_by_where_it_leads(tmp_path):
    for name, target in (("good", "later"), ("bad", "nowhere/later")):
        (tmp_path / name).symlink_to(target)
    assert writable(str(tmp_path / "good")) == str(tmp_path / "good")
    with pytest.raises(UserError, match="its folder does not exist"):
        writable(str(tmp_path / "bad"))


@pytest.mark.parametrize("new_folder", [False, True])
def test_a_dash_is_no_name_of_a_file(new_folder):
    assert writable("-", stdout=True, new_folder=new_folder) == "-"
    with pytest.raises(UserError, match=r"^cannot write -: "):
        writable("-", new_folder=new_folder)


@pytest.mark.parametrize(
    ("output", "json_file", "printed", "written"),
    [
        (None, None, "report", None),
        ("-", None, "report", None),
        (None, "-", "json", None),
        ("-", "-", "json", None),
        ("file", "-", "json", "report"),
        ("-", "file", "report", "json"),
    ],
)
def test_json_on_stdout_takes_the_place_of_the_report_there(
    tmp_path, monkeypatch, capsys, output, json_file, printed, written
):
    monkeypatch.chdir(tmp_path)
    assert hand_over(lambda: "report", lambda: "json", output, json_file)
    assert capsys.readouterr().out == printed
    assert [file.read_text() for file in tmp_path.iterdir()] == ([written] if written else [])


def test_what_can_be_written_is_and_then_it_is_said_what_cannot(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    page = tmp_path / "page"
    files = (lambda: write_text(str(tmp_path / "folder"), "x"), lambda: write_text(str(page), "page"))

    assert not hand_over(lambda: "report", lambda: "json", None, str(tmp_path / "folder"), *files)

    out, err = capsys.readouterr()
    assert (out, page.read_text()) == ("report", "page")
    assert err.count("antigil: error: cannot write") == 2


def test_a_crash_while_writing_keeps_no_report_back(capsys):
    with pytest.raises(ZeroDivisionError):
        hand_over(lambda: "report", lambda: str(1 // 0), None, "file", lambda: write_text("/", "page"))
    out, err = capsys.readouterr()
    assert (out, err.count("antigil: error: cannot write /")) == ("report", 1)


def test_a_loss_stays_one_where_its_json_cannot_be_written():
    assert [after_writing(status, complete=False) for status in (0, 1, 2)] == [2, 1, 2]
    assert [after_writing(status, complete=True) for status in (0, 1, 2)] == [0, 1, 2]


def test_a_note_is_one_line_whatever_it_tells(capsys):
    note("a\n::error::b\x1b[31m##[group]c")

    assert capsys.readouterr().err == "antigil: note: a ::error::b [31m## [group]c\n"
