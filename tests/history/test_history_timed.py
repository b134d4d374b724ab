"""Existing ``time_*`` benchmarks, really run and published by asv, and suites that count no threads."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from generated import publish

SUITE = """
import time


class Sort:
    params = [[1, 2, -1], ["small", "<b>large</b>"]]
    param_names = ["n_jobs", "size"]

    def time_sort(self, n_jobs, size):
        time.sleep(0.002 / abs(n_jobs))


class Pool:
    params = [None, 1, 2]
    param_names = ["lanes"]

    def time_pool(self, lanes):
        time.sleep(0.002 / (lanes or 2))


def time_plain(size):
    pass


time_plain.params = [[10]]
time_plain.param_names = ["size"]
"""


def git(root, *command):
    subprocess.run(["git", "-C", str(root), *command], check=True, capture_output=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Run the suite of a project that knows nothing of antigil by asv, and publish it."""
    root = tmp_path_factory.mktemp("timed") / "project"
    (root / "benchmarks").mkdir(parents=True)
    (root / "benchmarks" / "__init__.py").touch()
    (root / "benchmarks" / "suite.py").write_text(SUITE)
    conf = {"version": 1, "project": "other", "repo": ".", "branches": ["main"]}
    folders = {"results_dir": "results", "html_dir": "html", "benchmark_dir": "benchmarks"}
    plugin = {
        "environment_type": "virtualenv",
        "plugins": [".antigil.asv_plugin"],
        "launch_method": "forkserver",
    }
    (root / "asv.conf.json").write_text(json.dumps({**conf, **folders, **plugin}))
    git(root, "init", "-q", "-b", "main")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "HOME": str(root.parent)}
    asv = [sys.executable, "-m", "asv"]
    subprocess.run([*asv, "machine", "--yes"], cwd=root, env=env, check=True, capture_output=True)
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    run = [*asv, "run", "--quick", "--environment", "existing", "--set-commit-hash", "HEAD"]
    done = subprocess.run(run, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def change(root, **options):
    path = root / "asv.conf.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **options}))


def test_each_thread_count_is_drawn_as_strong_scaling(project):
    told = project / "html" / "speedup"
    with open(told / "data" / "overview.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {row["workload"] for row in rows}
    assert names == {"suite.Sort.time_sort(size='small')", "suite.Sort.time_sort(size='<b>large</b>')"}
    (path,) = (project / "results").glob("*/*-existing-*.json")
    stored = json.loads(path.read_text())["results"]["suite.Sort.time_sort"][0]
    ratios = [one / two for one, two in zip(stored[:2], stored[2:4], strict=True)]
    assert sorted(float(row["speedup"]) for row in rows) == pytest.approx(sorted(ratios), abs=1e-3)
    for row in rows:
        page = (told / row["page"].split("#")[0]).read_text()
        assert "Strong scaling T(1) ÷ T(n)" in page
        assert "<b>large" not in page


def test_values_that_are_no_number_of_threads_are_left_out_and_named(project):
    overview = (project / "html" / "speedup" / "index.html").read_text()
    told = "<code>suite.Sort.time_sort</code> not drawn where n_jobs = -1: no number of threads"
    assert told in overview


def test_what_one_thread_takes_is_the_workloads_time(project):
    (path,) = (project / "results").glob("*/*-existing-*.json")
    stored = json.loads(path.read_text())["results"]["suite.Sort.time_sort"][0]
    times = []
    for file in (project / "html" / "speedup" / "data").glob("suite.Sort*.csv"):
        with open(file, newline="", encoding="utf-8") as opened:
            times += [float(row["time_seconds"]) for row in csv.DictReader(opened)]
    assert sorted(times) == pytest.approx(sorted(stored[:2]), abs=1e-9)


def test_another_name_of_the_parameter_is_learned_from_the_configuration(project):
    change(project, antigil={"thread_parameters": ["lanes"]})
    assert publish(project).returncode == 0
    overview = (project / "html" / "speedup" / "index.html").read_text()
    assert "suite.Pool.time_pool" in overview
    assert "time_sort" not in overview
    assert "not drawn where lanes = None: no number of threads" in overview


def test_unknown_option_is_refused_by_name(project):
    change(project, antigil={"thread_parameter": ["lanes"]})
    done = publish(project)
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert 'unknown option "thread_parameter" under "antigil" in asv.conf.json; known: thread_param' in told
    assert "Traceback" not in told


def test_suite_without_thread_counts_is_told_what_would_be_drawn(project):
    change(project, antigil={"thread_parameters": ["cores"]})
    done = publish(project)
    assert done.returncode == 0, done.stdout + done.stderr
    overview = (project / "html" / "speedup" / "index.html").read_text()
    assert "No benchmark here counts threads" in overview
    assert "The suite has 3 benchmarks, and none that these pages can draw" in overview
    assert "<code>cores</code>" in overview
    for name in ("lanes", "n_jobs", "size"):
        assert f"<code>{name}</code>" in overview
    assert not list((project / "html" / "speedup").glob("suite*.html"))


def test_commits_are_no_links_where_the_project_names_no_address(project):
    """An asv.conf.json without ``show_commit_url`` has ``#`` in its place."""
    change(project, antigil={})
    assert publish(project).returncode == 0
    folder = project / "html" / "speedup"
    assert 'class="hash"' not in (folder / "index.html").read_text()
    page = next(folder.glob("suite*.html")).read_text()
    assert 'data-commit-url=""' in page
