"""asv's stored files as antigil reads and writes them without asv: the same to the byte."""

import json

import pytest
from asv.benchmarks import Benchmarks
from asv.machine import Machine
from asv.results import Results
from asv.util import load_json, write_json

from antigil.ci.asv_files import (
    BENCHMARKS_VERSION,
    MACHINE_VERSION,
    RESULTS_VERSION,
    read_file,
    write_file,
)

CONTENT = {"name": "é ☃", "b": [1, 2.5, None, 1e-9, float("nan")], "a": {"y": True, "x": {}}, "empty": []}


def test_the_formats_are_those_of_the_asv_that_is_installed():
    versions = (Results.api_version, Benchmarks.api_version, Machine.api_version)

    assert versions == (RESULTS_VERSION, BENCHMARKS_VERSION, MACHINE_VERSION)


@pytest.mark.parametrize("compact", [True, False])
def test_what_is_written_is_what_asv_writes_to_the_byte(tmp_path, compact):
    ours, asvs = tmp_path / "new folder/ours.json", tmp_path / "asvs.json"
    write_file(ours, CONTENT, 2, compact=compact)
    write_json(str(asvs), CONTENT, 2, compact=compact)

    assert ours.read_bytes() == asvs.read_bytes()


def test_what_is_read_is_what_asv_reads(tmp_path):
    file = tmp_path / "file.json"
    write_json(str(file), CONTENT, 2)

    assert repr(read_file(file, 2)) == repr(load_json(str(file), 2))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("\udcff", "no JSON"),
        ("[]", "no file of asv"),
        ("{}", "no file of asv"),
        (json.dumps({"version": 1}), "version 1, and 2 is known"),
        (json.dumps({"version": 3}), "version 3, and 2 is known"),
    ],
)
def test_anything_else_is_refused_with_the_reason(tmp_path, text, why):
    file = tmp_path / "file.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ValueError, match=why):
        read_file(file, 2)
