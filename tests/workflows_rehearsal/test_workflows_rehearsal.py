"""The workflows' steps, run in order: from an empty results branch to a site and an issue, and back."""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sample_project import git

LABELS = "github.event.pull_request.labels.*.name"
TOKEN = {"github.token": "may-write", "github.repository": "someone/project"}


def succeed(job):
    """Run a job that has to succeed; return it."""
    job.run()
    assert job.status == 0, job.said
    return job


def start(world, name, shared, **values):
    environment = {"REHEARSAL_PYTHON": sys.executable}
    return world.runner.job("history", name, shared, values={**TOKEN, **values}, **environment)


def measured(world, shared):
    """Run the jobs of a history run up to what it measured; return the shards."""
    shards = json.loads(succeed(start(world, "plan", shared)).outputs["shards"])
    for index, shard in enumerate(shards):
        values = {"matrix.shard": shard, "strategy.job-index": index}
        succeed(start(world, "measure", shared, **values))
    return shards


def history_run(world, shared):
    """Run all jobs of a history run as the workflow orders them."""
    if measured(world, shared):
        succeed(start(world, "store", shared))
    succeed(start(world, "site", shared))
    succeed(start(world, "alert", shared))
    succeed(start(world, "issues", shared))
    return world.runner.folder / shared / "pages"


def issues(world):
    return [(one["number"], one["state"], len(one["comments"])) for one in world.github("issues")]


def branches(world):
    return git(world.origin, "branch", "--format=%(refname:short)").split()


def test_ten_commits_with_a_lost_release_end_in_a_marked_page_and_one_issue(world, shown_changes):
    for i in range(6):
        before = world.commit(f"core: change {i}")
    lost = world.commit("core: lose the release", Article=1.0)
    for i in range(7, 10):
        world.commit(f"core: change {i}")
    assert branches(world) == ["main"]

    pages = history_run(world, "first")

    assert branches(world) == ["main", "results"]
    assert marked(pages) == {("work.Article", lost, "lost")}
    (change,) = shown_changes(pages / "speedup/work.Article.html")
    assert lost[:8] in change
    assert "Lost." in change
    assert shown_changes(pages / "speedup/work.Other.html") == []
    (issue,) = world.github("issues")
    assert (issue["title"], issue["state"]) == ("Parallelism lost: work.Article", "open")
    expect_actionable(issue["body"], before, lost)


def expect_actionable(body, before, lost):
    """Check that an issue tells the commit, who made it, what it cost, where to look and what to type."""
    assert (
        f"{lost} `core: lose the release`, by `A`; the last commit\nmeasured before it is {before[:8]}"
        in body
    )
    for n in (2, 4):
        row = rf"^\| speedup, {n} threads \| ([\d.]+)× \| ([\d.]+)× \| −\d\d % \| lost \|$"
        (found,) = re.findall(row, body, re.M)
        assert [float(speedup) for speedup in found] == pytest.approx([n, 1.0], rel=0.1)
    assert re.search(r"^\| GIL held \| 0\.\d % \| (99|100)\.\d % \| \+\d+ points \| lost \|$", body, re.M)
    assert "Its history: https://example.org/site/speedup/work.Article.html" in body
    assert f"`antigil compare {before[:12]} {lost[:12]} -b '^work\\.Article\\b'`" in body
    assert "excuse the workload with a reason" in body


def test_a_loss_opens_one_issue_a_second_push_updates_it_and_a_fix_closes_it(world):
    for i in range(4):
        world.commit(f"core: change {i}")
    for i in range(4):
        world.commit(f"core: hold it for a third, {i}", Article=0.3)
    history_run(world, "first")
    assert issues(world) == [(1, "open", 0)]

    for i in range(4):
        world.commit(f"core: hold it throughout, {i}", Article=1.0)
    history_run(world, "second")
    assert issues(world) == [(1, "open", 1)]
    assert world.github("issues")[0]["body"].count("### lost in") == 2

    for i in range(3):
        world.commit(f"core: release again, {i}", Article=0.0)
    history_run(world, "third")
    assert issues(world) == [(1, "closed", 2)]
    assert "recovered since" in world.github("issues")[0]["comments"][1]


def test_two_workloads_that_lost_something_have_an_issue_each(world):
    for i in range(4):
        world.commit(f"core: change {i}")
    for i in range(4):
        world.commit(f"core: hold it, {i}", Article=1.0, Other=0.9)
    history_run(world, "first")

    assert issues(world) == [(1, "open", 0), (2, "open", 0)]
    assert {one["title"].partition(": ")[2] for one in world.github("issues")} == {
        "work.Article",
        "work.Other",
    }


def test_a_night_without_a_commit_does_nothing(world):
    for i in range(4):
        world.commit(f"core: change {i}")
    history_run(world, "first")

    plan = succeed(start(world, "plan", "second"))

    assert plan.outputs["shards"] == "[]"
    assert world.github("issues") == []


