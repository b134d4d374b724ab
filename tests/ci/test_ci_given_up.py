"""What failed three times is left out of the backlog, which is told, and can be tried again."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from generated import Behaviour, Plan, Planned, generate
from sample_project import antigil, git

from antigil.ci.merge_results import FAILURES, read_results, write_results

DOCUMENT = (Path(__file__).parents[2] / "docs/workflows.md").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """Return a project of four commits, of which the first two failed three times, and its commits."""
    root = tmp_path / "project"
    hashes = generate(Plan(commits=4, workloads=(Planned("work.One", "one", {0: Behaviour()}),)), root)
    for hash_ in hashes[:2]:
        for file in (root / "results/alpha").glob(f"{hash_[:8]}-*"):
            told = read_results(file)
            rows = {name: [None, *row[1:]] for name, row in told["results"].items()}
            write_results(file, {**told, "results": rows, FAILURES: ["a", "b", "c"]})
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin.git")], check=True)
    git(root, "remote", "add", "origin", (tmp_path / "origin.git").as_uri())
    git(root, "push", "-q", "origin", "main")
    return root, hashes


def shards(root, **environment):
    """Return the commits that are planned, and what is told beside them."""
    done = antigil(root, "ci", "shards", **environment)
    assert done.returncode == 0, done.stderr
    return [hash_ for one in json.loads(done.stdout) for hash_ in one["commits"].split()], done.stderr


def test_that_commits_are_left_out_is_told_in_the_log_and_in_the_jobs_summary(project, tmp_path):
    root, hashes = project
    planned, said = shards(root, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))

    told = "2 commits are left out, because they failed 3 times: "
    assert planned == []
    assert said.startswith(f"antigil: note: {told}{hashes[1][:8]}, {hashes[0][:8]}. ")
    assert (tmp_path / "summary.md").read_text().startswith(told)


def test_of_a_commit_that_was_measured_elsewhere_nothing_is_told(project):
    """Nor of those that were never in question."""
    root, hashes = project
    for hash_ in hashes[:2]:
        for file in (root / "results/alpha").glob(f"{hash_[:8]}-*"):
            told = read_results(file)
            rows = {name: [[1.0], *row[1:]] for name, row in told["results"].items()}
            told["params"]["machine"] = "beta"
            write_results(root / "results/beta" / file.name, {**told, "results": rows})
    (root / "results/beta/machine.json").write_bytes((root / "results/alpha/machine.json").read_bytes())

    assert shards(root) == ([], "")


def test_the_documented_commands_have_them_tried_again_and_keep_all_else(project, tmp_path):
    root, hashes = project
    assert antigil(root, "ci", "push", "results").returncode == 0
    section = DOCUMENT.partition("## Try failed commits again\n")[2].partition("\n## ")[0]
    (commands,) = re.findall(r"```console\n(.*?)```", section, flags=re.DOTALL)
    script = "".join(line.removeprefix("$ ") for line in commands.splitlines(keepends=True))

    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=root, check=True, capture_output=True)

    again = tmp_path / "again"
    git(tmp_path, "clone", "-q", "-b", "main", str(tmp_path / "origin.git"), str(again))
    (again / "asv.conf.json").write_bytes((root / "asv.conf.json").read_bytes())
    assert antigil(again, "ci", "fetch").returncode == 0
    assert shards(again) == ([hashes[1], hashes[0]], "")
