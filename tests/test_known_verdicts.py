"""The tool that counts right verdicts: which causes it takes for right, and what it notes and prints."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import known_verdicts
import support


def form(cause, cpus=2, scaling="does-not"):
    points = [{"disturbed": False}]
    judged = {"low": 0.9, "high": 1.0}
    machine = {"cpus_allowed": cpus}
    return {"scaling": scaling, "cause": cause, "waits": "each other", "sentence": "so", "points": points,
            "judged": judged, "machine": machine}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "cause", "cpus", "is_right"),
    [
        (known_verdicts.A_POOL_OF_ITS_OWN, "own-threads", 2, True),
        (known_verdicts.A_POOL_OF_ITS_OWN, "waiting", 2, False),
        (known_verdicts.A_POOL_OF_ITS_OWN, "waiting", 4, True),
        (known_verdicts.A_POOL_FOR_EACH_CALL, "waiting", 2, False),
        (known_verdicts.A_POOL_FOR_EACH_CALL, "waiting", 16, False),
        (known_verdicts.A_POOL_FOR_EACH_CALL, "own-threads", 16, True),
    ],
)
def test_threads_wait_for_a_pool_of_two_only_where_they_share_it_and_it_leaves_cpus_idle(
    row, cause, cpus, is_right
):
    assert (known_verdicts.wrong(row, form(cause, cpus)) is None) is is_right


def test_runs_of_two_pythons_in_one_file_are_counted_apart_and_in_all(tmp_path, monkeypatch, capsys):
    row, file = known_verdicts.A_POOL_OF_ITS_OWN, tmp_path / "runs.jsonl"
    monkeypatch.setattr(known_verdicts, "rows_for", lambda _: (row,))
    monkeypatch.setattr(known_verdicts, "measure_in_turn", lambda *_, **__: [None])
    monkeypatch.setattr(sys, "argv", ["known_verdicts", str(file), "--runs", "1"])
    for python, cause in (("CPython 3.11.7", "own-threads"), ("CPython 3.14.7", "gil")):
        monkeypatch.setattr(known_verdicts, "this_python", lambda python=python: python)
        monkeypatch.setattr(known_verdicts, "measurement_to_json", lambda *_, cause=cause: form(cause))
        status = known_verdicts.main()

    told = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [one["python"] for one in support.read_notes(file)] == ["CPython 3.11.7", "CPython 3.14.7"]
    assert "| CPython 3.11.7 | a pool of its own | 1 | 0 | 0 |" in told
    assert "| CPython 3.14.7 | a pool of its own | 0 | 0 | 1 |" in told
    assert "| 2 runs |  | 1 | 0 | 1 |" in told
