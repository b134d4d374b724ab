"""Runs of the history's workflow, and what came of them."""

import time

#: What the history's parts are given by this repository's own workflow.
GIVEN = {"install": "-e .[asv]", "python": "3.13", "directory": ".", "branch": "main", "since": ""}
GIVEN |= {"results_branch": "results"}

LONGEST_WAIT_SECONDS = 300


def finished(run, until=None):
    """Run all jobs, or those up to one, of which none may fail; return the run."""
    run.go(until)
    assert "failure" not in run.results.values(), [job.said for one in run.jobs.values() for job in one]
    return run


def history_run(world):
    return finished(world.github.run("history"))


def night(world, **given):
    """Measure what lacks results, store it, and look for losses; return the look. Nothing is drawn."""
    finished(world.github.run("backlog", given={**GIVEN, "bench": "", "limit": 0, **given}))
    return finished(world.github.run("alert", given={**GIVEN, **given}))


def issues(world):
    return [(one["number"], one["state"], len(one["comments"])) for one in world.kept("issues")]


def wait_until(holds, running):
    """Wait until something holds, but no longer than what is to bring it about runs, nor for ever."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not holds() and not running.done() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert holds(), running.result() if running.done() else "it never came"
