"""Another project's workflows, as `antigil init --github` writes them: they call antigil's own."""

import json

import pytest
from histories import issues
from jobs import ROOT, Job
from ruamel.yaml import YAML
from sample_project import git

PIN = "antigil[asv]@git+https://github.com/maker/antigil@" + "a" * 40
MASTER = "refs/heads/master"


def pull_request(world):
    """Push a fork's pull request that loses a release; return the event that it is."""
    base = git(world.work, "rev-parse", "master")
    git(world.work, "checkout", "-q", "-b", "faster")
    head = world.commit("quick: tidy up", Other=1.0)
    pull = {"number": 7, "head": {"sha": head, "label": "stranger:faster"}}
    world.keep("pulls", [pull])
    return {"action": "opened", "pull_request": {**pull, "base": {"sha": base}, "labels": []}}


def completed(event, compared):
    """Return the event of a workflow that has ended."""
    run = {"id": 1, "event": "pull_request", "conclusion": compared.results["compare"], "pull_requests": []}
    run |= {
        "head_sha": event["pull_request"]["head"]["sha"],
        "head_branch": "faster",
        "html_url": "https://x",
        "run_attempt": 1,
    }
    return {"workflow_run": run | {"head_repository": {"id": 2, "owner": {"login": "stranger"}}}}


def installed(run):
    """Return what pip was asked for by those jobs of a run that installed something."""
    files = [job.home / "installed" for jobs in run.jobs.values() for job in jobs]
    return [file.read_text().strip() for file in files if file.exists()]


def said(run):
    return [job.said for jobs in run.jobs.values() for job in jobs]


def test_from_init_to_one_issue_and_one_comment(foreign):
    for i in range(3):
        foreign.commit(f"quick: change {i}")
    foreign.commit("quick: hold the lock", Article=1.0)
    foreign.commit("quick: go on")
    history = foreign.github.run("antigil-history", ref=MASTER).go()
    assert history.results == {"history": "success"}, said(history)
    assert set(installed(history)) == {PIN}
    assert issues(foreign) == [(1, "open", 0)], said(history)
    assert foreign.kept("issues")[0]["title"] == "Parallelism lost: work.Article"
    assert (history.artifacts / "pages/speedup/work.Article.html").exists()

    event = pull_request(foreign)
    compared = foreign.github.run("antigil-compare", "pull_request", event, "refs/pull/7/merge").go()
    assert compared.checks == {"Parallelism / Compare": "failure"}
    assert installed(compared) == [PIN]
    for _ in range(2):
        telling = foreign.github.run("antigil-comment", "workflow_run", completed(event, compared), MASTER)
        telling.artifacts = compared.artifacts
        assert telling.go().results == {"comment": "success"}, said(telling)
        assert installed(telling) == []
    group = {
        "base_sha": event["pull_request"]["base"]["sha"],
        "head_sha": event["pull_request"]["head"]["sha"],
    }
    queued = foreign.github.run(
        "antigil-compare", "merge_group", {"merge_group": group}, "refs/heads/queue"
    ).go()
    assert queued.checks == {"Parallelism / Compare": "failure"}
    (posted,) = foreign.kept("comments")
    assert posted["issue"] == 7
    assert "Confirmed loss: `work.Other`" in posted["body"]


def test_inputs_say_since_when_and_how_many_commits_are_measured(foreign):
    since = git(foreign.work, "rev-parse", "master")
    newer = [foreign.commit(f"quick: change {i}") for i in range(3)]

    def planned(**given):
        run = foreign.github.run("antigil-history", ref=MASTER)
        run.content["jobs"]["history"]["with"] |= given
        (shard,) = json.loads(run.go(until="plan").called["backlog"].outputs["plan"]["shards"])
        return sorted(shard["commits"].split())

    assert planned(since=since) == sorted(newer)
    assert planned(limit=2) == sorted(newer[1:])


