"""An environment, or a workload there, that is no longer measured: what it lost last is no news for ever."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from asv.config import Config
from generated import DAY, FIRST_DATE, FREELY, Behaviour, Place, Plan, Planned, generate, load

from antigil.history.branches import of_branches_where_any
from antigil.history.change_detection import find_changes
from antigil.history.labels import environment_labels, file_names
from antigil.history.measured import measured_commits
from antigil.site.headline import headline_status
from antigil.site.overview_page import overview_model
from antigil.site.pages import write_site
from antigil.site.workload_status import notable_revisions, workload_statuses

FREE, HELD = Behaviour(), Behaviour(serial=1.0)
COMMITS, LAST = 80, 22
OLD, NEW = Place("old", python="3.12"), Place("new")
WORKLOADS = (
    Planned("work.Loses", "loses", {0: FREE, 9: HELD, 30: FREE}, expected=FREELY),
    Planned("control.Moves", "moves", {0: FREE, 12: HELD, 30: FREE}, control=True),
)


def results(root, hashes, machine, commits):
    """Yield the files of a machine's results of some commits."""
    for i in commits:
        yield from (root / "results" / machine).glob(f"{hashes[i][:8]}-*")


def measured(root, workloads=WORKLOADS, old=range(LAST), new=range(35, COMMITS)):
    """Generate a history in which each machine has results of some commits only."""
    hashes = generate(Plan(COMMITS, workloads, (OLD, NEW), samples=8), root)
    for machine, own in (("old", old), ("new", new)):
        for file in results(root, hashes, machine, set(range(COMMITS)) - set(own)):
            file.unlink()
    return hashes


def statuses_of(root):
    archive, options = load(root)
    return archive, options, workload_statuses(archive, find_changes(archive, options), options)


@pytest.fixture
def written(tmp_path):
    """Return a function that writes the pages of what was measured and returns the overview."""

    def overview():
        archive, options, statuses = statuses_of(tmp_path)
        conf = Config.load(str(tmp_path / "asv.conf.json"))
        write_site(conf, archive, statuses, options, tmp_path / "pages")
        return (tmp_path / "pages/index.html").read_text(encoding="utf-8")

    return overview


def day(commit):
    """Return the date of a commit."""
    return datetime.fromtimestamp(FIRST_DATE + commit * DAY, UTC).date().isoformat()


def heads(html):
    found = re.findall(r'<tr class="group">.*?</tr>', html, re.DOTALL)
    return [re.sub(r"<[^>]+>|[^A-Za-z ]", "", head).strip() for head in found]


def test_what_was_lost_where_nothing_is_measured_any_more_is_told_apart(tmp_path, written):
    measured(tmp_path)

    html = written()

    assert "Steady: no loss or gain" in html
    assert "The machine moved" not in html
    assert heads(html) == ["Steady", "Controls", "No longer measured"]
    assert html.count(f"last measured commit: {day(LAST - 1)}<") == len(WORKLOADS)
    assert html.count('data-mark="retired"') == len(WORKLOADS) + 1  # and the chip
    assert "old · Python 3.12" not in html.partition("</ul>")[0]


@pytest.mark.parametrize(
    ("old", "aside", "is_over"),
    [
        ([*range(LAST), 70], [70], True),
        ([*range(LAST), 70], [], False),
        ([70, 75], [70, 75], False),
        ([1, 2], [1, 2], True),
    ],
)
def test_tags_aside_count_only_where_nothing_else_was_measured(tmp_path, old, aside, is_over):
    """As in the alerts, where the branch has gone without results for as long."""
    measured(tmp_path, WORKLOADS[:1], old=old)
    archive, options = load(tmp_path)
    commits = archive.branches[None]
    archive = replace(archive, branches={None: np.delete(commits, aside)})

    statuses = workload_statuses(archive, [], options)

    assert [s.retired for s in statuses if s.environment.machine == "old"] == [is_over]


@pytest.mark.parametrize("aside", [range(10, 16), range(74, COMMITS)])
def test_a_tag_aside_is_no_change_and_not_the_newest_but_a_release_to_compare_with(tmp_path, aside):
    """A release of an older branch stands by its date between commits that know nothing of it."""
    ends = {aside.stop: FREE} if aside.stop < COMMITS else {}
    generate(
        Plan(COMMITS, (Planned("work.W", "w", {0: FREE, aside.start: HELD, **ends}),), (NEW,), samples=8),
        tmp_path,
    )
    archive, options = load(tmp_path)
    on_branch = find_changes(of_branches_where_any(archive), options)
    assert [change.revision for change in on_branch][:1] == [aside.start]  # on the branch they count

    own = {None: np.delete(archive.branches[None], aside)}
    archive = replace(archive, branches=own, tags={"v1.2.1": aside.start})
    changes = find_changes(of_branches_where_any(archive), options)
    (status,) = workload_statuses(archive, changes, options)

    assert (status.changes, status.mark) == ((), "steady")
    assert status.revision == max(set(range(COMMITS)) - set(aside))
    assert aside.start in notable_revisions(status)
    assert status.since_release is None if aside.start == 74 else (status.since_release or 0) > 0.5


def test_a_loss_still_counts_where_measuring_goes_on(tmp_path, written):
    measured(
        tmp_path, old=range(COMMITS - 40, COMMITS), workloads=(Planned("work.W", "w", {0: FREE, 60: HELD}),)
    )

    assert "1 of 1 workload got worse" in written()


