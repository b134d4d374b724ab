"""Rows that are kept between runs: what the files say, read anew wherever anything differs."""

import io
import json
import os
import shutil
from unittest import mock

import numpy as np
import pytest
from generated import Behaviour, Planned, generate, load, standard_plan

from antigil.history import result_rows
from antigil.history.asv_adapter import stored
from antigil.history.result_rows import FILE

COMMITS = 12


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    root = tmp_path_factory.mktemp("rows") / "project"
    workloads = tuple(
        Planned(f"work.Number{i}", "", {0: Behaviour(), 6: Behaviour(serial=i / 4)}) for i in range(2)
    )
    generate(standard_plan(COMMITS, workloads=workloads, tags={}), root)
    return root


@pytest.fixture
def root(generated, tmp_path, monkeypatch):
    """Return a history of one's own, whose files count as settled."""
    monkeypatch.setattr(result_rows, "SETTLED", -1)
    root = tmp_path / "project"
    shutil.copytree(generated / "results", root / "results")
    shutil.copy(generated / "asv.conf.json", root)
    (root / "repo").symlink_to(generated)
    return root


def read(root):
    """Return the archive, and how many files of results were read for it."""
    with mock.patch.object(result_rows, "load_results", wraps=stored.load_results) as loads:
        archive, _ = load(root, repo=root / "repo")
    return archive, loads.call_count


def numbers(archive):
    """Return all that an archive says, in a form that is equal if it is the same."""
    series = [
        (s.workload, s.quantity, s.threads, s.environment, *(column.tobytes() for column in columns(s)))
        for s in archive.series
    ]
    return series, archive.environments, archive.commits, archive.problems


def columns(series):
    return series.revisions, series.values, series.low, series.high, series.states


def files(root):
    return sorted((root / "results/alpha").glob("*-*.json"))


def test_what_was_read_once_is_not_read_again_and_says_the_same(root):
    first, loads = read(root)
    again, loads_again = read(root)

    assert (loads, loads_again) == (COMMITS, 0)
    assert numbers(again) == numbers(first)


def test_one_more_file_is_the_only_one_that_is_read(root):
    (root / "newest.json").write_bytes(files(root)[0].read_bytes())
    held_back = files(root)[0]
    held_back.unlink()
    without, _ = read(root)

    shutil.copy(root / "newest.json", held_back)
    found, loads = read(root)

    assert loads == 1
    assert {len(s.revisions) for s in without.series} == {COMMITS - 1}
    assert {len(s.revisions) for s in found.series} == {COMMITS}
    assert read(root)[1] == 0


def test_a_file_that_was_taken_away_is_forgotten(root):
    read(root)
    files(root)[3].unlink()

    found, loads = read(root)

    assert loads == 0
    assert {len(s.revisions) for s in found.series} == {COMMITS - 1}


def doubled(file):
    """Write other numbers of the same length in place."""
    text = file.read_text()
    changed = text.replace("1", "2")
    assert changed != text
    assert len(changed) == len(text)
    file.write_text(json.dumps({**json.loads(text), "results": json.loads(changed)["results"]}))


def test_a_file_that_changed_is_read_again(root):
    before, _ = read(root)
    doubled(files(root)[5])

    found, loads = read(root)

    assert loads == 1
    assert numbers(found) != numbers(before)


def test_a_file_of_the_same_size_and_time_is_read_again_if_it_changed(root):
    before, _ = read(root)
    file = files(root)[5]
    told = file.stat()
    text = file.read_text()
    document = json.loads(text)
    name = next(name for name, row in document["results"].items() if row[0] and len(row[0]) > 1)
    row = document["results"][name][0]
    row[1], row[2] = row[2], row[1]
    file.write_text(json.dumps(document))
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))

    found, loads = read(root)

    assert loads == 1
    assert numbers(found) != numbers(before)


def test_a_file_written_just_now_is_read_again_the_next_time(root, monkeypatch):
    monkeypatch.setattr(result_rows, "SETTLED", 3600)

    assert [read(root)[1] for _ in range(2)] == [COMMITS, COMMITS]


