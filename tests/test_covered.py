"""Of the parts that decide, every line and every branch is reached by their own tests."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from covered import DECIDING, DECIDING_TESTS, by_room, table  # noqa: E402
from covered_c import c_files  # noqa: E402


@pytest.mark.parametrize("pattern", [*DECIDING, *DECIDING_TESTS])
def test_what_is_named_is_there(pattern):
    assert list(ROOT.glob(pattern)) != []


def test_a_table_adds_up_each_room_and_rounds_down():
    files = {
        "antigil/laws/one.py": counts(100, 100, 10, 10),
        "antigil/laws/two.py": counts(900, 899, 0, 0),
        "antigil/scaling/host.py": counts(10, 10, 0, 0),
        "antigil/scaling/verdicts/one.py": counts(10, 0, 4, 1),
        "antigil/files.py": counts(3, 3, 0, 0),
    }

    assert table("room", by_room(files)).splitlines()[2:] == [
        "| `antigil` | 3 | 100 % | 0 | – |",
        "| `antigil/laws` | 1000 | 99 % | 10 | 100 % |",
        "| `antigil/scaling` | 20 | 50 % | 4 | 25 % |",
    ]


def counts(lines, reached, branches, taken):
    return {
        "summary": {
            "num_statements": lines,
            "covered_lines": reached,
            "num_branches": branches,
            "covered_branches": taken,
        }
    }


@pytest.mark.timing  # it runs tests that nothing else may disturb
@pytest.mark.long
@pytest.mark.skipif(not shutil.which("gcov"), reason="needs gcov")
def test_what_is_reached_of_either_extension_is_counted():
    """The sampler works in processes that have the package under another name, and end without writing."""
    tests = (
        "tests/kernels/test_kernels_interrupt.py::test_portions_give_the_sum_of_all_steps",
        "tests/where/test_where_command.py::test_sleeping_threads_can_be_left_alone",
    )

    reached = {file: lines for file, (_, lines, _, _) in c_files(tests).items()}

    assert reached["antigil/kernels/article.c"] > 0
    assert reached["antigil/where/handler.c"] > 0
    assert set(reached) == {f"antigil/{file.parent.name}/{file.name}" for file in ROOT.glob("antigil/*/*.c")}


@pytest.mark.timing
@pytest.mark.long
def test_every_line_and_branch_of_what_decides_is_reached():
    command = [sys.executable, str(ROOT / "tools/covered.py"), "--deciding"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=2400, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
