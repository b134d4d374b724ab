"""The history's workflow where something comes between: other runs, outages, refusals, people, forks."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from histories import finished, history_run, issues, night, wait_until
from jobs import ROOT
from ruamel.yaml import YAML
from sample_project import git

pytestmark = pytest.mark.long


def planned(run):
    """Return the commits that a run has planned to measure."""
    shards = json.loads(run.called["backlog"].outputs["plan"]["shards"])
    return [hash_ for one in shards for hash_ in one["commits"].split()]


def stored_run(world):
    """Run the history's workflow until what was measured is stored."""
    return finished(world.github.run("history"), "store")


def stored(world):
    """Return the names of the files on the branch of results."""
    return git(world.origin, "ls-tree", "-r", "--name-only", "results")


def held_at_push(folder, number):
    """Return the environment of a run that is held at one of its pushes: until a file `go` is there."""
    folder.mkdir()
    hook = folder / "pre-push"
    hook.write_text(
        f"#!/bin/bash\necho >> {folder}/pushes\n[ $(wc -l < {folder}/pushes) = {number} ] || exit 0\n"
        f"touch {folder}/held\nuntil [ -e {folder}/go ]; do sleep 0.05; done\n"
    )
    hook.chmod(0o755)
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": str(folder)}


def lose(world, **serial):
    """Commit twice, and then a loss."""
    for i in range(2):
        world.commit(f"core: change {i}")
    return world.commit("core: lose something", **serial)


def test_of_two_pushes_at_once_the_second_waits_and_measures_nothing_twice(world, tmp_path):
    """The first is held right before it stores, and the second begins meanwhile."""
    first_commits = [world.commit(f"core: change {i}") for i in range(2)]
    slow, fast, hold = world.github.run("history"), world.github.run("history"), tmp_path / "hold"
    slow.environment = held_at_push(hold, 1)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(finished, slow, "store")
        try:
            wait_until((hold / "held").exists, first)
            newest = world.commit("core: go on")
            second = pool.submit(finished, fast, "store")
            wait_until(lambda: "antigil-backlog" in world.github.waiting, second)
        finally:
            (hold / "go").touch()
        first.result(), second.result()

    assert (sorted(planned(slow)), planned(fast)) == (sorted(first_commits), [newest])
    assert all(hash_[:8] in stored(world) for hash_ in [*first_commits, newest])


def test_what_one_run_remembers_and_another_stores_at_once_both_land(world, tmp_path):
    lose(world, Article=1.0)
    slow, hold = world.github.run("history"), tmp_path / "hold"
    slow.environment = held_at_push(hold, 2)  # the first push is that of the results
    with ThreadPoolExecutor() as pool:
        going = pool.submit(finished, slow)
        try:
            wait_until((hold / "held").exists, going)
            newest = world.commit("core: go on")
            world.github.run("history").go(until="store")
        finally:
            (hold / "go").touch()
        going.result()

    (remember,) = slow.jobs["remember"]
    assert remember.said.count("somebody else has written to the branch meanwhile; trying again") == 1
    assert newest[:8] in stored(world)
    assert "antigil-alerts.jsonl" in stored(world)
    assert "antigil-issues.jsonl" in stored(world)


def test_an_issue_that_somebody_closed_is_opened_again_for_another_loss_only(world):
    lose(world, Article=0.3)
    night(world)
    assert issues(world) == [(1, "open", 0)]
    (issue,) = world.kept("issues")
    world.keep("issues", [{**issue, "state": "closed", "state_reason": "not_planned", "labels": []}])

    world.commit("core: go on")
    night(world)
    assert issues(world) == [(1, "closed", 0)]

    world.commit("core: hold it throughout", Article=1.0)
    night(world)
    assert issues(world) == [(1, "open", 1)]


def test_an_issue_that_was_transferred_is_not_opened_anew(world):
    lose(world, Article=1.0)
    night(world)
    (issue,) = world.kept("issues")
    world.keep("issues", [{**issue, "transferred": True}])

    night(world)

    assert issues(world) == [(1, "open", 0)]


