"""Run a whole workflow: which jobs, in which order and with what, is read from the workflow itself."""

import itertools
import json
import os
from graphlib import TopologicalSorter
from pathlib import Path

from expressions import fill, holds
from jobs import ROOT, Job
from ruamel.yaml import YAML

HERE = Path(__file__).parent


def load(workflow):
    """Return a workflow's content."""
    return YAML(typ="safe").load(ROOT / ".github/workflows" / f"{workflow}.yml")


class GitHub:
    """The machines, and what GitHub keeps: each run in folders of its own, beside one bare repository."""

    def __init__(self, folder, origin):
        self.folder, self.origin = folder, origin
        self.kept = folder / "github"
        self.kept.mkdir()
        self.numbers = itertools.count(1)

    def run(self, workflow, event_name="push", event=None, ref="refs/heads/main", **changes):
        """Return a run that has not begun."""
        number = next(self.numbers)
        artifacts = self.folder / f"run{number}"
        artifacts.mkdir()
        github = {
            "event_name": event_name,
            "event": event or {},
            "ref": ref,
            "repository": "someone/project",
            "run_id": number,
        }
        return Run(self, workflow, {**github, **changes}, artifacts)

    def machine(self, github):
        """Return an empty folder and the environment variables of a fresh machine."""
        home = self.folder / f"machine{next(self.numbers)}"
        home.mkdir()
        event = home / "event.json"
        event.write_text(json.dumps(github["event"]))
        return home, {
            "PATH": os.pathsep.join([str(HERE / "bin"), os.environ["PATH"]]),
            "REHEARSAL_PYTHON": os.environ["REHEARSAL_PYTHON"],
            "REHEARSAL_GITHUB": str(self.kept),
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE / "simulated"), str(ROOT / "tests/history")]),
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_ACTIONS": "true",
            "LANG": "C.UTF-8",
        }


class Run:
    """One run of a workflow, or of one that another calls.

    Attributes
    ----------
    results : dict of str to str
        ``"success"``, ``"failure"`` or ``"skipped"`` by job.
    jobs : dict of str to list of Job
        What ran, by the job's name; a called workflow's jobs stand beside the caller's.
    checks : dict of str to str
        Results by the names that people see at a commit.
    """

    def __init__(self, github, workflow, context, artifacts, inputs=None, environment=None):
        self.github, self.artifacts = github, artifacts
        self.content = load(workflow)
        self.contexts = {"github": {**context, "workflow": self.content["name"]}, "inputs": inputs or {}}
        self.environment = environment or {}
        self.results, self.jobs, self.checks, self.outputs = {}, {}, {}, {}

    @property
    def order(self):
        """The jobs, each after those that it needs."""
        needs = {name: _list(job.get("needs", ())) for name, job in self.content["jobs"].items()}
        return list(TopologicalSorter(needs).static_order())

    def go(self, until=None):
        """Run the jobs, or end with one of them. Return the run itself."""
        for name in self.order:
            self.results[name] = self._perform(name, self.content["jobs"][name])
            if name == until:
                break
        return self

    def _perform(self, name, job):
        needed = {
            one: {"result": self.results[one], "outputs": self.outputs.get(one, {})}
            for one in _list(job.get("needs", ()))
        }
        results = {one["result"] for one in needed.values()}
        status = {"success": results <= {"success"}, "failure": "failure" in results, "cancelled": False}
        contexts = {**self.contexts, "needs": needed}
        self.checks[job["name"]] = "skipped"
        if not holds(job.get("if", "success()"), contexts, status):
            return "skipped"
        if "uses" in job:
            return self._call(job, contexts, status)
        done = [self._job(job, one) for one in _combinations(job, contexts, status)]
        self.jobs[name] = done
        self.outputs[name] = done[-1].outputs
        self.checks[job["name"]] = "failure" if any(one.failed for one in done) else "success"
        return self.checks[job["name"]]

    def _job(self, job, contexts):
        """Run one job on a machine of its own, with a token that may do what the job's permissions say."""
        may = " ".join(f"{what}:{right}" for what, right in job["permissions"].items())
        github = {"token": may, **contexts["github"]}
        home, environment = self.github.machine(github)
        return Job(
            job,
            self.content.get("env", {}),
            home,
            self.github.origin,
            self.artifacts,
            {**contexts, "github": github},
            {**environment, **self.environment},
        ).run()

    def _call(self, job, contexts, status):
        """Run the workflow that a job calls."""
        inputs = {key: fill(value, contexts, status) for key, value in job.get("with", {}).items()}
        name = Path(job["uses"]).stem
        called = Run(
            self.github, name, self.contexts["github"], self.artifacts, inputs, self.environment
        ).go()
        for one, content in called.content["jobs"].items():
            for what, right in content["permissions"].items():
                assert right == "read" or job["permissions"].get(what) == right, (name, one, what)
        self.jobs |= called.jobs
        del self.checks[job["name"]]
        self.checks |= {f"{job['name']} / {check}": result for check, result in called.checks.items()}
        return "failure" if "failure" in called.results.values() else "success"


def _list(needs):
    return [needs] if isinstance(needs, str) else list(needs)


def _combinations(job, contexts, status):
    """Yield the contexts of each combination of a job's matrix."""
    matrix = job.get("strategy", {}).get("matrix")
    included = [{}] if matrix is None else fill(matrix["include"], contexts, status)
    assert matrix is None or set(matrix) == {"include"}
    for index, values in enumerate(included):
        yield {**contexts, "matrix": values, "strategy": {"job-index": index}}
