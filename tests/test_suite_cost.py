"""Where the suite's time goes, as `tools/suite_cost.py` reads it from asv's results."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import suite_cost  # noqa: E402


def test_a_workloads_measuring_and_its_numbers_are_told_apart_and_summed_up():
    told = {
        "result_columns": ["result", "params", "duration"],
        "results": {
            "work.One.track_slowdown": [[1.0, 2.0], [["1", "2"]], 0.5],
            "work.One.track_gil_held": [[0.1], [], 0.25],
            "price.Price.track_call": [[1.0], [], 0.5],
            "work.Other.track_gil_held": [None, [], None],
        },
        "durations": {"<setup_cache work.One():138>": 8.0, "<setup_cache price:57>": 3.0},
    }

    assert suite_cost.table([told, told]) == [
        ["work.One", "8.0", "3", "0.8", "8.8"],
        ["price.Price", "3.0", "1", "0.5", "3.5"],
        ["all", "11.0", "4", "1.2", "12.2"],
    ]


def test_results_that_asv_stored_can_be_read():
    file = next((ROOT / "tests/site/own/vm").glob("*-virtualenv-py3.11.json"))

    *_, last = suite_cost.table([json.loads(file.read_text(encoding="utf-8"))])

    assert last[0] == "all"
    assert float(last[4]) > 10
