"""Whether threads help, and what stops them: statements whose truth is known beforehand.

Beside busy programs the verdict may stay open, but it is never a wrong one. What is known without a GIL is
measured where this Python has none: `make test-all` runs these tests under one, too (tools/pythons.py).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from marks import needs_two_cpus
from once_more import once_more

from antigil.report.measurement.lines import measurement_to_json
from antigil.scaling import MeasurementError, Workload, gil_enabled, measure

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from known_verdicts import NO_LAWS, WITHOUT, rows_for, wrong

pytestmark = [pytest.mark.timing, needs_two_cpus]

BY_COMMAND = "a loop"
"""One is enough by the command, as users measure: it takes half a second to start."""

MOST_TELLING = ("a shared list", "a sleep under a lock")
"""Without a GIL: threads that write reference counts side by side, and threads that wait."""


def measured(row):
    """Measure with this Python; a refusal is a failure, as what disturbs may be over the second time."""
    try:
        found = measure(Workload(row.statement, row.setup), (1, 2), budget=2.0)
    except MeasurementError as error:
        pytest.fail(str(error))
    return measurement_to_json(found, NO_LAWS)


def measured_by_command(python, row, folder=None):
    command = [python, "-m", "antigil", "measure", "--json", "-", "-t", "1,2", "--budget", "2"]
    environment = os.environ if folder is None else {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [*command, "-s", row.setup, row.statement],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("row", rows_for(None), ids=lambda row: row.name)
@once_more
def test_the_verdict_and_its_cause_are_right(row):
    by_command = row.name == BY_COMMAND
    assert wrong(row, measured_by_command(sys.executable, row) if by_command else measured(row)) is None


if gil_enabled():  # else they are among those above

    @pytest.mark.parametrize(
        "row", [row for row in WITHOUT if row.name in MOST_TELLING], ids=lambda row: row.name
    )
    @once_more
    def test_under_a_python_without_a_gil_the_verdict_and_its_cause_are_right(row, free_threaded):
        python, folder = free_threaded
        assert wrong(row, measured_by_command(python, row, folder)) is None
