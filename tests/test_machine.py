"""``antigil ci machine``: the description of this machine that asv keeps its results by."""

import json
import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the home directory is not HOME there")


@pytest.fixture
def machine_file(tmp_path):
    """Make asv know this machine in a home of its own; return the name and what asv then knows."""

    def know():
        done = subprocess.run(
            [sys.executable, "-m", "antigil", "ci", "machine"],
            env={**os.environ, "HOME": str(tmp_path)},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.removesuffix("\n"), json.loads((tmp_path / ".asv-machine.json").read_text())

    know.path = tmp_path / ".asv-machine.json"
    return know


def test_machine_is_described_without_what_a_reboot_changes(machine_file):
    name, known = machine_file()

    assert set(known) == {name, "version"}
    assert re.fullmatch(r"[a-z0-9.-]+-\d+cpu", name)
    entry = known[name]
    assert set(entry) == {"machine", "os", "arch", "cpu", "num_cpu", "ram"}
    assert (entry["machine"], entry["os"], entry["ram"]) == (name, os.uname().sysname, "")


def test_machine_that_asv_knows_stays_as_it_is(machine_file):
    name, known = machine_file()
    known[name]["os"] = "mine"
    machine_file.path.write_text(json.dumps({**known, "another": known[name]}))

    assert machine_file() == (name, {**known, "another": known[name]})
