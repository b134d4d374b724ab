"""asv numbers the commits of all branches together; the pages count those of the branch that they show."""

import json
import subprocess

import pytest
from generated import DAY, FIRST_DATE, Behaviour, Planned, generate, load, publish, standard_plan

from antigil.history.change_detection import find_changes
from antigil.site.releases import releases
from antigil.site.workload_status import workload_statuses

COMMITS = 40


def commit_aside(root, branch, times, tag=None):
    """Commit to an orphan branch at these times; tag the newest, and return its hash."""
    lines = []
    for i, time in enumerate(times):
        when = f"A. Author <a@example.org> {time} +0000"
        lines.append(f"commit refs/heads/{branch}\nmark :{i + 1}\nauthor {when}\ncommitter {when}\n")
        lines.append(f"data 5\naside\n{f'from :{i}' if i else ''}\n")
    lines.append(f"reset refs/tags/{tag}\nfrom :{len(times)}\n\n" if tag else "")
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "fast-import", "--quiet"], input="".join(lines).encode(), check=True)
    told = subprocess.run([*git, "rev-parse", branch], check=True, capture_output=True, text=True)
    return told.stdout.strip()


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Forty commits, between any two of which a branch of results has two more; its newest has a tag."""
    root = tmp_path_factory.mktemp("branches") / "project"
    workloads = (
        Planned("work.Early", "Early", {0: Behaviour(), 15: Behaviour(serial=1.0)}),
        Planned("work.Gap", "Gap", {0: Behaviour(), 20: Behaviour(serial=1.0)}),
    )
    unmeasured = frozenset(range(18, 22))
    hashes = generate(
        standard_plan(COMMITS, workloads=workloads, tags={"v1": 25}, unmeasured=unmeasured), root
    )
    times = [FIRST_DATE + i * DAY + part for i in range(COMMITS - 1) for part in (DAY // 3, DAY // 2)]
    commit_aside(root, "results", times, tag="snapshot")
    assert publish(root).returncode == 0
    return root, hashes


@pytest.fixture(scope="module")
def found(history):
    archive, options = load(history[0])
    return archive, workload_statuses(archive, find_changes(archive, options), options)


def first_environment(root, workload):
    """Return what a workload's page is told of its first environment."""
    text = (root / "html" / "speedup" / "data" / f"{workload}.js").read_text()
    return json.loads(text[text.index("{") : text.rindex(")")])["environments"][0]


def status(found, workload):
    (one,) = [s for s in found[1] if s.workload.name == workload]
    return one


def test_asv_numbers_commits_of_other_branches_too(found):
    assert max(found[0].commits) == 3 * (COMMITS - 1)


def test_thirty_commits_ago_are_commits_of_the_branch(found):
    assert status(found, "work.Early").since_ago == pytest.approx(-0.75, abs=0.02)


def test_the_last_release_is_a_tag_of_the_branch(found):
    assert status(found, "work.Early").release == "v1"


def test_where_the_branch_has_no_tag_those_of_other_branches_are_releases(tmp_path):
    root = tmp_path / "project"
    generate(standard_plan(6, tags={}), root)
    commit_aside(root, "stable", [FIRST_DATE + 3 * DAY], tag="v2")
    archive, options = load(root)
    assert {s.release for s in workload_statuses(archive, [], options)} == {"v2"}


def test_a_tag_that_was_merged_to_the_branch_is_a_release_of_it(tmp_path):
    """Many a project tags what is then merged, so that no first parent has the tag."""
    root = tmp_path / "project"
    generate(standard_plan(6, tags={"v1": 2}), root)
    tagged = commit_aside(root, "release", [FIRST_DATE + 3 * DAY + 1], tag="v2")
    commit_aside(root, "stable", [FIRST_DATE + 4 * DAY + 1], tag="v1.1")
    git = ("git", "-C", str(root))
    told = subprocess.run(
        [*git, "rev-parse", "main", "main^{tree}"], capture_output=True, text=True, check=True
    )
    newest, tree = told.stdout.split()
    commit = [*git, "commit-tree", tree, "-p", newest, "-p", tagged, "-m", "Merge the release"]
    merge = subprocess.run(commit, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run([*git, "update-ref", "refs/heads/main", merge], check=True)
    archive, options = load(root)
    assert [name for _, name in releases(archive, None)] == ["v1", "v2"]
    assert {s.release for s in workload_statuses(archive, [], options)} == {"v2"}


def test_a_range_that_was_not_measured_is_counted_in_commits_of_the_branch(history):
    (change,) = first_environment(history[0], "work.Gap")["changes"]
    assert change["between"] == 4


def test_a_page_shows_the_tags_of_its_branch_only(history):
    assert [name for _, name, _ in first_environment(history[0], "work.Early")["tags"]] == ["v1"]


def test_the_overview_counts_commits_of_the_branch(history):
    overview = (history[0] / "html" / "speedup" / "index.html").read_text()
    assert f"{COMMITS - 1 - 22} commits ago" in overview
    assert f"{COMMITS - 1 - 15} commits ago" in overview
    assert "or one of the 4 before it, not measured" in overview


def test_each_branch_counts_its_own_commits(history, tmp_path):
    """Thirty commits of the branch ``results`` are ten days, those of the main one thirty."""
    root, _ = history
    conf = json.loads((root / "asv.conf.json").read_text())
    (tmp_path / "asv.conf.json").write_text(json.dumps({**conf, "branches": ["main", "results"]}))
    (tmp_path / "results").symlink_to(root / "results")
    archive, _ = load(tmp_path, repo=root)
    newest = max(archive.commits)
    assert archive.revision_before("main", newest, 30) == newest - 3 * 30
    assert archive.revision_before("results", newest, 29) == newest - 44
    assert archive.revision_before("main", newest, COMMITS) == -1


def test_a_measured_commit_on_no_branch_is_not_the_newest(tmp_path):
    root = tmp_path / "project"
    hashes = generate(standard_plan(4, tags={}), root)
    stray = commit_aside(root, "other", [FIRST_DATE + 9 * DAY])
    path = root / "results" / "alpha" / f"{hashes[3][:8]}-virtualenv-py3.13.json"
    path.with_name(f"{stray[:8]}-virtualenv-py3.13.json").write_text(
        path.read_text().replace(hashes[3], stray)
    )
    archive, _ = load(root)
    assert [commit.hash for _, commit in sorted(archive.commits.items())] == hashes
    assert [p.what for p in archive.problems] == ["1 measured commits are on none of the configured branches"]
