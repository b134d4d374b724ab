"""Whatever stands in a file, its reader gives a value or the one error that it documents, in one line."""

import json
import shutil

import pytest
from comparisons import LOST, compared
from damage import VALUES, damaged, examples
from generated import generate, load, standard_plan
from hypothesis import given
from nights import LOSES, History, lost_from

from antigil.ci.backlog import backlog
from antigil.ci.issues import LEDGER, _read
from antigil.ci.merge_results import merge
from antigil.errors import UserError
from antigil.guard.alert_log import recall
from antigil.guard.stored.saved_measurements import judge_measurements
from antigil.history.asv_adapter.stored import load_results, result_files
from antigil.report.document import read_alerts, read_comparison
from antigil.report.formats import FORMATS, render_alerts, render_comparison
from antigil.report.measurement.sentence import sentence
from antigil.scaling import Measurement, measure_function


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Return a history of six commits."""
    root = tmp_path_factory.mktemp("readers") / "project"
    generate(standard_plan(6, tags={}, samples=8), root)
    return root


@pytest.fixture(scope="module")
def alerts(tmp_path_factory):
    """Return a night's alerts."""
    from generated import Plan

    with pytest.MonkeyPatch.context() as patch:
        plan = Plan(commits=9, samples=8, workloads=LOSES)
        night = History(tmp_path_factory.mktemp("alerts") / "project", patch, plan)
        night.shows = lost_from(8)
        return json.loads(json.dumps(night.document()))


@pytest.fixture(scope="module")
def measurement():
    """Return a measurement's JSON form."""
    found = measure_function(lambda: sum(range(2000)), (1, 2), budget=0.3, rounds=3)
    return json.loads(json.dumps(found.to_json()))


def told_in_one_line(error):
    assert len(str(error).splitlines()) == 1, repr(str(error))


def everything(document):
    """Return what damages a document, and anything else."""
    return damaged(document) | VALUES


def all_formats(document, render):
    """Show a document in every format: no line of it commands GitHub's runner but annotations of ours."""
    for form in FORMATS:
        for line in render(document, form).splitlines():
            command = line.lstrip().startswith("::") or ("##[" in line and form in ("text", "github"))
            assert not command or line.startswith(
                ("::error title=", "::warning title=", "::notice title=")
            ), line


@pytest.mark.parametrize("kind", ["comparison", "alerts"])
def test_a_report_is_one_or_is_refused(kind, alerts, tmp_path):
    read, render, whole = {
        "comparison": (read_comparison, render_comparison, json.loads(json.dumps(compared(LOST)))),
        "alerts": (read_alerts, render_alerts, alerts),
    }[kind]
    file = tmp_path / "report.json"

    @examples(40)
    @given(everything(whole))
    def tried(document):
        file.write_text(json.dumps(document))
        try:
            found = read(str(file))
        except UserError as error:
            return told_in_one_line(error)
        return all_formats(found, render)

    tried()
    file.write_text(json.dumps(whole))
    all_formats(read(str(file)), render)


def test_a_saved_measurement_is_one_or_is_refused(measurement):
    whole = Measurement.from_json(measurement)

    @examples(60)
    @given(everything(measurement))
    def tried(form):
        try:
            found = Measurement.from_json(form)
        except ValueError as error:
            return told_in_one_line(error)
        sentence(found)
        try:
            return judge_measurements(whole, found)
        except UserError as error:
            return told_in_one_line(error)

    tried()


@pytest.fixture
def merged(history, tmp_path):
    """Return what adds a folder in which one file holds a text, and the file's place."""

    def add(name, text):
        shutil.rmtree(tmp_path / "new", ignore_errors=True)
        shutil.rmtree(tmp_path / "stored", ignore_errors=True)
        shutil.copytree(history / "results", tmp_path / "stored")
        file = tmp_path / "new" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
        return merge(tmp_path / "new", tmp_path / "stored"), tmp_path / "stored"

    return add


@pytest.mark.parametrize("kind", ["results", "machine.json", "benchmarks.json", "notes"])
def test_what_is_added_to_the_results_is_one_of_ours_or_is_left_out(kind, history, merged):
    results = sorted((history / "results/alpha").glob("*-*.json"))[0]
    names = {"results": f"alpha/{results.name}", "machine.json": "alpha/machine.json", "notes": "notes.jsonl"}
    name = names.get(kind, kind)
    whole = json.loads((history / "results" / name).read_text()) if kind != "notes" else {"n": 1}
    whole = {**whole, "results": dict(list(whole["results"].items())[:4])} if kind == "results" else whole

    @examples(12)
    @given(everything(whole))
    def tried(document):
        for problem in merged(name, json.dumps(document))[0]:
            told_in_one_line(problem)

    tried()
    problems, stored = merged(name, json.dumps(whole))
    assert problems == []
    assert backlog([json.loads(results.read_text())["commit_hash"]], stored).todo == []


def test_a_history_is_read_without_what_is_no_file_of_results(history, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(history / "results", root / "results")
    shutil.copy(history / "asv.conf.json", root)
    file, *others = sorted((root / "results/alpha").glob("*-*.json"))
    for other in others[1:]:
        other.unlink()
    whole = json.loads(file.read_text())
    whole["results"] = {name: row for name, row in whole["results"].items() if "Loses" in name}

    @examples(10)
    @given(everything(whole))
    def tried(document):
        file.write_text(json.dumps(document))
        problems = []
        results = str(root / "results")
        found = [load_results(*one, results, problems) for one in result_files(results, problems)]
        assert len(found) == 2
        assert len(problems) == found.count(None)
        for problem in problems:
            told_in_one_line(f"{problem.where}: {problem.what}")
        load(root, repo=history)

    tried()


def test_notes_of_earlier_nights_are_read_line_by_line(tmp_path):
    known = {"identity": "a", "workload": "w", "environment": "e", "lost": True, "before": "a", "commit": "b"}
    told = {"change": "a", "issue": 1}

    @examples(30)
    @given(everything(known), everything(told))
    def tried(one, other):
        (tmp_path / "alerts.jsonl").write_text(f"{json.dumps(one)}\n{json.dumps(known)}\n")
        (tmp_path / LEDGER).write_text(f"{json.dumps(other)}\n{json.dumps(told)}\n")
        assert len(recall(tmp_path / "alerts.jsonl")) in (1, 2)
        assert _read(tmp_path / LEDGER)[0]["a"] == 1

    tried()
