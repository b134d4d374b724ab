"""The workflows of a pull request: compared without rights, commented on with them."""

import json

import pytest
from runs import load
from sample_project import git

BEFORE = "<!-- antigil compare -->\n### ✅ Nothing lost\n"
NOWHERE = "https://github.com/someone/project/actions/runs/1"


@pytest.fixture
def pull_request(world):
    """Return base and head of a fork's pull request that loses a release."""
    base = world.commit("core: first")
    git(world.work, "checkout", "-q", "-b", "faster")
    head = world.commit("core: tidy up, @everyone `now` <b>", Article=1.0)
    open_pull_request(world, head)
    return base, head


def open_pull_request(world, head, number=12):
    pull = {"number": number, "head": {"sha": head, "label": "stranger:faster"}}
    (world.github.kept / "pulls.json").write_text(json.dumps([pull]))


def started(world, base, head, action, labels=(), label=None):
    """Run the workflows that an event at a pull request starts; return them by name."""
    pull = {"number": 12, "head": {"sha": head}, "base": {"sha": base}}
    pull |= {"labels": [{"name": name} for name in labels]}
    event = {"action": action, "pull_request": pull}
    event |= {"label": {"name": label}} if label else {}
    names = [name for name in ("compare", "measure") if action in load(name)["on"]["pull_request"]["types"]]
    return {name: world.github.run(name, "pull_request", event, "refs/pull/12/merge").go() for name in names}


def compare(world, base, head, labels=("measure",)):
    return started(world, base, head, "synchronize", labels)["compare"]


def commenting(world, compared, head, workflow="comment", **changes):
    """Return the run that comments, for the event that a fork's pull request leads to: it names no number."""
    told = {"id": 1, "event": "pull_request", "conclusion": "success", "html_url": NOWHERE}
    told |= {"head_sha": head, "head_branch": "faster", "pull_requests": [], "run_attempt": 1}
    told |= {"head_repository": {"id": 2, "owner": {"login": "stranger"}}}
    run = world.github.run(workflow, "workflow_run", {"workflow_run": told | changes})
    if compared is not None:
        run.artifacts = compared.artifacts
    return run


def comment(world, compared, head, **changes):
    return commenting(world, compared, head, **changes).go()


def commented_before(world):
    known = {"id": 1, "issue": 12, "body": BEFORE, "user": {"login": "github-actions[bot]"}}
    (world.github.kept / "comments.json").write_text(json.dumps([known]))


def said(run, name):
    return run.jobs[name][0].said


def test_a_forks_pull_request_is_compared_without_rights_and_commented_on_with_them(world, pull_request):
    _, head = pull_request

    compared = compare(world, *pull_request)
    assert compared.results["compare"] == "failure"
    assert "::error title=lost%3A work.Article::" in said(compared, "compare")
    assert "Confirmed loss: `work.Article`" in compared.jobs["compare"][0].summary
    assert not (world.github.kept / "calls.txt").exists()

    for _ in range(2):
        assert comment(world, compared, head).results["comment"] == "success"
    (posted,) = world.kept("comments")
    assert posted["issue"] == 12
    assert "Confirmed loss: `work.Article`" in posted["body"]
    assert "`core: tidy up, @everyone 'now' <b>`" in posted["body"]


def test_without_a_change_to_what_is_measured_nothing_is_measured_and_nothing_said(world, pull_request):
    compared = compare(world, *pull_request, labels=["docs"])

    assert compared.results["compare"] == "success"
    assert said(compared, "compare").startswith("Nothing to compare: no difference under antigil benchmarks")
    assert comment(world, compared, pull_request[1]).results["comment"] == "success"
    assert world.kept("comments") == []


def test_a_comment_on_an_earlier_commit_is_updated_where_nothing_is_left_to_compare(world, pull_request):
    commented_before(world)

    comment(world, compare(world, *pull_request, labels=[]), pull_request[1])

    (posted,) = world.kept("comments")
    assert "Nothing to compare" in posted["body"]


@pytest.mark.parametrize("conclusion", ["timed_out", "cancelled", "failure"])
def test_a_comparison_that_broke_off_takes_back_what_an_earlier_one_said(world, pull_request, conclusion):
    _, head = pull_request
    comment(world, None, head, conclusion=conclusion)
    assert world.kept("comments") == []
    commented_before(world)

    comment(world, None, head, conclusion=conclusion)

    (posted,) = world.kept("comments")
    assert "Could not judge" in posted["body"]
    assert f"(`{conclusion}`): {NOWHERE}" in posted["body"]


