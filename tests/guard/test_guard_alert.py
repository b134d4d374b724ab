"""Alerts of generated histories, in which every gain and loss is known beforehand."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from generated import Behaviour, Plan, Planned, generate, load
from in_process import antigil

from antigil.guard.alert_json import alerts_to_json
from antigil.guard.alert_state import AlertState
from antigil.guard.alerts import find_alerts
from antigil.guard.commit_verdict import Trade
from antigil.history.options import Options
from antigil.history.series import Archive, Commit, Environment, Series, TrackedWorkload

RELEASES, HOLDS = Behaviour(), Behaviour(serial=1.0)

#: The article's pair, three serial fractions, a lock, a lost macro pair, and what changes one thread only.
WORKLOADS = (
    Planned("work.Article", "gains a release", {0: HOLDS, 6: RELEASES}),
    Planned("work.Serial05", "serial fraction 5 %", {0: RELEASES, 9: Behaviour(serial=0.05)}),
    Planned("work.Serial10", "serial fraction 10 %", {0: RELEASES, 12: Behaviour(serial=0.10)}),
    Planned("work.Serial25", "serial fraction 25 %", {0: RELEASES, 15: Behaviour(serial=0.25)}),
    Planned("work.Lock", "a lock around a shared counter", {0: RELEASES, 18: Behaviour(inflation=1.8)}),
    Planned("work.Macros", "a removed macro pair", {0: RELEASES, 21: HOLDS}),
    Planned("work.Unrelated", "never changes", {0: Behaviour(serial=0.3)}),
    Planned("work.Slower", "one thread gets slower", {0: RELEASES, 24: Behaviour(seconds=0.004)}),
    Planned("work.Trade", "scales by a slower thread", {0: HOLDS, 27: Behaviour(seconds=0.006)}),
    Planned("work.Mended", "lost and mended", {0: RELEASES, 10: HOLDS, 20: RELEASES}),
    Planned("controls.Loop", "control", {0: HOLDS}, control=True),
)

LOST = {
    ("work.Serial05", 9),
    ("work.Serial10", 12),
    ("work.Serial25", 15),
    ("work.Lock", 18),
    ("work.Macros", 21),
    ("work.Slower", 24),
    ("work.Trade", 27),
    ("work.Mended", 10),
}
GAINED = {("work.Article", 6), ("work.Mended", 20)}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return the history's folder, its hashes, and the alerts found in it."""
    root = tmp_path_factory.mktemp("alert") / "project"
    hashes = generate(Plan(commits=34, workloads=WORKLOADS, samples=8), root)
    archive, options = load(root)
    return root, hashes, archive, find_alerts(archive, options)


def places(told, lost):
    _, hashes, _, alerts = told
    return {(a.workload.name, hashes.index(a.commit.hash)) for a in alerts if a.lost == lost}


def test_exactly_the_commits_that_lost_something_are_named(told):
    assert places(told, lost=True) == LOST


def test_exactly_the_commits_that_gained_something_are_named(told):
    assert places(told, lost=False) == GAINED


def test_scaling_gained_by_a_slower_thread_is_called_a_trade(told):
    (trade,) = [a for a in told[3] if a.workload.name == "work.Trade"]

    assert trade.trade is Trade.SLOWER_ALONE
    assert trade.state is AlertState.SEEN


def test_a_loss_that_was_mended_is_over_and_counts_no_more(told):
    (lost,) = [a for a in told[3] if a.workload.name == "work.Mended" and a.lost]

    assert lost.recovered
    assert not lost.state.counts
    assert lost.state_text == "lost, recovered since"


def test_each_change_has_one_identity_that_more_history_does_not_change(told, tmp_path):
    longer = Plan(commits=38, workloads=WORKLOADS, samples=8)
    generate(longer, tmp_path / "longer")
    archive, options = load(tmp_path / "longer")

    before = {a.identity for a in told[3]}

    assert len(before) == len(told[3])
    assert {a.identity for a in find_alerts(archive, options)} == before


def test_only_what_came_after_a_revision_is_told(told):
    _, hashes, archive, alerts = told
    boundary = next(a.commit.revision for a in alerts if a.workload.name == "work.Lock")

    later = find_alerts(archive, load(told[0])[1], since={None: boundary})

    assert {hashes.index(a.commit.hash) for a in later} == {20, 21, 24, 27}


def test_what_changes_beside_a_control_says_nothing(tmp_path):
    moved = (
        Planned("work.One", "one", {0: RELEASES, 10: HOLDS}),
        Planned("controls.Loop", "control", {0: RELEASES, 10: HOLDS}, control=True),
    )
    generate(Plan(commits=20, workloads=moved, samples=8), tmp_path / "project")
    archive, options = load(tmp_path / "project")

    alerts = find_alerts(archive, options)

    assert {a.state_text for a in alerts} == {"control moved", "unfit to judge"}
    assert alerts_to_json(archive, alerts)["status"] == 2


