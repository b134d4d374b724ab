"""A project on a local bare repository, and runners for its workflows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "guard"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "history"))

from jobs import ROOT
from runs import GitHub, Source
from sample_project import configuration, git

from antigil.commands import main as cli

#: The workflows' scripts run on Ubuntu only; Windows has neither their shell nor their paths.
collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []

RELEASES = {"work.Article": {"serial": 0.0}, "work.Other": {"serial": 0.25}, "controls.Loop": {"serial": 1.0}}


class World:
    """A project's author: commits and pushes."""

    def __init__(self, folder, branch="main"):
        self.origin = folder / "origin.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", branch, str(self.origin)], check=True)
        self.work = folder / "author"
        self.work.mkdir()
        git(self.work, "init", "-q", "-b", branch)
        git(self.work, "remote", "add", "origin", str(self.origin))
        self.behaviour = dict(RELEASES)
        self.github = GitHub(folder, self.origin)

    def write_own_project(self):
        """Write what this repository's workflows look at."""
        conf = {
            **configuration(),
            "results_dir": ".asv/results",
            "html_dir": ".asv/html",
            "env_dir": ".asv/env",
        }
        own = {"site_url": "https://example.org/site/speedup"}
        conf |= {"plugins": [".antigil.asv_plugin"], "antigil": own}
        (self.work / "asv.conf.json").write_text(json.dumps(conf))
        # What the workflows compare by; no package of its own, which would stand before the real antigil.
        for name in ("antigil/kernels.c", "benchmarks/work.py", "setup.py", "pyproject.toml"):
            (self.work / name).parent.mkdir(exist_ok=True)
            (self.work / name).touch()

    def commit(self, subject, **serial):
        """Commit and push; a keyword is a workload of `work` and its new serial fraction. Return the hash."""
        for name, share in serial.items():
            self.behaviour[f"work.{name}"] = {"serial": share}
        (self.work / "behaviour.json").write_text(json.dumps(self.behaviour))
        git(self.work, "add", ".")
        git(self.work, "commit", "-q", "--allow-empty", "-m", subject)
        git(self.work, "push", "-q", "origin", "HEAD")
        return git(self.work, "rev-parse", "HEAD")

    def keep(self, name, content):
        """Change what the recorder keeps."""
        (self.github.kept / f"{name}.json").write_text(json.dumps(content))

    def kept(self, name):
        """Return what the recorder keeps."""
        file = self.github.kept / f"{name}.json"
        return json.loads(file.read_text()) if file.exists() else []


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("REHEARSAL_PYTHON", sys.executable)
    made = World(tmp_path)
    made.write_own_project()
    return made


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """Return another project, whose suite lies in a folder, into which `antigil init --github` has been."""
    monkeypatch.setenv("REHEARSAL_PYTHON", sys.executable)
    made = World(tmp_path, "master")
    suite = {"version": 1, "project": "quick", "repo": "..", "branches": ["master"]}
    (made.work / "asv_bench").mkdir()
    (made.work / "asv_bench/asv.conf.json").write_text(json.dumps(suite))
    (made.work / "setup.py").write_text("from setuptools import setup\nsetup(name='quick')\n")
    made.github.source = Source(made.work, "someone/quick", "2" * 40)
    made.github.antigil = Source(ROOT, "maker/antigil", "a" * 40)
    made.commit("quick: begin")
    monkeypatch.chdir(made.work)
    assert cli.main(["init", "--github", "--pin", f"maker/antigil@{'a' * 40}", "quick.f()"]) == 0
    made.commit("bench: track how it scales")
    return made


@pytest.fixture
def shown_changes(browser_instance):
    """Return a function that opens a page in a browser and returns the changes that it tells."""

    def shown(file):
        page = browser_instance.new_page()
        page.goto(file.as_uri())
        page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        changes = page.locator("#changes .change").all_inner_texts()
        page.close()
        return changes

    return shown
