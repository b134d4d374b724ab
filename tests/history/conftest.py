"""Generated histories that several tests read."""

import pytest
from generated import Behaviour, Place, Planned, generate, load, publish, standard_plan

PLACES = (Place(), Place(python="3.14t", gil=False))


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """Generate 40 commits in two environments; return the folder and the commits' hashes."""
    root = tmp_path_factory.mktemp("history") / "project"
    timed = (Planned("legacy.TimeSort.time_sort", "", {0: Behaviour(), 20: Behaviour(serial=0.3)}),)
    plan = standard_plan(40, places=PLACES, timed=timed, unmeasured=frozenset({5, 6}))
    return root, generate(plan, root)


@pytest.fixture(scope="session")
def archive(history):
    return load(history[0])


@pytest.fixture(scope="session")
def published(history):
    """Publish the same history by a real ``asv publish``; return the folder of asv's pages."""
    root, _ = history
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html"
