"""What is called "GIL held" elsewhere has another name where there is no GIL, and is written in one way."""

import csv
import json
from dataclasses import replace

import pytest
from generated import Behaviour, Place, Plan, Planned, generate, load, publish

from antigil.history.change_detection import find_changes
from antigil.site.headline import headline_status
from antigil.site.workload_page import change_model
from antigil.site.workload_status import workload_statuses

STEADY = {0: Behaviour()}
WORKLOADS = (Planned("work.Collects", "Collects", STEADY), Planned("work.Other", "Other", STEADY))


def stop_more_often(root, hashes, on=None):
    """Let a workload stop other threads more often from commit 8 on, and switch the GIL on at another."""
    for file in (root / "results" / "alpha").glob("*-*.json"):
        stored = json.loads(file.read_text())
        commit, results = hashes.index(stored["commit_hash"]), stored["results"]
        row = results["work.Collects.track_gil_held"]
        row[0] = [0.02 if commit < 8 else 0.06]
        results["work.Collects.track_gil_held"] = row[:3]
        results["work.Collects.track_waiting"][0] = [0.0, 0.0, 0.0, 0.2]
        if on is not None:
            results["work.Collects.track_gil_enabled"][0] = [float(commit >= on)]
        file.write_text(json.dumps(stored))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Pages of a history without a GIL, in which one workload comes to stop other threads more often."""
    root = tmp_path_factory.mktemp("site") / "project"
    places = (Place(python="3.14t", gil=False),)
    hashes = generate(Plan(commits=16, workloads=WORKLOADS, places=places), root)
    stop_more_often(root, hashes)
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup"


def test_a_workloads_page_names_what_stops_its_threads(open_page, published):
    page = open_page(published / "work.Collects.html")

    standing = page.locator(".standing").inner_text()
    assert "other threads stopped 6.0 %: at best" in standing
    assert "▼ other threads stopped +4 points" in standing
    assert "Other threads stopped" in page.locator("#quantities button").all_inner_texts()
    changes = page.locator("#changes").inner_text()
    assert "▼ stopped +4 points" in changes
    assert "other threads stopped: 2.0 % → 6.0 %" in changes
    assert "waiting: for a lock, a stop of all threads, or" in page.locator("#commit").inner_text()
    assert "GIL" not in page.locator("main").inner_text()


def test_overview_and_feed_name_it_alike(open_page, published):
    page = open_page(published / "index.html")
    feed = (published / "feed.xml").read_text(encoding="utf-8")

    row = page.locator("tr[data-mark]").filter(has_text="Collects").inner_text()
    assert "other threads stopped 6.0 %: ceiling 17 times" in row
    told = page.locator(".change-line").first.inner_text()
    assert "other threads stopped 2.0 % → 6.0 % of the time" in told
    assert "other threads stopped +4 points (2.0 % → 6.0 % of the time)" in feed
    assert not any("GIL held" in text for text in (page.content(), feed))


def test_each_commit_is_told_by_its_own_gil_and_not_by_the_newest(tmp_path):
    """The held share moves at commit 8, without a GIL; an import switches it on at commit 12."""
    workloads = (replace(WORKLOADS[0], gil=False), WORKLOADS[1])
    places = (Place(python="3.14t", gil=False),)
    hashes = generate(Plan(commits=16, workloads=workloads, places=places), tmp_path)
    stop_more_often(tmp_path, hashes, on=12)
    archive, options = load(tmp_path)

    found = workload_statuses(archive, find_changes(archive, options), options)
    done = publish(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    (status,) = (s for s in found if s.workload.name == "work.Collects")
    (change,) = status.changes
    told = change_model(archive, change, 4)["headline"]["name"]
    assert (status.gil, told) == (True, "other threads stopped")
    pages = tmp_path / "html" / "speedup"
    feed = (pages / "feed.xml").read_text(encoding="utf-8")
    assert "other threads stopped +4 points" in feed
    assert "GIL held" not in feed
    with (pages / "data" / "work.Collects.csv").open(newline="", encoding="utf-8") as file:
        builds = [row["build"] for row in csv.DictReader(file)]
    assert builds == ["free-threaded"] * 12 + ["GIL enabled"] * 4


def test_a_readme_stays_with_the_python_that_has_a_gil_when_imports_switch_it_on_in_the_other(tmp_path):
    workloads = (replace(WORKLOADS[0], gil=True),)
    places = (Place(), Place(python="3.14t", gil=False))
    generate(Plan(commits=6, workloads=workloads, places=places), tmp_path)
    archive, options = load(tmp_path)
    statuses = workload_statuses(archive, [], options)

    shown = headline_status(statuses, options, archive.drawable)

    assert [s.gil for s in statuses] == [True, True]
    assert shown.environment.python == "3.13"


def test_what_is_expected_with_a_gil_is_expected_where_imports_switch_it_on(tmp_path):
    """It is told as a build with a GIL; another workload of the same environment is not."""
    holds = {0: Behaviour(serial=1.0)}
    workloads = (
        Planned("work.On", "On", holds, expected="1 with a GIL", gil=True),
        Planned("work.Off", "Off", STEADY, expected="1 with a GIL", gil=False),
    )
    generate(Plan(commits=6, workloads=workloads, places=(Place(python="3.14t", gil=False),)), tmp_path)
    archive, options = load(tmp_path)

    found = {s.workload.name: s for s in workload_statuses(archive, find_changes(archive, options), options)}

    on, off = found["work.On"], found["work.Off"]
    assert (on.gil, on.expected, on.judged) == (True, (1.0, 1.0), "as expected")
    assert (off.gil, off.expected) == (False, None)
