"""Run a workflow's jobs here: their `run` steps in real bash, with GitHub's own shell options.

Of the actions that jobs use, those that carry files are done by copying; a job of its own rehearses nothing
that GitHub itself does. `if:` of a job is not evaluated: the test says which jobs run. An expression that the
test did not give a value for is an error.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

#: Actions that need nothing here: the clone is there, and so is Python.
NOTHING = ("actions/checkout", "actions/setup-python", "actions/deploy-pages")


class Job:
    """One job of a workflow, in a clone of its own."""

    def __init__(self, workflow, name, clone, shared, environment, values):
        content = YAML(typ="safe").load(ROOT / ".github/workflows" / f"{workflow}.yml")
        self.steps = content["jobs"][name]["steps"]
        self.workflow_env = {**content.get("env", {}), **content["jobs"][name].get("env", {})}
        self.clone, self.shared = clone, shared
        self.environment, self.values = environment, values
        self.outputs, self.summary, self.said = {}, "", ""
        self.status = 0

    def run(self):
        """Run the steps; after one that failed only those that say so. Return the job itself."""
        for step in self.steps:
            condition = str(step.get("if", "success()"))
            if self.status and "cancelled()" not in condition:
                continue
            if "run" in step:
                self._bash(step)
            else:
                self._action(step["uses"].partition("@")[0], step.get("with", {}))
        return self

    def _bash(self, step):
        files = {
            name: self.clone.parent / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")
        }
        for file in files.values():
            file.write_text("")
        script = self.clone.parent / "step.sh"
        script.write_text(step["run"])
        assert "${{" not in step["run"]
        own = {
            key: self._valued(value) for key, value in {**self.workflow_env, **step.get("env", {})}.items()
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.clone,
            env={**self.environment, **own, **{key: str(file) for key, file in files.items()}},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.said += done.stdout + done.stderr
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        self.outputs |= dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        self.environment |= dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
        self.status = self.status or done.returncode

    def _action(self, name, given):
        values = {key: self._valued(value) for key, value in given.items()}
        if name == "actions/upload-artifact":
            source = self.clone / values["path"]
            if source.is_dir():
                shutil.copytree(source, self.shared / values["name"], dirs_exist_ok=True)
            elif source.exists():
                (self.shared / values["name"]).mkdir(exist_ok=True)
                shutil.copy(source, self.shared / values["name"])
            else:
                assert values["if-no-files-found"] == "ignore", source
        elif name == "actions/download-artifact":
            pattern = values.get("pattern", values.get("name"))
            for found in self.shared.glob(pattern):
                apart = "pattern" in values and values.get("merge-multiple") != "True"
                goal = self.clone / values["path"] / (found.name if apart else "")
                shutil.copytree(found, goal, dirs_exist_ok=True)
        elif name == "actions/upload-pages-artifact":
            shutil.copytree(self.clone / values["path"], self.shared / "pages", dirs_exist_ok=True)
        else:
            assert name in NOTHING, name

    def _valued(self, text):
        return EXPRESSION.sub(lambda found: str(self.values[found.group(1)]), str(text))


class Runner:
    """Makes clones of a bare repository and runs jobs in them, with a recorder in place of ``gh``."""

    def __init__(self, folder, origin):
        self.folder, self.origin = folder, origin
        self.github = folder / "github"
        self.github.mkdir()
        self.count = 0

    def job(self, workflow, name, shared="artifacts", ref="main", values=None, **environment):
        """Return a job in a fresh clone."""
        self.count += 1
        home = self.folder / f"runner{self.count}"
        home.mkdir()
        subprocess.run(["git", "clone", "-q", "-b", ref, str(self.origin), str(home / "work")], check=True)
        artifacts = self.folder / shared
        artifacts.mkdir(exist_ok=True)
        here = Path(__file__).parent
        usual = {
            "PATH": os.pathsep.join([str(here / "bin"), os.environ["PATH"]]),
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(here / "simulated"), str(ROOT / "tests/history")]),
            "REHEARSAL_GITHUB": str(self.github),
            "GITHUB_REPOSITORY": "someone/project",
            "GITHUB_ACTIONS": "true",
            "LANG": "C.UTF-8",
        }
        return Job(workflow, name, home / "work", artifacts, {**usual, **environment}, values or {})
