"""What asv's own configuration says of regressions: where to begin, and how much counts."""

import json

import pytest
from generated import Behaviour, Planned
from in_process import antigil

LOSES = (
    Planned("work.One", "one", {0: Behaviour(), 3: Behaviour(serial=0.3)}),
    Planned("work.Two", "two", {0: Behaviour(), 8: Behaviour(serial=0.3)}),
    Planned("controls.Loop", "loop", {0: Behaviour(serial=1.0)}, control=True),
)


def found(history, **changes):
    """Return the workloads that have lost something, by a configuration with some changes."""
    file = history.root / "asv.conf.json"
    before = file.read_text()
    file.write_text(json.dumps({**json.loads(before), **changes}))
    done = antigil(history.root, "alert", "--format", "json", "--exit-zero")
    file.write_text(before)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["since"] is None
    return {one["workload"] for one in document["alerts"]}


@pytest.fixture
def losing(make_history):
    return make_history(LOSES, commits=12)


def test_only_what_came_after_the_beginning_that_asv_knows_raises_an_alert(losing):
    assert found(losing) == {"work.One", "work.Two"}
    assert found(losing, regressions_first_commits={".*": losing.hashes[5]}) == {"work.Two"}
    assert found(losing, regressions_first_commits={r"work\.One\.": losing.hashes[5]}) == {"work.Two"}
    assert found(losing, regressions_first_commits={"work.Two": losing.hashes[5]}) == {"work.One", "work.Two"}


def test_a_beginning_for_one_number_leaves_the_losses_of_the_others(losing):
    of_one = {"work.One.track_slowdown": losing.hashes[5]}
    assert found(losing, regressions_first_commits=of_one) == {"work.One", "work.Two"}


def test_where_asv_never_looks_for_regressions_no_alert_is_raised(losing):
    assert found(losing, regressions_first_commits={r"work\.Two": None}) == {"work.One"}


def test_so_it_is_with_the_beginning_that_is_antigils_own(losing):
    assert found(losing, antigil={"since": losing.hashes[5]}) == {"work.Two"}


def test_asvs_own_thresholds_count(losing):
    assert found(losing, regressions_thresholds={".*": 5.0}, antigil={"held_threshold": 0.9}) == set()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("regressions_first_commits", {"regressions_first_commits": {".*": "v7"}}),
        ("since", {"antigil": {"since": "v7"}}),
    ],
)
def test_a_beginning_that_is_no_commit_is_told_in_one_line_with_the_key_that_names_it(losing, key, told):
    """As after a rewritten history, where the user typed no commit at all."""
    losing.configure(**told)

    done = antigil(losing.root, "alert")

    named = f"no commit 'v7' here, which \"{key}\" in asv.conf.json names: fetch it, or name another one"
    assert (done.returncode, done.stderr) == (2, f"antigil: error: {named}\n")


def test_so_does_the_list_of_commits_that_lack_results(losing):
    losing.configure(antigil={"since": "v7"})

    assert 'which "since" in asv.conf.json names' in antigil(losing.root, "backlog").stderr
    assert antigil(losing.root, "backlog", "--since", "v8").stderr.startswith(
        "antigil: error: no commit 'v8' here: "
    )