def test_a_refused_call_stops_no_other_and_a_re_run_does_what_is_left_and_nothing_twice(world):
    lose(world, Article=1.0)
    world.commit("core: lose something else", Other=0.9)
    world.keep("refusals", [{"match": "POST repos/someone/project/issues", "times": 1, "said": "(HTTP 500)"}])

    run = world.github.run("history").go()
    parts = run.called["history"].results
    assert parts == {"backlog": "success", "site": "success", "alert": "failure"}
    assert run.called["alert"].results == {"look": "success", "issues": "failure", "remember": "success"}
    assert [one["title"] for one in world.kept("issues")] == ["Parallelism lost: work.Article"]

    again = finished(run.again())
    assert set(again.jobs) == {"issues", "remember"}
    assert [one["title"].rpartition(".")[2] for one in world.kept("issues")] == ["Article", "Other"]
    finished(run.again())
    assert len(world.kept("issues")) == 2


def test_a_run_that_is_started_anew_as_a_whole_replaces_what_it_had_uploaded(world):
    lose(world, Article=1.0)
    run = history_run(world)
    assert len(planned(run)) == 3

    again = finished(run.again(everything=True))

    assert set(again.jobs) == {"plan", "build", "deploy", "look", "issues", "remember"}
    assert issues(world) == [(1, "open", 0)]


def test_after_an_outage_what_was_not_measured_is_measured_the_next_night_and_nothing_is_lost(world):
    first = [world.commit(f"core: change {i}") for i in range(2)]
    stored_run(world)
    second = world.commit("core: go on")

    outage = world.github.run("history", "schedule")
    outage.environment = {"REHEARSAL_OUTAGE": "1"}
    outage.go()
    assert outage.called["backlog"].results == {"plan": "success", "measure": "failure", "store": "success"}
    assert planned(outage) == [second]
    assert outage.called["history"].results["site"] == "success"

    assert planned(stored_run(world)) == [second]
    assert planned(stored_run(world)) == []
    for hash_ in [*first, second]:
        (name,) = (one for one in stored(world).split() if f"/{hash_[:8]}-" in one)
        kept = json.loads(git(world.origin, "show", f"results:{name}"))
        assert all(row[0] is not None for row in kept["results"].values())


def test_what_can_never_be_built_is_asked_three_times(world):
    world.commit("core: first")
    nights = []
    for _ in range(4):
        night = world.github.run("history", "schedule")
        night.environment = {"REHEARSAL_OUTAGE": "1"}
        nights.append(len(planned(night.go(until="store"))))

    assert nights == [1, 1, 1, 0]


@pytest.mark.parametrize("event_name", ["push", "schedule"])
def test_a_fork_does_nothing_on_its_own(world, event_name):
    world.commit("core: first")

    run = world.github.run("history", event_name, {"repository": {"fork": True}}).go()

    assert set(run.results.values()) == {"skipped"}
    assert git(world.origin, "branch", "--format=%(refname:short)") == "main"


def test_every_workflow_that_a_fork_would_start_on_its_own_is_guarded():
    guard, folder = "!github.event.repository.fork", ROOT / ".github/workflows"

    def guarded(job):
        """Tell whether a job has the guard, or each that it calls which waits for no other."""
        if "uses" not in job:
            return guard in job.get("if", "")
        called = YAML(typ="safe").load(folder / Path(job["uses"]).name)["jobs"].values()
        return guard in job.get("if", "") or all("needs" in one or guarded(one) for one in called)

    for path in folder.glob("*.yml"):
        content = YAML(typ="safe").load(path)
        for name, job in content["jobs"].items():
            own = {"push", "schedule"} & set(content["on"])
            if own and ("needs" not in job or "always()" in job.get("if", "")):
                assert guarded(job), (path.name, name)


@pytest.mark.parametrize("commits", [20, 21])
def test_of_one_shard_or_two_everything_is_stored(world, commits):
    """A single artifact is unpacked where several get folders of their own."""
    made = [world.commit(f"core: change {i}") for i in range(commits)]

    run = stored_run(world)

    assert len(json.loads(run.called["backlog"].outputs["plan"]["shards"])) == (1 if commits == 20 else 2)
    assert all(hash_[:8] in stored(world) for hash_ in made)


def test_folders_of_the_projects_own_stand_in_nobodys_way_and_are_not_pushed(world):
    """Those that bear the names of what a job makes."""
    for name in ("alerts/memory", "issues", "stored", "incoming", "incoming/vm"):
        (world.work / name).mkdir(parents=True, exist_ok=True)
        (world.work / name / "own.json").write_text("{}")
        (world.work / name / "antigil-issues.jsonl").write_text('{"change": "own", "issue": 1}\n')
    lose(world, Article=1.0)

    night(world)

    assert issues(world) == [(1, "open", 0)]
    assert "own" not in git(world.origin, "show", "results:antigil-issues.jsonl")
    assert not [one for one in stored(world).split() if "own" in one]
