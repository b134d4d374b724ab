"""Ctrl-C while asv measures ends the command; asv itself calls that an error of its user's."""

import pytest
from asv.runner import run_benchmark
from asv.util import UserError as AsvUserError
from nights import lost_from

from antigil.commands import main as cli
from antigil.errors import UserError
from antigil.guard import comparison
from antigil.guard.alert_log import MEMORY
from antigil.history.asv_adapter.configuration import asv_errors


class Interrupted:
    """What starts asv's benchmarks, interrupted meanwhile."""

    def run(self, *words, **options):
        """Be interrupted."""
        raise KeyboardInterrupt

    def interrupt(self):
        """End nothing."""


def run_interrupted(*words, **options):
    """Let asv run a benchmark, and interrupt it."""
    benchmark = {"name": "work.One.time_call", "params": [], "timeout": 60.0}
    with asv_errors():
        run_benchmark(benchmark, Interrupted(), profile=False)


@pytest.mark.parametrize("command", ["alert", "bisect"])
def test_an_interruption_ends_the_command_and_nothing_is_noted(history, monkeypatch, command):
    history.shows = lost_from(8)
    monkeypatch.setattr(comparison, "measure_both", run_interrupted)
    words = {"alert": ["--confirm"], "bisect": [history.hashes[0], history.hashes[8], "work.One"]}

    assert cli.main([command, *words[command]]) == 130
    assert not (history.root / "results" / MEMORY).exists()


def test_a_search_that_is_interrupted_later_ends_too(history, monkeypatch):
    history.shows = lost_from(5)
    measure = comparison.measure_both

    def measure_at_first(place, sides, workloads=None, progress=None):
        return measure(place, sides, workloads) if len(history.asked) < 2 else run_interrupted()

    monkeypatch.setattr(comparison, "measure_both", measure_at_first)

    assert cli.main(["bisect", history.hashes[0], history.hashes[8], "work.One"]) == 130


def test_another_error_of_asvs_is_one_line_still():
    with pytest.raises(UserError, match=r"^Interrupted\.$"), asv_errors():
        raise AsvUserError("Interrupted.")