def test_a_workload_that_is_skipped_from_some_commit_on_is_told_apart_as_well(tmp_path, written):
    workloads = (*WORKLOADS, Planned("work.Other", "other", {0: FREE}))
    hashes = measured(tmp_path, workloads, old=range(COMMITS), new=())
    for file in results(tmp_path, hashes, "old", range(LAST, COMMITS)):
        told = json.loads(file.read_text())
        row = told["results"]["work.Loses.track_slowdown"]
        row[0] = [float("nan")] * len(row[0])
        file.write_text(json.dumps(told))

    html = written()

    assert heads(html)[-1] == "No longer measured"
    assert "got worse" not in html
    assert f"{COMMITS - LAST} newer commits skipped" in html


def test_a_workload_that_is_measured_now_and_then_goes_on(tmp_path, written):
    hashes = measured(tmp_path, WORKLOADS[:1], old=range(COMMITS), new=())
    for file in results(tmp_path, hashes, "old", set(range(COMMITS)) - {0, 20, 40}):
        told = json.loads(file.read_text())
        del told["results"]["work.Loses.track_slowdown"]
        file.write_text(json.dumps(told))

    assert "No longer measured" not in heads(written())


def test_a_workload_goes_on_with_fewer_threads(tmp_path, written):
    """Those counts that are no longer measured say nothing of the others."""
    hashes = measured(tmp_path, WORKLOADS[:1], old=range(COMMITS), new=())
    for file in results(tmp_path, hashes, "old", range(LAST, COMMITS)):
        told = json.loads(file.read_text())
        told["results"]["work.Loses.track_slowdown"][0][2] = None
        file.write_text(json.dumps(told))

    assert "No longer measured" not in heads(written())


def measured_until_all_failed(root):
    hashes = measured(root, WORKLOADS[:1], old=range(COMMITS), new=())
    for file in results(root, hashes, "old", range(LAST, COMMITS)):
        told = json.loads(file.read_text())
        told["results"]["work.Loses.track_slowdown"][0] = None
        file.write_text(json.dumps(told))
    return hashes


def test_a_suite_that_fails_everywhere_is_not_called_steady(tmp_path, written):
    measured_until_all_failed(tmp_path)

    html = written()

    assert "Nothing is measured any more" in html
    assert "Steady" not in html


def test_the_table_still_compares_what_is_no_longer_measured_with_its_release(tmp_path, written):
    subprocess.run(
        ["git", "-C", str(tmp_path), "tag", "v3", measured_until_all_failed(tmp_path)[6]], check=True
    )

    html = written()

    assert '<table class="workloads">' in html  # a table without releases has no column for them
    assert '<span class="muted">v3</span>' in html


def test_a_readme_shows_the_machine_that_is_still_measured(tmp_path):
    measured(tmp_path, old=range(40), new=range(45, COMMITS))
    archive, options, statuses = statuses_of(tmp_path)

    shown = headline_status(statuses, options, archive.drawable)

    assert (shown.workload.name, shown.environment.machine) == ("work.Loses", "new")


@pytest.mark.parametrize("newest", ["old", "new"])
def test_a_readme_shows_the_machine_with_most_results_whichever_was_measured_last(tmp_path, newest):
    ends = {"old": COMMITS, "new": COMMITS, newest: COMMITS - 1}
    measured(tmp_path, old=range(5, ends["old"]), new=range(10, ends["new"]))
    archive, options, statuses = statuses_of(tmp_path)

    assert headline_status(statuses, options, archive.drawable).environment.machine == "old"


def add_branch(root, commit):
    """Configure a branch that ends at a commit, before the other one."""
    subprocess.run(["git", "-C", str(root), "branch", "1.x", commit], check=True)
    file = root / "asv.conf.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "branches": ["1.x", "main"]}))


def test_a_branch_that_ended_long_ago_tells_when(tmp_path, written, monkeypatch):
    """Though none of its own commits is newer than the last that was measured."""
    monkeypatch.setattr(measured_commits, "LONGEST", 30)
    add_branch(tmp_path, measured(tmp_path, WORKLOADS[:1], old=range(19))[18])

    html = written()

    assert html.count('data-mark="retired"') == 3  # its row, that of its commits on main, and the chip
    assert html.count(f"last measured commit: {day(18)}<") == 2


def test_a_release_of_what_is_no_longer_measured_is_not_in_the_headline(tmp_path):
    measured(tmp_path)
    archive, options, statuses = statuses_of(tmp_path)
    archive = replace(archive, tags={"v1": 5, "v2": 12})
    statuses = [
        replace(one, releases=[(12, "v2")] if one.retired else [(5, "v1")], position=15) for one in statuses
    ]
    titles = {name: workload.title for name, workload in archive.workloads.items()}
    names = (file_names(list(archive.workloads)), titles, environment_labels(archive.environments))

    assert {one.release for one in statuses} == {"v1", "v2"}
    assert overview_model(archive, statuses, *names, options)["release"] == "v1"


def test_a_readme_shows_the_branch_that_is_configured_first(tmp_path):
    """Though the other has more results, and newer ones."""
    add_branch(tmp_path, measured(tmp_path, old=(), new=range(COMMITS))[18])
    archive, options, statuses = statuses_of(tmp_path)

    assert headline_status(statuses, options, archive.drawable).environment.branch == "1.x"
