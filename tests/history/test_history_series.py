"""Results become series: values, intervals, states."""

import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from asv.plugins.git import Git
from generated import Behaviour, Planned, generate, load, standard_plan

from antigil.git import Described
from antigil.history.project import printable_commits
from antigil.history.series import State


def gil_environment(archive):
    return next(e for e in archive.environments if e.python == "3.13")


def test_speedup_is_threads_over_slowdown_and_its_interval_turns_over(archive):
    found, _ = archive
    series = found.find("work.Loses", gil_environment(found), "slowdown", 4)
    value, low, high = series.speedup()
    assert value == pytest.approx(4 / series.values)
    assert (low[:5] <= value[:5]).all()
    assert (value[:5] <= high[:5]).all()
    assert value[0] == pytest.approx(4, rel=0.05)


def test_an_interval_that_reaches_below_nothing_is_none(archive):
    """From a few samples, asv extrapolates."""
    found, _ = archive
    series = found.find("work.Loses", gil_environment(found), "slowdown", 4)
    low = series.low.copy()
    low[0] = -0.5
    _, below, above = replace(series, low=low).speedup()
    assert np.isnan([below[0], above[0]]).all()
    assert np.isfinite([below[1], above[1]]).all()


def test_other_quantities_have_no_speedup(archive):
    found, _ = archive
    waiting = found.find("work.Loses", gil_environment(found), "waiting", 4)
    with pytest.raises(ValueError, match="has no speedup"):
        waiting.speedup()


def test_series_cannot_be_changed(archive):
    found, _ = archive
    with pytest.raises(ValueError, match="read-only"):
        found.series[0].values[0] = 1.0


def test_commits_without_results_are_no_rows(archive, history):
    found, _ = archive
    series = found.find("work.Loses", gil_environment(found), "slowdown", 2)
    assert series.revisions.tolist() == [i for i in range(40) if i not in {5, 6}]
    assert found.commits[7].hash == history[1][7]
    assert found.commits[7].subject == "core: change number 7"
    assert found.commits[7].author == "A. Author"


def test_surroundings_tell_the_build_and_the_cpus(archive):
    found, _ = archive
    by_python = {e.python: e for e in found.environments}
    assert found.gil_enabled(by_python["3.13"], 20) is True
    assert found.gil_enabled(by_python["3.14t"], 20) is False
    assert found.cpus_allowed(by_python["3.13"], 20) == 4
    assert "surroundings.Surroundings" not in found.workloads


def test_titles_controls_and_what_is_expected_come_from_the_suite(archive):
    found, _ = archive
    assert found.workloads["work.Loses"].title == "Loses its release"
    assert [name for name, w in found.workloads.items() if w.control] == ["control.Holds", "control.Releases"]
    assert found.workloads["control.Releases"].expected == "n, up to the CPUs"
    assert found.workloads["control.Holds"].expected == "1 with a GIL"
    assert found.workloads["work.Loses"].expected is None


def test_timed_benchmark_becomes_strong_scaling(archive):
    found, _ = archive
    environment = gil_environment(found)
    series = found.find("legacy.TimeSort.time_sort", environment, "slowdown", 4)
    value, low, high = series.speedup()
    assert value[0] == pytest.approx(4, rel=0.05)
    assert value[-1] == pytest.approx(4 / (1 + 0.3 * 3), rel=0.05)
    assert (low < value).all()
    assert (value < high).all()
    single = found.find("legacy.TimeSort.time_sort", environment, "slowdown", 1)
    assert (single.values == 1).all()
    assert np.isnan(single.low).all()


def rewrite(path, change):
    text = path.read_text()
    path.write_text(change(text))


@pytest.fixture
def small(tmp_path):
    workload = Planned("work.One", "One", {0: Behaviour()})
    root = tmp_path / "project"
    hashes = generate(standard_plan(6, workloads=(workload,), tags={}), root)
    files = [root / "results" / "alpha" / f"{h[:8]}-virtualenv-py3.13.json" for h in hashes]
    return root, hashes, files


def states(root, threads=2):
    found, _ = load(root)
    series = found.find("work.One", found.environments[0], "slowdown", threads)
    return [State(s).name for s in series.states.tolist()]


def replace_slowdown(path, row):
    data = json.loads(path.read_text())
    data["results"]["work.One.track_slowdown"][0] = row
    path.write_text(json.dumps(data))


def test_failed_skipped_and_missing_values_are_told_apart(small):
    root, _, files = small
    replace_slowdown(files[1], None)
    replace_slowdown(files[2], [1.0, float("nan"), 1.0, 1.0])
    replace_slowdown(files[3], [1.0, None, 1.0, 1.0])
    rewrite(files[4], lambda text: text.replace("work.One.track_slowdown", "work.One.track_other"))
    assert states(root) == ["PRESENT", "FAILED", "SKIPPED", "FAILED", "MISSING", "PRESENT"]


