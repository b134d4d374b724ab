"""Files are written whole or not at all, whenever the writer is killed; JSON is read or refused."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from antigil.errors import one_line
from antigil.files import append_lines, parse_json, read_json, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals, limits and links there")

#: Writes one content after another, of a few hundred kB each, until it is killed.
WRITES = """
import json, sys
from pathlib import Path
{prepare}
for i in range(10**9):
    {write}({path}, {{"number": i, "text": f"{{i % 10}}" * 300_000}}{more})
"""
WHOLE = {
    "prepare": "from antigil.files import write_whole",
    "write": "(lambda path, value: write_whole(path, json.dumps(value)))",
    "path": "Path(sys.argv[1])",
    "more": "",
}
HARDENED = {
    "prepare": "from asv import util\nfrom antigil.history.asv_adapter.safe_files import harden\nharden()",
    "write": "util.write_json",
    "path": "sys.argv[1]",
    "more": ", compact=True",
}
STOCK = {**HARDENED, "prepare": "from asv import util"}


def damaged(file, writer, times, seed=1):
    """Kill a writer at random moments, until half a file is left, or none; return whether that happened."""
    moments = random.Random(seed)
    for _ in range(times):
        write_whole(file, '{"number": -1}')
        process = subprocess.Popen([sys.executable, "-c", WRITES.format(**writer), str(file)])
        try:
            while file.exists() and file.read_bytes() == b'{"number": -1}' and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.05))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        try:
            read_json(file)
        except ValueError:
            return True
    return False


@posix
@pytest.mark.parametrize(("writer", "times"), [(WHOLE, 8), (HARDENED, 2)], ids=["ours", "asv's"])
def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path, writer, times):
    assert not damaged(tmp_path / "a.json", writer, times)


@posix
def test_the_check_sees_what_asv_alone_leaves_behind(tmp_path):
    assert damaged(tmp_path / "a.json", STOCK, times=12)


@posix
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    file = tmp_path / "a.json"
    write_whole(file, "old")
    limited = (
        "import resource, sys; from pathlib import Path; from antigil.files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_whole(Path(sys.argv[1]), 'new' * 1000)"
    )
    done = subprocess.run([sys.executable, "-c", limited, str(file)], capture_output=True, text=True)

    assert "File too large" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
    assert file.read_text() == "old"


@posix
def test_asv_tells_a_full_disk_in_one_line(tmp_path):
    limited = (
        "import resource, sys; from asv import util\n"
        "from antigil.history.asv_adapter.safe_files import harden\n"
        "harden(); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: util.write_json(sys.argv[1], ['new' * 1000])\n"
        "except util.UserError as error: print(error)"
    )
    file = tmp_path / "a.json"
    done = subprocess.run([sys.executable, "-c", limited, str(file)], capture_output=True, text=True)

    assert done.stdout == f"cannot write {file}: File too large\n", done.stderr
    assert not file.exists()


@posix
def test_links_and_devices_keep_their_place_and_a_file_its_mode(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")

    write_whole(tmp_path / "link", "new")
    write_whole(tmp_path / "null", "")
    write_whole(Path(os.devnull), "gone")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640
    assert not Path(os.devnull).is_file()


@posix
def test_a_pipe_that_has_no_name_is_written_to():
    """As of ``--json >(jq .)`` or ``--output /dev/stdout``: what the link leads to is no path."""
    read_end, write_end = os.pipe()
    write_whole(Path(f"/dev/fd/{write_end}"), "through")
    os.close(write_end)
    with open(read_end) as pipe:
        assert pipe.read() == "through"


@posix
def test_what_stands_for_an_open_file_is_added_to_and_not_replaced(tmp_path):
    """As of ``--output /dev/stdout >> log``."""
    log = tmp_path / "log"
    log.write_text("before\n")
    imports = "from pathlib import Path; from antigil.files import write_whole"
    code = f"{imports}; write_whole(Path('/dev/stdout'), 'in\\n'); print('after')"
    with log.open("a") as file:
        subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
    assert log.read_text() == "before\nin\nafter\n"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EBUSY])
def test_a_file_that_no_other_may_replace_is_written_in_its_place(tmp_path, monkeypatch, number):
    """One that is mounted by itself, say, or another's in a folder like /tmp."""

    def refuse(*paths):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    (tmp_path / "file").write_text("old")
    write_whole(tmp_path / "file", "new")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("file", "new")]
    with pytest.raises(OSError, match=os.strerror(number)):
        write_whole(tmp_path / "another", "new")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_line_that_was_cut_off_does_not_swallow_the_next_one(tmp_path):
    file = tmp_path / "notes.jsonl"
    file.write_text('{"n": 1}\n{"n"')

    append_lines(file, ['{"n": 2}', '{"n": 3}'])

    assert file.read_text().splitlines() == ['{"n": 1}', '{"n"', '{"n": 2}', '{"n": 3}']


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 5000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"", "no JSON"),
        (b" " * 101, "larger than 100 bytes"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(tmp_path, content, said):
    (tmp_path / "a.json").write_bytes(content)
    most = 100 if content.isspace() else 10**6

    with pytest.raises(ValueError, match=said) as raised:
        read_json(tmp_path / "a.json", most)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["::set-output name=a::b", "  ::error::x", "a\n::warning::b", "x ##[set-env a]b"]
)
def test_no_foreign_text_commands_githubs_runner(text):
    line = one_line(text)

    assert len(line.splitlines()) == 1
    assert not line.lstrip().startswith("::")
    assert "##[" not in line


def test_a_value_comes_back_as_it_is():
    assert parse_json('{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}
