"""Two commits judged by what asv stored of them."""

import json
import random

import pytest
from asv.results import iter_results
from generated import Behaviour, Plan, Planned, generate
from sample_project import antigil

LOST_AT = 3
WORKLOADS = (
    Planned("work.Lost", "lost", {0: Behaviour(), LOST_AT: Behaviour(serial=0.1)}),
    Planned("work.Steady", "steady", {0: Behaviour(serial=0.3)}),
    Planned("controls.Loop", "loop", {0: Behaviour(serial=1.0)}, control=True),
)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Generate results with eight samples each, as ``asv run --record-samples`` keeps them."""
    root = tmp_path_factory.mktemp("stored") / "project"
    hashes = generate(Plan(commits=6, workloads=WORKLOADS), root)
    noise = random.Random(1)
    for results in iter_results(str(root / "results")):
        for name in results.get_all_result_keys():
            if name.endswith(("slowdown", "gil_held")):
                results._samples[name] = [
                    [value * noise.gauss(1, 0.003) for _ in range(8)] for value in results._results[name]
                ]
        results.save(str(root / "results"))
    return root, hashes


def compared(history, one, other, *words):
    root, hashes = history
    done = antigil(root, "compare", hashes[one], hashes[other], "--results-only", "--format", "json", *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["comparisons"][0]


def test_a_loss_between_two_stored_commits_gives_status_1(history):
    status, comparison = compared(history, LOST_AT - 1, LOST_AT)

    assert status == 1
    assert not comparison["measured"]
    assert [one["name"] for one in comparison["workloads"] if one["counts"]] == ["work.Lost"]


def test_the_same_two_the_other_way_round_are_a_gain(history):
    status, comparison = compared(history, LOST_AT, LOST_AT - 1)

    outcomes = {row["outcome"] for one in comparison["workloads"] for row in one["rows"]}
    assert (status, outcomes) == (0, {"same", "gained"})


def test_two_commits_without_a_change_lose_nothing(history):
    assert compared(history, 0, 1)[0] == 0


def test_what_has_no_sample_per_process_is_not_judged(history):
    _, comparison = compared(history, 0, 1)

    assert {r["quantity"] for w in comparison["workloads"] for r in w["rows"]} == {"slowdown", "gil_held"}
    assert any("single-thread time" in note for note in comparison["notes"])


def test_results_without_samples_cannot_be_judged(tmp_path):
    root = tmp_path / "project"
    history = root, generate(Plan(commits=2, workloads=WORKLOADS), root)

    status, comparison = compared(history, 0, 1)

    assert status == 2
    assert "too few stored samples" in comparison["problems"][0]


def test_commits_without_results_are_one_line_and_status_2(tmp_path):
    root = tmp_path / "project"
    hashes = generate(Plan(commits=3, workloads=WORKLOADS, unmeasured=frozenset({1})), root)

    done = antigil(root, "compare", hashes[0], hashes[1], "--results-only")

    assert done.returncode == 2
    assert done.stderr.startswith("antigil: error: no environment has stored results of both")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "main"), "no commit 'nowhere' here"),
        (("main~1", "main", "--paths", ".", "antigl"), "has 'antigl': name it from the top"),
        (("main", "main", "--processes", "0"), "must be a positive whole number"),
        (("main", "main", "--config", "other.json"), "no other.json here"),
        (("main", "main", "--output", "asv.conf.json/below"), "cannot write"),
        (("main",), "name BASE and HEAD, or interpreters with --pythons"),
    ],
)
def test_bad_input_is_one_line_and_status_2(history, words, said):
    done = antigil(history[0], "compare", *words)

    assert done.returncode == 2
    assert done.stderr.startswith("antigil: error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_branch_that_is_not_there_is_one_line_and_status_2(history, tmp_path):
    conf = json.loads((history[0] / "asv.conf.json").read_text())
    other = {**conf, "repo": str(history[0]), "plugins": [], "branches": ["gone"]}
    other["results_dir"] = str(history[0] / "results")
    (tmp_path / "asv.conf.json").write_text(json.dumps(other))

    done = antigil(tmp_path, "alert")

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("antigil: error: ")
    assert "Traceback" not in done.stderr


def test_a_wrong_option_in_the_configuration_is_one_line_and_status_2(history, tmp_path):
    conf = json.loads((history[0] / "asv.conf.json").read_text())
    (tmp_path / "asv.conf.json").write_text(
        json.dumps({**conf, "repo": str(history[0]), "plugins": [], "antigil": {"treshold": 1}})
    )

    done = antigil(tmp_path, "compare", "main", "main", "--results-only")

    assert done.returncode == 2
    assert 'unknown option "treshold"' in done.stderr
    assert len(done.stderr.splitlines()) == 1