def test_truncated_file_is_named_and_the_rest_is_read(small):
    root, _, files = small
    rewrite(files[2], lambda text: text[: len(text) // 2])
    found, _ = load(root)
    (problem,) = found.problems
    assert problem.where == f"alpha/{files[2].name}"
    assert "could not be read" in problem.what
    assert states(root) == ["PRESENT"] * 5


def test_file_of_another_kind_is_named_and_the_rest_is_read(small):
    root, _, files = small
    files[2].write_text('{"version": 2, "results": [1]}')
    found, _ = load(root)
    assert [p.where for p in found.problems] == [f"alpha/{files[2].name}"]


def test_results_of_a_vanished_commit_are_counted(small):
    root, hashes, files = small
    gone = "0" * 40
    rewrite(files[0], lambda text: text.replace(hashes[0], gone))
    found, _ = load(root)
    (problem,) = found.problems
    assert "no longer in the repository" in problem.what
    assert problem.where == gone[:8]


def test_results_of_a_removed_benchmark_are_named(small):
    root, _, files = small
    rewrite(files[0], lambda text: text.replace("work.One.track_stall", "work.Gone.track_stall"))
    found, _ = load(root)
    assert [(p.what, p.where) for p in found.problems] == [
        ("1 benchmarks have results but are no longer in the suite", "work.Gone.track_stall")
    ]


def test_a_renamed_machine_is_an_environment_of_its_own(small):
    root, _, files = small
    other = root / "results" / "beta"
    other.mkdir()
    machine = root / "results" / "alpha" / "machine.json"
    (other / "machine.json").write_text(machine.read_text().replace('"alpha"', '"beta"'))
    for path in files[3:]:
        (other / path.name).write_text(path.read_text().replace('"machine": "alpha"', '"machine": "beta"'))
        path.unlink()
    found, _ = load(root)
    assert [
        (e.machine, len(found.find("work.One", e, "slowdown", 2).values)) for e in found.environments
    ] == [
        ("alpha", 3),
        ("beta", 3),
    ]


def test_folder_without_a_machine_file_is_named_and_the_rest_is_read(small):
    root, _, files = small
    (root / "results" / "beta").mkdir()
    files[2].rename(root / "results" / "beta" / files[2].name)
    found, _ = load(root)
    (problem,) = found.problems
    assert problem.where == "beta"
    assert "machine.json is missing or cannot be read" in problem.what
    assert states(root) == ["PRESENT"] * 5


@pytest.mark.parametrize("value", [0.0, -1.0, 5e-324])
def test_slowdown_that_gives_no_speedup_is_no_value(small, value):
    root, _, files = small
    replace_slowdown(files[1], [1.0, value, 1.0, 1.0])
    found, _ = load(root)
    series = found.find("work.One", found.environments[0], "slowdown", 2)
    assert np.isnan(series.values[1])
    assert states(root)[:3] == ["PRESENT", "SKIPPED", "PRESENT"]


@pytest.mark.parametrize("date", ["soon", None, True, -1, 1e300, float("nan")])
def test_file_with_an_absurd_date_is_named_and_the_rest_is_read(small, date):
    root, _, files = small
    files[2].write_text(json.dumps({**json.loads(files[2].read_text()), "date": date}))
    found, _ = load(root)
    (problem,) = found.problems
    assert problem.where == f"alpha/{files[2].name}"
    assert "its date is no time in milliseconds" in problem.what
    assert states(root) == ["PRESENT"] * 5


def test_commit_whose_date_git_cannot_read_is_told_without(small):
    root, _, _ = small
    git = ["git", "-C", str(root)]
    text = "tree {}\nauthor A <a@b> soon +0000\ncommitter A <a@b> 1700000000 +0000\n\nhello\n"
    tree = subprocess.run([*git, "mktree"], input=b"", check=True, capture_output=True).stdout.decode()
    write = [*git, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
    done = subprocess.run(write, input=text.format(tree.strip()).encode(), check=True, capture_output=True)
    hash_ = done.stdout.decode().strip()
    assert printable_commits(Git(str(root), ""), [hash_]) == {hash_: Described("hello", "A", 0)}


def test_machine_is_told_without_control_characters(small):
    root, _, files = small
    for path in files:
        rewrite(path, lambda text: text.replace("Imaginary CPU", "Imaginary \\u001b CPU"))
    found, _ = load(root)
    assert found.environments[0].params["cpu"] == "Imaginary \ufffd CPU"


def use_branches(root, *names):
    path = root / "asv.conf.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "branches": list(names)}))


def test_each_configured_branch_is_a_history_of_its_own(small):
    root, hashes, _ = small
    subprocess.run(["git", "-C", str(root), "branch", "dev", hashes[2]], check=True)
    use_branches(root, "main", "dev")
    found, _ = load(root)
    rows = {e.branch: len(found.find("work.One", e, "slowdown", 2).values) for e in found.environments}
    assert rows == {"main": 6, "dev": 3}


def test_results_of_commits_on_no_configured_branch_are_counted(small):
    root, hashes, _ = small
    subprocess.run(["git", "-C", str(root), "branch", "dev", hashes[2]], check=True)
    use_branches(root, "dev")
    found, _ = load(root)
    (problem,) = found.problems
    assert problem.what == "3 measured commits are on none of the configured branches"
    assert set(problem.where.split(", ")) == {hash_[:8] for hash_ in hashes[3:]}
