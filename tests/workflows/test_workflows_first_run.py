"""The first look at a long history: what was lost in the past floods nobody."""

import json
import subprocess
from dataclasses import asdict

import pytest
from generated import Behaviour, Place, Plan, Planned, _benchmarks, _machine, _result_file, _Scatter
from histories import GIVEN, finished, issues
from sample_project import git

from antigil.ci.asv_files import write_file
from antigil.ci.issues import MOST_NEW
from antigil.ci.results_branch import push_results

pytestmark = pytest.mark.long

COMMITS, LOSSES = 300, 40
LOSES = [
    Planned(f"work.W{k:02}", f"W{k:02}", {0: Behaviour(), 7 * k + 8: Behaviour(serial=0.5)})
    for k in range(LOSSES)
]
PLAN = Plan(COMMITS, [*LOSES, Planned("controls.Loop", "loop", {0: Behaviour(serial=1.0)}, control=True)])


@pytest.fixture
def hashes(world, tmp_path, monkeypatch):
    """Push the commits and the results of all of them; return the hashes, oldest first."""
    world.behaviour = {one.name: asdict(one.at(0)) for one in PLAN.workloads}
    world.commit("core: first")
    stream = []
    for i in range(1, COMMITS):
        told = json.dumps({one.name: asdict(one.at(i)) for one in PLAN.workloads})
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {1_700_000_000 + i} +0000\n")
        stream.append(f"data <<END\ncore: change {i}\nEND\n" + ("from refs/heads/main^0\n" if i == 1 else ""))
        stream.append(f"M 100644 inline behaviour.json\ndata {len(told)}\n{told}\n\n")
    command = ["git", "-C", str(world.work), "fast-import", "--quiet"]
    subprocess.run(command, input="".join(stream).encode(), check=True)
    git(world.work, "push", "-q", "origin", "main")
    found = git(world.work, "rev-list", "--reverse", "main").split()
    results, place, scatter = tmp_path / "results", Place(), _Scatter(PLAN)
    write_file(results / "benchmarks.json", _benchmarks(PLAN), 2)
    write_file(results / place.machine / "machine.json", _machine(place), 1)
    for i, hash_ in enumerate(found):
        _result_file(PLAN, place, i, hash_, scatter).save(str(results))
    monkeypatch.chdir(world.work)
    push_results([results], "results")
    return found


def test_a_first_look_at_300_commits_with_40_losses_opens_a_few_issues_and_one_for_the_rest(world, hashes):
    for _ in range(2):
        finished(world.github.run("alert", given=GIVEN))

        assert issues(world) == [(number, "open", 0) for number in range(1, MOST_NEW + 2)]
    titles = [one["title"] for one in world.kept("issues")]
    assert titles[0] == f"Parallelism lost: work.W{LOSSES - 1}"
    assert titles[-1] == f"Parallelism lost: {LOSSES - MOST_NEW} workloads in {LOSSES - MOST_NEW} commits"
    assert all(one.name in "".join(issue["body"] for issue in world.kept("issues")) for one in LOSES)