def test_every_branch_that_the_suite_names_is_measured_and_drawn(foreign):
    for branch in ("master", "old/1.x"):
        git(foreign.work, "checkout", "-q", "-B", branch)
        kept = foreign.commit(f"quick: on {branch}")
    git(foreign.work, "checkout", "-q", "master")
    suite = foreign.work / "asv_bench/asv.conf.json"
    suite.write_text(suite.read_text().replace('["master"]', '["master", "old/1.x"]'))
    foreign.commit("bench: track the old branch, too")

    run = foreign.github.run("antigil-history", ref=MASTER).go()

    assert run.results == {"history": "success"}, said(run)
    assert f"of {kept[:8]}" in "".join(said(run))
    drawn = {path.name for path in (run.artifacts / "pages/graphs").rglob("branch-*")}
    assert drawn == {"branch-master", "branch-old_1.x"}


def test_a_part_of_the_suite_is_measured_and_kept_on_a_branch_that_the_caller_names(foreign):
    git(foreign.work, "push", "-q", "origin", "master:results")  # somebody else's, by this name
    foreign.commit("quick: go on")
    run = foreign.github.run("antigil-history", ref=MASTER)
    run.content["jobs"]["history"]["with"] |= {"bench": "First|Sha256 of", "results_branch": "figures"}

    assert run.go().results == {"history": "success"}, said(run)

    assert "simulated First|Sha256 of of " in "".join(said(run))
    assert "antigil-results.md" in git(foreign.origin, "ls-tree", "--name-only", "figures")
    assert "antigil-results.md" not in git(foreign.origin, "ls-tree", "--name-only", "results")


@pytest.mark.parametrize(
    ("paths", "failed"),
    [(".", True), ("asv_bench setup.py", False), ("asv_bench\nbehaviour.json\n", True)],
)
def test_the_action_fails_a_pull_request_that_loses_something(foreign, paths, failed):
    action = YAML(typ="safe").load(ROOT / "action.yml")
    event = pull_request(foreign)
    github = {"event_name": "pull_request", "event": event, "ref": "refs/pull/7/merge"}
    github |= {"action_path": "/actions/antigil"}
    given = {name: told["default"] for name, told in action["inputs"].items()}
    given |= {"directory": "asv_bench", "paths": paths, "install": "--pre\nantigil[asv]  numpy\n"}
    home, environment = foreign.github.machine({**github, "repository": "someone/quick", "run_attempt": 1})

    contexts = {"github": github, "inputs": given}
    job = Job(action["runs"], {}, home, foreign.origin, home, contexts, environment).run()

    assert job.failed == failed, job.said
    assert ("Confirmed loss: `work.Other`" in job.summary) == failed
    assert (home / "installed").read_text().strip() == "--pre antigil[asv] numpy"


def test_modules_at_the_projects_top_do_not_hide_pythons_own(foreign):
    """Python finds those in the folder where it is started first, if it is let to."""
    for name in ("queue", "secrets", "statistics"):
        (foreign.work / f"asv_bench/{name}.py").write_text("raise SystemExit('not the one of Python')\n")
    foreign.commit("quick: name modules like Python's")

    run = foreign.github.run("antigil-history", ref=MASTER).go()
    event = pull_request(foreign)
    compared = foreign.github.run("antigil-compare", "pull_request", event, "refs/pull/7/merge").go()

    assert run.results == {"history": "success"}, said(run)
    assert "Confirmed loss: `work.Other`" in compared.jobs["compare"][0].summary


def test_a_part_of_the_suite_is_compared(foreign):
    event = pull_request(foreign)
    run = foreign.github.run("antigil-compare", "pull_request", event, "refs/pull/7/merge")
    run.content["jobs"]["compare"]["with"] |= {"bench": "Article|it's $HOME"}

    assert run.go().results == {"compare": "success"}, said(run)

    assert "comparing Article|it's $HOME" in "".join(said(run))