def test_two_history_runs_at_once_both_land(world):
    first = [world.commit(f"core: change {i}") for i in range(3)]
    measured(world, "one")
    second = [world.commit(f"core: change {i}") for i in range(3, 6)]
    measured(world, "other")

    with ThreadPoolExecutor() as pool:
        jobs = list(pool.map(succeed, [start(world, "store", name) for name in ("one", "other")]))

    stored = git(world.origin, "ls-tree", "-r", "--name-only", "results")
    assert len(jobs) == 2
    assert all(hash_[:8] in stored for hash_ in first + second)


def marked(pages):
    """Return workload, commit and direction of every change that the site's pages mark."""
    found = set()
    for file in (pages / "speedup/data").glob("*.js"):
        told = re.findall(r'"hash":"(\w{40})"[^{}]*?"direction":"(\w+)"', file.read_text())
        found |= {(file.stem, hash_, direction) for hash_, direction in told}
    return found


@pytest.fixture
def pull_request(world):
    """Return base and head of a fork's pull request that loses a release."""
    base = world.commit("core: first")
    git(world.work, "checkout", "-q", "-b", "faster")
    return base, world.commit("core: tidy up, @everyone `now` <b>", Article=1.0)


def compare(world, base, head, labels="antigil benchmarks setup.py"):
    """Run the pull request's job: without a token."""
    values = {
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.head.sha": head,
        f"contains({LABELS}, 'measure') && '.' || 'antigil benchmarks setup.py'": labels,
    }
    environment = {"REHEARSAL_PYTHON": sys.executable}
    return world.runner.job("compare", "compare", "pr", "faster", values, **environment).run()


def comment(world, head, token="may-write"):
    """Run the job that comments, for the event that GitHub sends for a fork: it names no pull request."""
    run = {"head_sha": head, "head_branch": "faster", "head_repository": {"owner": {"login": "stranger"}}}
    event = world.runner.folder / "event.json"
    event.write_text(json.dumps({"workflow_run": {**run, "pull_requests": []}}))
    values = {"github.token": token, "github.event.workflow_run.id": 1}
    environment = {"REHEARSAL_PYTHON": sys.executable, "GITHUB_EVENT_PATH": str(event)}
    return world.runner.job("comment", "comment", "pr", "main", values, **environment).run()


def open_pull_request(world, head, number=12):
    pull = {"number": number, "head": {"sha": head, "label": "stranger:faster"}}
    (world.runner.github / "pulls.json").write_text(json.dumps([pull]))


def test_a_forks_pull_request_is_compared_without_rights_and_commented_on_with_them(world, pull_request):
    base, head = pull_request
    open_pull_request(world, head)

    compared = compare(world, base, head, labels=".")
    assert compared.status == 1
    assert "::error title=lost%3A work.Article::" in compared.said
    assert "Confirmed loss: `work.Article`" in compared.summary
    assert not (world.runner.github / "calls.txt").exists()

    assert comment(world, head).status == 0
    assert comment(world, head).status == 0
    (posted,) = world.github("comments")
    assert posted["issue"] == 12
    assert "Confirmed loss: `work.Article`" in posted["body"]
    assert "`core: tidy up, @everyone 'now' <b>`" in posted["body"]


def test_without_a_change_to_what_is_measured_nothing_is_measured(world, pull_request):
    compared = compare(world, *pull_request)

    assert compared.status == 0
    assert compared.said.startswith("Nothing to compare: no difference under antigil benchmarks setup.py")


def test_a_comment_without_the_right_to_write_fails_and_says_so(world, pull_request):
    base, head = pull_request
    open_pull_request(world, head)
    compare(world, base, head, labels=".")

    refused = comment(world, head, token="may-read")

    assert refused.status == 2
    assert "Resource not accessible by integration" in refused.said


def test_an_artifact_that_is_no_comparison_is_refused(world, pull_request):
    open_pull_request(world, pull_request[1])
    forged = world.runner.folder / "pr/comparison"
    forged.mkdir(parents=True)
    (forged / "comparison.json").write_text(json.dumps({"status": 0, "comment": "all good, trust me"}))

    refused = comment(world, pull_request[1])

    assert refused.status == 2
    assert "is no comparison of antigil" in refused.said
    assert world.github("comments") == []


def test_where_nothing_was_compared_nothing_is_said(world, pull_request):
    open_pull_request(world, pull_request[1])

    assert comment(world, pull_request[1]).status == 0
    assert world.github("comments") == []


def test_a_pull_request_that_moved_on_is_not_commented_on(world, pull_request):
    base, head = pull_request
    open_pull_request(world, "f" * 40)
    compare(world, base, head, labels=".")

    assert comment(world, head).status == 0
    assert world.github("comments") == []


def test_the_smoke_job_runs_the_suite_once(world, pull_request):
    values = {"github.event.pull_request.head.sha": pull_request[1]}
    environment = {"REHEARSAL_PYTHON": sys.executable}
    job = world.runner.job("compare", "smoke", "pr", "faster", values, **environment)

    assert "simulated" in succeed(job).said
    assert "REHEARSAL_PYTHON" in os.environ
