"""The feed, the badge, CSV files, file names, labels: what lies beside the pages."""

import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest
from generated import Behaviour, Planned, generate, publish, standard_plan

from antigil.history.labels import environment_id, environment_labels, file_names
from antigil.history.series import Environment
from antigil.report.quantities import percent, points, times

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


def test_feed_names_its_own_address_and_has_ids_without_odd_characters(tmp_path):
    root = tmp_path / "project"
    workload = Planned("work.Loses", "Loses", {0: Behaviour(), 6: Behaviour(serial=1.0)})
    generate(
        standard_plan(12, workloads=(workload,), tags={}, options={"site_url": "https://a.example/s"}), root
    )
    conf = json.loads((root / "asv.conf.json").read_text())
    (root / "asv.conf.json").write_text(json.dumps({**conf, "project": "Mein Projekt (ä).x"}))
    assert publish(root).returncode == 0
    feed = ET.parse(root / "html" / "speedup" / "feed.xml").getroot()
    (own,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == "https://a.example/s/feed.xml"
    ids = [one.text for one in feed.iter(f"{ATOM}id")]
    assert len(ids) == 2
    assert all(re.fullmatch(r"tag:Mein-Projekt\.x\.antigil,[0-9-]{10}:/[0-9a-f]{64}", one) for one in ids)


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
    assert (
        "names no workload of the suite: work.Nothing; there are: control.Holds" in done.stdout + done.stderr
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_headline_without_results_is_no_badge_and_no_error(tmp_path):
    root = tmp_path / "project"
    generate(standard_plan(2, tags={}, options={"headline": "work.Loses"}), root)
    for path in (root / "results" / "alpha").glob("*-virtualenv-*.json"):
        path.write_text(path.read_text().replace("work.Loses.", "work.Later."))
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (root / "html" / "speedup" / "badge.json").exists()
    assert "badge.json" not in (root / "html" / "speedup" / "index.html").read_text()
    assert (root / "html" / "speedup" / "work.Dips.html").exists()


def rows(folder, name):
    with open(folder / "speedup" / "data" / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_file_holds_every_commit_and_environment(published, history, archive):
    _, hashes = history
    found, _ = archive
    told = rows(published, "work.Loses")
    assert [row["commit"] for row in told] == [h for i, h in enumerate(hashes) if i not in {5, 6}] * 2
    assert {(row["machine"], row["build"], row["cpus_allowed"]) for row in told} == {
        ("alpha", "GIL enabled", "4"),
        ("alpha", "free-threaded", "4"),
    }
    environment = next(e for e in found.environments if e.python == "3.13")
    for n in (2, 4, 8):
        columns = found.find("work.Loses", environment, "slowdown", n).possible()
        for name, column in zip(
            (f"speedup_{n}", f"speedup_{n}_low", f"speedup_{n}_high"), columns, strict=True
        ):
            numbers = [float(row[name]) for row in told if "3.13" in row["environment"]]
            assert numbers == pytest.approx(column.tolist(), abs=1e-4)
    assert told[0]["date"] == "2023-11-14T22:13:20Z"
    assert {row["absent"] for row in told} == {""}


def test_csv_of_the_overview_holds_the_table(published):
    told = rows(published, "overview")
    assert len(told) == 12
    assert (told[0]["workload"], told[0]["state"], told[0]["since_release"][:5]) == (
        "work.Loses",
        "lost",
        "-0.74",
    )
    assert (published / "speedup" / told[0]["page"].split("#")[0]).is_file()


def test_csv_file_tells_why_a_value_is_absent(tmp_path):
    root = tmp_path / "project"
    workload = Planned("work.One", "", {0: Behaviour()})
    plan = standard_plan(2, workloads=(workload,), tags={}, subjects={1: '=cmd|"x", y'})
    hashes = generate(plan, root)
    path = root / "results" / "alpha" / f"{hashes[1][:8]}-virtualenv-py3.13.json"
    data = json.loads(path.read_text())
    data["results"]["work.One.track_slowdown"][0] = [1.0, None, float("nan"), 1.0]
    path.write_text(json.dumps(data))
    assert publish(root).returncode == 0
    row = rows(root / "html", "work.One")[1]
    assert (row["speedup_2"], row["speedup_4"], row["speedup_8"]) == ("", "", "8.0")
    assert row["absent"] == "speedup_2 failed; speedup_4 skipped"
    assert row["subject"] == '\'=cmd|"x", y'


def test_file_names_are_different_even_where_case_is_not():
    names = ["a.B", "a.b", "a/b", "a b", "index", "commits", "Overview", "x" * 300, "plain.Name"]
    found = file_names(names)
    assert found["plain.Name"] == "plain.Name"
    assert len({name.lower() for name in found.values()}) == len(names)
    assert max(map(len, found.values())) < 100
    assert {found["index"], found["commits"], found["Overview"]} & {"index", "commits", "Overview"} == set()


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


def test_machines_that_were_upgraded_alike_are_told_apart():
    """Two machines, each with two amounts of memory: neither the name nor the hardware alone is enough."""
    each = [
        environment(machine=name, python="3.13", num_cpu="8", ram=ram)
        for name in ("ada", "bob")
        for ram in ("16 GB", "32 GB")
    ]

    labels = environment_labels(each)

    assert len(set(labels.values())) == 4
    assert labels[each[1]] == "ada · Python 3.13 · ram 32 GB"


def test_links_to_the_first_branch_stay_when_a_second_one_is_configured():
    alone = environment(machine="a", python="3.14")
    first, second = Environment(alone.key, "main", first=True), Environment(alone.key, "stable")

    assert environment_id(first) == environment_id(alone)
    assert environment_id(second) != environment_id(alone)


def test_what_one_commit_did_to_several_workloads_stands_together(tmp_path):
    phases = {0: Behaviour(), 12: Behaviour(serial=0.5)}
    workloads = tuple(Planned(f"work.W{i}", f"Workload {i}", phases) for i in range(6))
    root = tmp_path / "project"
    hashes = generate(standard_plan(20, workloads=workloads, tags={}), root)
    assert publish(root).returncode == 0
    overview = (root / "html" / "speedup" / "index.html").read_text()
    assert overview.count('<li class="change lost">') == 1
    told = overview.split('<li class="change lost">')[1].split("</li>")[0]
    assert told.count('class="change-line"') == 4
    assert "and 2 more lost" in told
    assert hashes[12][:8] in told


def test_numbers_are_written_for_people():
    assert [times(3.984), times(128.3)] == ["3.98×", "128×"]
    assert [percent(0.5), percent(-0.751), percent(0.001), percent(None)] == ["+50 %", "−75 %", "±0 %", "–"]
    assert points(-0.49) == "−49 points"