def test_a_suite_that_changed_reads_all_again(root):
    before, _ = read(root)
    file = root / "results/benchmarks.json"
    suite = json.loads(file.read_text())
    gone = next(name for name, one in suite.items() if isinstance(one, dict) and "Number1" in name)
    del suite[gone]
    file.write_text(json.dumps(suite))

    found, loads = read(root)

    assert loads == COMMITS
    assert len(found.series) < len(before.series)
    assert "1 benchmarks have results but are no longer in the suite" in [p.what for p in found.problems]
    assert numbers(read(root)[0]) == numbers(found)


def test_results_of_another_version_are_left_out_and_named_once_and_again_when_they_are_kept(root):
    file = root / "results/benchmarks.json"
    suite = json.loads(file.read_text())
    for name in ("work.Number0.track_slowdown", "work.Number1.time_call"):
        suite[name]["version"] = "2"
    file.write_text(json.dumps(suite))

    found = [read(root) for _ in range(2)]

    said = "2 benchmarks have results of an earlier version, left out: measure those commits again"
    for archive, _ in found:
        assert [p.where for p in archive.problems if p.what == said] == [
            "work.Number0.track_slowdown, work.Number1.time_call"
        ]
        assert not [s for s in archive.series if (s.workload, s.quantity) == ("work.Number0", "slowdown")]
    assert [loads for _, loads in found] == [COMMITS, 0]


def link_to_nothing(file):
    file.unlink()
    file.symlink_to("nothing.json")


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("{"), link_to_nothing])
def test_a_file_that_cannot_be_read_is_told_each_time(root, spoil):
    spoil(files(root)[0])

    told = [[(p.where, p.what) for p in read(root)[0].problems] for _ in range(2)]

    assert told[0] == told[1]
    assert len(told[0]) == 1
    assert "could not be read" in told[0][0][1]


def test_results_under_another_machines_name_are_not_those_that_were_kept(root):
    read(root)
    file = root / "results/alpha/machine.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "machine": "beta"}))

    assert read(root)[1] == COMMITS


def rewritten(file, **arrays):
    with np.load(file) as content:
        np.savez(file, **{**content, **arrays})


def document(file, **parts):
    with np.load(file) as content:
        told = {**json.loads(content["told"].tobytes()), **parts}
    rewritten(file, told=np.frombuffer(json.dumps(told).encode(), np.uint8))


def array_bytes():
    content = io.BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


DAMAGE = {
    "cut off": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: os.truncate(file, 0),
    "a byte": lambda file: file.write_bytes(file.read_bytes()[:5000] + b"\x55" + file.read_bytes()[5001:]),
    "no archive": lambda file: file.write_text("{}"),
    "an array": lambda file: file.write_bytes(array_bytes()),
    "fewer numbers": lambda file: rewritten(file, numbers=np.zeros((2, 3, 3))),
    "other numbers": lambda file: rewritten(file, numbers=np.array(["a"])),
    "objects": lambda file: rewritten(file, states=np.array([None, {}], dtype=object)),
    "no JSON": lambda file: rewritten(file, told=np.frombuffer(b"[[", np.uint8)),
    "a list": lambda file: rewritten(file, told=np.frombuffer(b"[]", np.uint8)),
    "deep": lambda file: rewritten(file, told=np.frombuffer(b"[" * 100_000, np.uint8)),
    "no heads": lambda file: document(file, heads=[]),
    "wrong heads": lambda file: document(file, heads=[1] * COMMITS),
    "no such origin": lambda file: document(file, origins=[]),
    "one stamp for two": lambda file: document(file, stamps=[["a", "alpha", 1, 2, 3, 4]] * COMMITS),
    "wrong stamps": lambda file: document(file, stamps=[[1, 2]] * COMMITS),
    "another suite": lambda file: document(file, digest="0"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_changes_nothing_and_is_made_anew(root, damage):
    expected, _ = read(root)
    damage(root / "env" / FILE)

    found, loads = read(root)

    assert loads == COMMITS
    assert numbers(found) == numbers(expected)
    assert read(root)[1] == 0


def test_a_folder_that_cannot_be_written_to_is_told_and_costs_nothing_else(root, capsys):
    (root / "env").write_text("")

    found, loads = read(root)

    assert loads == COMMITS
    assert len(found.series) > 0
    assert "antigil-results.npz cannot be kept" in capsys.readouterr().err