def test_a_re_run_that_broke_off_is_not_told_as_the_attempt_before_it(world, pull_request):
    """Its comparison is in the same run; so is the comment on an earlier commit."""
    compared = compare(world, *pull_request)
    commented_before(world)

    comment(world, compared, pull_request[1], conclusion="cancelled", run_attempt=2)

    (posted,) = world.kept("comments")
    assert "Confirmed loss" not in posted["body"]
    assert "(`cancelled`)" in posted["body"]


def test_a_re_run_is_told_by_what_it_found_itself(world, pull_request):
    compared = compare(world, *pull_request)
    comment(world, compared, pull_request[1])
    again = compared.again().go()
    assert "compare" in again.jobs

    comment(world, again, pull_request[1], run_attempt=2)

    (posted,) = world.kept("comments")
    assert "Confirmed loss" in posted["body"]
    assert {path.name for path in again.artifacts.glob("comparison-*")} == {"comparison-1", "comparison-2"}


@pytest.mark.parametrize("event", ["push", "workflow_dispatch", "pull_request_target"])
def test_on_an_event_that_has_secrets_or_no_two_commits_nothing_is_checked_out(world, pull_request, event):
    run = world.github.run("reusable-compare", event, given={}).go()

    assert run.results == {"compare": "failure"}
    assert said(run, "compare").startswith("::error::antigil compares on pull_request and merge_group")
    assert len(said(run, "compare").splitlines()) == 1
    assert not (run.jobs["compare"][0].home / "work/.git").exists()


def test_another_label_does_not_stand_in_the_place_of_a_check_that_failed(world, pull_request):
    failed = {name for name, result in compare(world, *pull_request).checks.items() if result == "failure"}
    assert failed == {"Compare with the base / Compare"}

    (labelled,) = started(world, *pull_request, "labeled", ["measure", "docs"], label="docs").values()

    assert labelled.results == {"measure": "skipped"}
    assert not failed & set(labelled.checks)
    assert comment(world, None, pull_request[1], conclusion="skipped").results == {"comment": "skipped"}


def test_the_label_measures_whatever_differs(world, pull_request):
    (labelled,) = started(world, *pull_request, "labeled", ["measure"], label="measure").values()

    assert labelled.results == {"measure": "failure"}
    assert "Confirmed loss: `work.Article`" in labelled.jobs["compare"][0].summary


def test_in_a_merge_queue_the_check_is_reported_and_nothing_commented(world, pull_request):
    base, head = pull_request
    (world.work / "antigil/kernels.c").write_text("// changed\n")
    head = world.commit("core: touch what is measured")
    group = {"base_sha": base, "head_sha": head, "head_ref": "refs/heads/gh-readonly-queue/main/pr-12"}
    event = {"action": "checks_requested", "merge_group": group}

    queued = world.github.run("compare", "merge_group", event, group["head_ref"]).go()

    assert queued.checks == {"Run the suite once": "success", "Compare with the base / Compare": "failure"}
    assert "Confirmed loss: `work.Article`" in queued.jobs["compare"][0].summary
    assert comment(world, queued, head, event="merge_group").results == {"comment": "skipped"}


def test_a_comment_without_the_right_to_write_fails_and_says_so(world, pull_request):
    refused = commenting(world, compare(world, *pull_request), pull_request[1], "reusable-comment")
    del refused.content["jobs"]["comment"]["permissions"]["pull-requests"]

    assert refused.go().results["comment"] == "failure"
    assert "Resource not accessible by integration" in said(refused, "comment")


def test_an_artifact_that_is_no_comparison_is_refused(world, pull_request):
    run = world.github.run("compare")
    (run.artifacts / "comparison-1").mkdir()
    forged = run.artifacts / "comparison-1/comparison.json"
    forged.write_text(json.dumps({"status": 0, "comment": "all good, trust me"}))

    refused = comment(world, run, pull_request[1])

    assert refused.results["comment"] == "failure"
    assert "holds no comparison of antigil" in said(refused, "comment")
    assert world.kept("comments") == []


def test_a_pull_request_that_moved_on_is_not_commented_on(world, pull_request):
    commented_before(world)
    open_pull_request(world, "f" * 40)

    done = comment(world, None, pull_request[1])

    assert "no open pull request has this commit any more" in said(done, "comment")
    assert world.kept("comments")[0]["body"] == BEFORE


def test_a_fork_that_was_deleted_is_nothing_to_comment_on(world, pull_request):
    done = comment(world, None, pull_request[1], head_repository=None)

    assert "nothing to comment on" in said(done, "comment")
    assert done.results["comment"] == "success"


def test_the_smoke_job_runs_the_suite_once(world, pull_request):
    assert "simulated" in said(compare(world, *pull_request), "smoke")
