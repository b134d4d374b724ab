"""The feed, the badge, file names, labels, fitted laws: what lies beside the pages."""

import json
import xml.etree.ElementTree as ET

import pytest
from generated import Behaviour, Place, Planned, generate, load, publish, standard_plan

from antigil.history.changes import find_changes
from antigil.history.fitted import fitted_laws
from antigil.history.names import environment_id, environment_labels, file_names
from antigil.history.series import Environment
from antigil.history.standing import standings
from antigil.history.words import percent, points, times

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(folder):
    return ET.parse(folder / "speedup" / "feed.xml").getroot().findall(f"{ATOM}entry")


def test_feed_tells_each_confirmed_change_once_newest_first(published, history):
    _, hashes = history
    told = [e.find(f"{ATOM}title").text for e in entries(published)]
    assert len(told) == 5
    assert told[0].startswith("Dips and recovers: speedup +15")
    assert "Loses its release: speedup −75 % with 4 threads (" in told[1]
    assert hashes[26][:12] in entries(published)[1].find(f"{ATOM}content").text


def test_feed_entries_keep_their_names_when_commits_arrive(tmp_path):
    workload = Planned("work.Loses", "Loses", {0: Behaviour(), 12: Behaviour(serial=1.0)})
    names = []
    for commits in (18, 24):
        root = tmp_path / str(commits)
        generate(standard_plan(commits, workloads=(workload,), tags={}), root)
        assert publish(root).returncode == 0
        names.append([e.find(f"{ATOM}id").text for e in entries(root / "html")])
    assert names[0] == names[1]
    assert len(names[0]) == 1


def test_badge_is_what_shields_reads(tmp_path):
    workload = Planned("work.Loses", "Loses", {0: Behaviour()})
    root = tmp_path / "project"
    generate(standard_plan(6, workloads=(workload,), tags={}, options={"headline": "work.Loses"}), root)
    assert publish(root).returncode == 0
    told = json.loads((root / "html" / "speedup" / "badge.json").read_text())
    assert told.pop("message").endswith("× of 4")
    assert told == {"schemaVersion": 1, "label": "speedup, 4 threads", "color": "blue"}


def test_unknown_headline_stops_publishing_with_one_line(tmp_path):
    root = tmp_path / "project"
    generate(standard_plan(4, tags={}, options={"headline": "work.Nothing"}), root)
    done = publish(root)
    assert done.returncode == 1
    assert "names no measured workload: work.Nothing" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_file_names_are_different_even_where_case_is_not():
    names = ["a.B", "a.b", "a/b", "a b", "index", "x" * 300, "plain.Name"]
    found = file_names(names)
    assert found["plain.Name"] == "plain.Name"
    assert len({name.lower() for name in found.values()}) == len(names)
    assert max(map(len, found.values())) < 100
    assert found["index"] != "index"


def environment(**params):
    return Environment(tuple(sorted(params.items())))


def test_labels_name_what_differs_and_only_that():
    one = environment(machine="a", python="3.13", os="Linux", numpy="1")
    two = environment(machine="a", python="3.13", os="Linux", numpy="2")
    assert list(environment_labels([one, two]).values()) == [
        "a · Python 3.13 · numpy 1",
        "a · Python 3.13 · numpy 2",
    ]
    other = environment(machine="b", python="3.13", os="Darwin", numpy="1")
    assert environment_labels([one, other])[other] == "b · Python 3.13"
    assert environment_id(one) != environment_id(two)


def test_laws_are_fitted_within_the_cpus_allowed(tmp_path):
    workload = Planned("work.Amdahl", "", {0: Behaviour(serial=0.1)})
    plan = standard_plan(6, workloads=(workload,), tags={"v1": 2}, places=(Place(cpus=16),), noise=0.001)
    generate(plan, tmp_path / "project")
    archive, options = load(tmp_path / "project")
    (standing,) = standings(archive, find_changes(archive, options), options)
    fits = fitted_laws(archive, standing)
    assert list(fits) == ["5", "2"]
    amdahl, usl = fits["5"]
    assert amdahl["parameters"]["f"]["value"] == pytest.approx(0.1, abs=0.005)
    assert (amdahl["dof"], usl["law"]) == (2, "usl")


def test_one_thread_count_is_enough_for_amdahl_alone(tmp_path):
    workload = Planned("work.Two", "", {0: Behaviour()})
    plan = standard_plan(6, workloads=(workload,), tags={}, places=(Place(cpus=2),))
    generate(plan, tmp_path / "project")
    archive, options = load(tmp_path / "project")
    (standing,) = standings(archive, find_changes(archive, options), options)
    assert [fit["law"] for fit in fitted_laws(archive, standing)["5"]] == ["amdahl"]


def test_numbers_are_written_for_people():
    assert [times(3.984), times(128.3)] == ["3.98×", "128×"]
    assert [percent(0.5), percent(-0.751), percent(0.001), percent(None)] == ["+50 %", "−75 %", "±0 %", "–"]
    assert points(-0.49) == "−49 points"
