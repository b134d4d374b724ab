"""Two commits judged by what asv stored of them."""

import json
import random

import pytest
from asv.results import iter_results
from generated import Behaviour, Place, Plan, Planned, generate
from in_process import antigil

LOST_AT = 3
WORKLOADS = (
    Planned("work.Lost", "lost", {0: Behaviour(), LOST_AT: Behaviour(serial=0.1)}),
    Planned("work.Steady", "steady", {0: Behaviour(serial=0.3)}),
    Planned("controls.Loop", "loop", {0: Behaviour(serial=1.0)}, control=True),
)


def generated(root, workloads=WORKLOADS, **plan):
    """Generate results with eight samples each, as ``asv run --record-samples`` keeps them."""
    hashes = generate(Plan(workloads=workloads, **plan), root)
    noise = random.Random(1)
    for results in iter_results(str(root / "results")):
        for name in results.get_all_result_keys():
            if name.endswith(("slowdown", "gil_held")):
                results._samples[name] = [
                    [value * noise.gauss(1, 0.003) for _ in range(8)] for value in results._results[name]
                ]
        results.save(str(root / "results"))
    return root, hashes


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    return generated(tmp_path_factory.mktemp("stored") / "project", commits=6)


@pytest.fixture
def change(tmp_path):
    """Return a history of two commits, and what changes how one of them is stored."""
    root, hashes = generated(tmp_path / "project", commits=2)

    def change(commit, how):
        (results,) = (one for one in iter_results(str(root / "results")) if one.commit_hash == hashes[commit])
        how(results)
        results.save(str(root / "results"))

    return (root, hashes), change


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


@pytest.mark.parametrize(
    ("place", "recorded", "gil"),
    [
        (Place(), True, True),
        (Place(python="3.14t", gil=False), True, False),
        (Place(python="3.14t", gil=True), True, True),
        (Place(python="3.14", gil=False), True, False),
        (Place(python="3.14t", gil=False), False, False),
        (Place(python="3.14-jit", gil=True), False, True),
    ],
)
def test_whether_there_was_a_gil_is_what_was_recorded_and_else_guessed(tmp_path, place, recorded, gil):
    root, hashes = generated(tmp_path / "project", WORKLOADS[1:2], commits=2, places=(place,))
    for results in iter_results(str(root / "results")):
        if not recorded:
            results.remove_result("surroundings.Surroundings.track_gil_enabled")
        results.save(str(root / "results"))

    _, comparison = compared((root, hashes), 0, 1)

    assert comparison["gil"] is gil


@pytest.mark.parametrize("words", [(), ("-b", "work.Steady")])
def test_the_gil_of_an_environment_is_not_that_of_a_workload_whose_imports_switch_it_on(tmp_path, words):
    """The suite records it of each workload as well; ``-b`` leaves out what records it of the Python."""
    steady = (Planned("work.Steady", "steady", {0: Behaviour(serial=0.3)}, gil=True),)
    history = generated(tmp_path / "project", steady, commits=2, places=(Place(python="3.14", gil=False),))

    _, comparison = compared(history, 0, 1, *words)

    assert comparison["gil"] is False


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


def test_numbers_that_are_too_many_for_their_samples_are_told_so_and_fewer_can_be_judged(tmp_path):
    """Eight samples a side show p = 2 ÷ C(16, 8); a level of 1 % is that of 64 such numbers together."""
    steady = [Planned(f"work.Steady{i:02}", "steady", {0: Behaviour()}) for i in range(16)]
    lost = Planned("work.Lost", "lost", {0: Behaviour(), 1: Behaviour(serial=0.1)})
    history = generated(tmp_path / "project", [*steady, lost], commits=2)

    (status, all_), (fewer, some) = compared(history, 0, 1), compared(history, 0, 1, "-b", "Lost|Steady0")

    assert (status, len(all_["problems"])) == (2, 1)
    assert all_["problems"][0].startswith(
        "68 numbers are too many for 8 stored samples of each, which show a change among 64 at most: "
    )
    assert (fewer, some["problems"]) == (1, [])


def failed_at_8_threads(results):
    """Let the last of the thread counts have failed."""
    for kept in (results._results, results._samples):
        kept["work.Steady.track_slowdown"][3] = None


def up_to_4_threads(results):
    """Let them be of a suite that had no 8 threads."""
    results._benchmark_params["work.Steady.track_slowdown"] = [["1", "2", "4"]]
    for kept in (results._results, results._samples, results._stats):
        kept["work.Steady.track_slowdown"] = kept["work.Steady.track_slowdown"][:3]


FAILED = "asv stored a failure of work.Steady.track_slowdown"


@pytest.mark.parametrize(
    ("how", "notes"),
    [(failed_at_8_threads, [f"work.Steady failed at head: {FAILED}"]), (up_to_4_threads, [])],
)
def test_a_number_that_the_head_alone_lacks_could_not_be_judged(change, how, notes):
    history, change = change
    change(1, how)

    status, comparison = compared(history, 0, 1)

    assert status == 2
    assert comparison["problems"] == ["work.Steady gives no speedup, 8 threads at head: not judged"]
    assert comparison["notes"][:-1] == notes


@pytest.mark.parametrize(
    ("how", "notes"),
    [(failed_at_8_threads, [f"work.Steady failed at base: {FAILED}"]), (up_to_4_threads, [])],
)
def test_a_number_that_the_base_alone_lacks_hinders_nothing(change, how, notes):
    history, change = change
    change(0, how)

    status, comparison = compared(history, 0, 1)

    assert (status, comparison["problems"], comparison["notes"][:-1]) == (0, [], notes)


def without_steady(results):
    """Let them be of ``asv run --bench``, which named the others."""
    for name in [one for one in results.get_all_result_keys() if one.startswith("work.Steady.")]:
        results.remove_result(name)


def of_another_version(results):
    """Let the workload have been another one then."""
    for name in results._benchmark_version:
        if name.startswith("work.Steady."):
            results._benchmark_version[name] = "0"


@pytest.mark.parametrize("how", [without_steady, of_another_version])
def test_a_workload_without_results_at_head_could_not_be_judged_and_one_without_any_at_base_is_told(
    change, how
):
    history, change = change
    change(1, how)

    status, comparison = compared(history, 0, 1)
    back, other = compared(history, 1, 0)

    assert (status, comparison["problems"]) == (2, ["work.Steady has no result at head"])
    assert (back, other["problems"], other["notes"][0]) == (0, [], "work.Steady has no result at base")


def test_two_commits_that_measured_nothing_in_common_could_not_be_judged(change):
    history, change = change
    change(1, lambda results: [results.remove_result(one) for one in list(results.get_all_result_keys())])

    status, comparison = compared(history, 0, 1)

    assert (status, comparison["problems"][-1]) == (
        2,
        "the two commits have no number in common to be judged",
    )


@pytest.mark.parametrize("commit", [0, 1])
def test_an_environment_without_results_of_one_of_the_commits_is_named(tmp_path, commit):
    history = generated(tmp_path / "project", commits=2, places=(Place(), Place(python="3.14t")))
    (file,) = (history[0] / "results/alpha").glob(f"{history[1][commit][:8]}-*3.14t*")
    file.unlink()

    status, comparison = compared(history, 0, 1)

    said = f"alpha/virtualenv-py3.14t is not compared: no results of {history[1][commit][:8]}"
    assert (status, comparison["notes"][-1]) == (0, said)


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
        (("main~1", "main", "--results-only", "-b", "Lost", "-b", "Tpyo"), "can be compared matches Tpyo"),
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