def test_what_changes_by_much_more_than_the_control_beside_it_is_told(tmp_path):
    moved = (
        Planned("work.One", "one", {0: RELEASES, 10: HOLDS}),
        Planned("work.Two", "two", {0: Behaviour(serial=0.1), 10: Behaviour(serial=0.16)}),
        Planned("controls.Loop", "control", {0: RELEASES, 10: Behaviour(serial=0.06)}, control=True),
    )
    generate(Plan(commits=20, workloads=moved, samples=8), tmp_path / "project")
    archive, options = load(tmp_path / "project")

    told = {a.workload.name: a.state_text for a in find_alerts(archive, options)}

    assert told == {
        "work.One": "lost in the history",
        "work.Two": "unfit to judge",
        "controls.Loop": "control moved",
    }


def test_an_excused_workload_counts_for_nothing(tmp_path):
    plan = Plan(
        commits=20,
        workloads=(Planned("work.One", "one", {0: RELEASES, 10: HOLDS}),),
        options={"excused": {"work\\.One": "waits for the rewrite"}},
        samples=8,
    )
    generate(plan, tmp_path / "project")
    archive, options = load(tmp_path / "project")
    document = alerts_to_json(archive, find_alerts(archive, options))

    assert document["status"] == 0
    assert [a["standing"] for a in document["alerts"]] == ["lost, excused"]


def test_a_benchmark_that_asv_only_timed_is_watched_for_the_time_of_one_thread(tmp_path):
    timed = (Planned("legacy.Sort.time_sort", "", {0: RELEASES, 10: Behaviour(seconds=0.004)}),)
    generate(Plan(commits=20, timed=timed, samples=8), tmp_path / "project")
    archive, options = load(tmp_path / "project")

    (alert,) = find_alerts(archive, options)

    assert [(e.quantity, e.lost, e.revision) for e in alert.effects] == [("time", True, 10)]
    assert alert.state is AlertState.SEEN


def test_times_whose_intervals_are_wider_than_their_step_raise_no_alert(tmp_path):
    """Between four commits there is next to no noise to see; the stored intervals tell it."""
    values, half = np.array([1.0, 1.0, 1.2, 1.2]), 0.65
    environment = Environment((("machine", "alpha"), ("python", "3.13")))
    columns = (np.arange(4), values, values - half, values + half, np.zeros(4, dtype=np.uint8))
    time = Series("work.One", "time", None, environment, *columns, benchmark="work.One.time", parameter=None)
    archive = Archive({"work.One": TrackedWorkload("work.One", "One")}, (environment,), (time,), {})

    assert find_alerts(archive, Options()) == ()
    sure = replace(time, low=values - 0.001, high=values + 0.001)
    assert len(find_alerts(replace(archive, series=(sure,)), Options())) == 1


def test_the_command_tells_the_same_in_every_format(told):
    root, hashes, _, alerts = told
    told_in = {
        form: antigil(root, "alert", "--format", form) for form in ("text", "markdown", "github", "json")
    }
    document = json.loads(told_in["json"].stdout)

    assert {done.returncode for done in told_in.values()} == {2}
    assert {a["identity"] for a in document["alerts"]} == {a.identity for a in alerts}
    for form in ("text", "markdown", "github"):
        assert hashes[21][:8] in told_in[form].stdout
    assert "::notice title=lost in the history%3A work.Macros::" in told_in["github"].stdout
    assert "seen in the history, not measured again: work.Trade at " in told_in["text"].stdout


def test_what_only_the_step_detection_shows_never_gives_status_1(told):
    _, _, archive, alerts = told

    assert {a.state for a in alerts if a.lost} == {AlertState.SEEN, AlertState.RECOVERED}
    assert alerts_to_json(archive, alerts)["status"] == 2
    held = [replace(a, held=True) if a.state is AlertState.SEEN else a for a in alerts]
    assert alerts_to_json(archive, held)["status"] == 1


def test_with_a_memory_a_loss_is_an_annotation_once(told, tmp_path):
    words = ("alert", "--format", "github", "--memory", str(tmp_path))

    first, second = antigil(told[0], *words), antigil(told[0], *words)

    assert (first.returncode, second.returncode) == (2, 2)
    assert "::notice" in first.stdout
    assert "::notice" not in second.stdout
    assert f"Reported before: {len(told[3])}" in second.stdout


def test_nothing_after_the_last_loss_gives_status_0(told):
    root, hashes, _, _ = told
    done = antigil(root, "alert", "--since", hashes[28])

    assert (done.returncode, done.stdout) == (0, "Nothing lost\n")


def test_benchmarks_and_environments_that_are_asked_for_are_the_only_ones_told(told):
    def workloads(*words):
        done = antigil(told[0], "alert", "--format", "json", *words)
        return {one["workload"] for one in json.loads(done.stdout)["alerts"]}

    assert workloads("-b", "work.Lock", "-b", "Macros.*slow") == {"work.Lock", "work.Macros"}
    assert workloads("-E", "virtualenv:3.13", "-b", "Lock") == {"work.Lock"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-b", "Nowhere", "-b", "Neither"), "no benchmark that is watched matches Nowhere or Neither"),
        (("-E", ":3.14t"), "no environment with results is :3.14t; there are virtualenv-py3.13"),
        (("-E", "conda:3.13"), "no environment with results is conda:3.13; there are virtualenv-py3.13"),
        (
            ("-E", "virtualenv-py3"),
            "no environment with results is virtualenv-py3; there are virtualenv-py3.13",
        ),
    ],
)
def test_a_benchmark_or_environment_that_is_not_there_is_one_line_and_status_2(told, words, said):
    done = antigil(told[0], "alert", *words)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"antigil: error: {said}\n")


