"""The history's workflow: from an empty results branch to a site and an issue, and back."""

import json
import re

import pytest
from histories import history_run, issues, night
from sample_project import git


def branches(world):
    return git(world.origin, "branch", "--format=%(refname:short)").split()


def marked(pages):
    """Return workload, commit and direction of every change that the site's pages mark."""
    found = set()
    for file in (pages / "speedup/data").glob("*.js"):
        told = re.findall(r'"hash":"(\w{40})"[^{}]*?"direction":"(\w+)"', file.read_text())
        found |= {(file.stem, hash_, direction) for hash_, direction in told}
    return found


def test_ten_commits_with_a_lost_release_end_in_a_marked_page_and_one_issue(world, shown_changes):
    for i in range(6):
        before = world.commit(f"core: change {i}")
    lost = world.commit("core: lose the release", Article=1.0)
    for i in range(7, 10):
        world.commit(f"core: change {i}")
    assert branches(world) == ["main"]

    pages = history_run(world).artifacts / "pages"

    assert branches(world) == ["main", "results"]
    assert marked(pages) == {("work.Article", lost, "lost")}
    (change,) = shown_changes(pages / "speedup/work.Article.html")
    assert lost[:8] in change
    assert "Lost." in change
    assert shown_changes(pages / "speedup/work.Other.html") == []
    (issue,) = world.kept("issues")
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
    """The first loss is pushed alone: with one commit after it, only measuring it again can show it."""
    for i in range(4):
        world.commit(f"core: change {i}")
    night(world)
    assert issues(world) == []

    world.commit("core: hold it for a third", Article=0.3)
    first = night(world)
    assert "measuring" in first.jobs["look"][0].said
    assert issues(world) == [(1, "open", 0)]

    for i in range(2):
        world.commit(f"core: still hold it for a third, {i}")
    for i in range(3):
        world.commit(f"core: hold it throughout, {i}", Article=1.0, Other=0.9)
    night(world)
    assert issues(world) == [(1, "open", 1), (2, "open", 0)]
    assert world.kept("issues")[0]["body"].count("### lost in") == 2
    assert world.kept("issues")[1]["title"] == "Parallelism lost: work.Other"

    again = history_run(world)
    assert again.called["history"].results == {"backlog": "success", "site": "success", "alert": "success"}
    assert again.called["backlog"].results == {"plan": "success", "measure": "skipped", "store": "skipped"}
    assert "again" not in again.jobs["look"][0].said
    assert issues(world) == [(1, "open", 1), (2, "open", 0)]

    for i in range(3):
        world.commit(f"core: release again, {i}", Article=0.0)
    night(world)
    assert issues(world) == [(1, "closed", 2), (2, "open", 0)]
    assert "recovered since" in world.kept("issues")[0]["comments"][1]


def test_with_the_input_since_what_was_lost_after_that_commit_is_an_issue_and_nothing_before_it(world):
    world.commit("core: first")
    since = world.commit("core: lose the release", Other=1.0)
    git(world.work, "tag", "v1.0")
    git(world.work, "push", "-q", "origin", "v1.0")
    for i in range(2):
        world.commit(f"core: change {i}")
    lost = world.commit("core: lose another", Article=1.0)

    look = night(world, since="v1.0")

    assert look.results == {"look": "success", "issues": "success", "remember": "success"}
    (issue,) = world.kept("issues")
    assert issue["title"] == "Parallelism lost: work.Article"
    assert (lost in issue["body"], since[:8] in issue["body"]) == (True, False)


def test_from_another_branch_the_history_of_main_is_measured(world):
    on_main = world.commit("core: first")
    git(world.work, "checkout", "-q", "-b", "elsewhere")
    world.commit("core: try something")

    run = world.github.run("history", "workflow_dispatch", ref="refs/heads/elsewhere").go(until="plan")

    (shard,) = json.loads(run.called["backlog"].outputs["plan"]["shards"])
    assert shard["commits"] == on_main


def test_where_one_commit_cannot_be_measured_the_others_are_kept(world):
    world.commit("core: first")
    world.behaviour["work.Broken"] = {"nonsense": 1}
    world.commit("core: break the suite")

    run = world.github.run("history").go(until="store")

    assert run.called["backlog"].results == {"plan": "success", "measure": "failure", "store": "success"}
    stored = git(world.origin, "ls-tree", "-r", "--name-only", "results")
    assert git(world.work, "rev-parse", "HEAD^")[:8] in stored