def test_results_that_cannot_be_read_are_named_and_could_not_be_judged(tmp_path):
    generate(Plan(commits=6, workloads=WORKLOADS[:1], samples=8), tmp_path)
    results = tmp_path / "results"
    file = sorted((results / "alpha").glob("*-*.json"))[0]
    shutil.copytree(results / "alpha", results / "beta")
    (results / "beta/machine.json").unlink()
    file.write_text(file.read_text()[:-100])

    done = antigil(tmp_path, "alert")

    unread, left_out = done.stdout.splitlines()[1:3]
    assert (done.returncode, done.stdout.splitlines()[0]) == (2, "Could not judge")
    assert unread.startswith(f"  ! alpha/{file.name} could not be read: ")
    assert left_out.startswith("  ! beta results are left out, because the folder's machine.json is missing")


def test_many_results_that_cannot_be_read_are_a_line_for_each_thing_to_do(tmp_path):
    generate(Plan(commits=12, workloads=WORKLOADS[:1], samples=8), tmp_path)
    files = sorted((tmp_path / "results/alpha").glob("*-*.json"))
    for i, file in enumerate(files[:9]):
        text = file.read_text()
        file.write_text(text.replace('"version": 2', '"version": 1') if i < 5 else text[: -100 - i])
    for name in ("beta", "gamma"):
        (tmp_path / "results" / name).mkdir()
        (tmp_path / "results" / name / files[10].name).write_text("{}")

    done = antigil(tmp_path, "alert")

    told = [line for line in done.stdout.splitlines() if line.startswith("  ! ")]
    old, damaged, left_out = sorted(told, key=lambda line: ("asv update" not in line, "left out" in line))
    assert done.returncode == 2
    assert " and 2 more could not be read: it is stored in an old file format" in old
    assert old.endswith("Run `asv update` to update it.")
    assert " and 1 more could not be read: Unterminated string" in damaged
    assert damaged.endswith(" (the first). Measure again, or remove what is damaged")
    assert {*left_out[4:].partition(" results are left out, because the folder's ")[0].split(", ")} == {
        "beta",
        "gamma",
    }
    assert left_out.endswith(": put it back, or remove them")


def test_files_that_are_no_results_of_asv_leave_the_rest_judged(tmp_path):
    generate(Plan(commits=6, workloads=WORKLOADS[:1], samples=8), tmp_path)
    for name in (".zenodo.json", ".vscode/settings.json", "alpha/renovate.json"):
        (tmp_path / "results" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "results" / name).write_text("{}")

    done = antigil(tmp_path, "alert")

    assert (done.returncode, done.stdout) == (0, "Nothing lost\n")
    assert "alpha/renovate.json" in done.stderr


def test_a_benchmark_that_cannot_be_drawn_is_noted_on_stderr(tmp_path):
    generate(Plan(commits=3, workloads=WORKLOADS[:1]), tmp_path)
    file = tmp_path / "results/benchmarks.json"
    suite = json.loads(file.read_text())
    suite["work.Article.track_stall"]["antigil_quantity"] = "stal"
    file.write_text(json.dumps(suite))

    done = antigil(tmp_path, "alert")

    told = 'antigil: note: cannot be drawn: unknown antigil_quantity "stal": work.Article.track_stall\n'
    assert (done.returncode, done.stderr) == (0, told)


def test_an_unknown_commit_is_one_line_and_status_2(told):
    done = antigil(told[0], "alert", "--since", "nowhere")

    assert done.returncode == 2
    assert done.stderr.strip() == "antigil: error: no commit 'nowhere' here: fetch it, or name another one"


@pytest.mark.parametrize(
    ("commits", "benchmarks", "parameters", "said"),
    [
        (0, 40, ("size",), "there are no results to look at: measure with 'asv run'"),
        (3, 40, ("jobs", "size"), 'if one of jobs, size does, name it in asv.conf.json, "antigil": '),
        (3, 40, (), "add workloads with 'antigil init'"),
    ],
)
def test_a_suite_without_a_thread_parameter_is_told_what_was_found_and_what_is_missing(
    commits, benchmarks, parameters, said
):
    measured = {n: Commit(f"{n:040x}", n, 0) for n in range(commits)}
    archive = Archive({}, (), (), measured, benchmarks=benchmarks, parameters=parameters)
    (problem,) = alerts_to_json(archive, (), None)["problems"]
    assert said in problem
    assert ("3 measured commits, 40 benchmarks, none of them" in problem) == (commits > 0)
