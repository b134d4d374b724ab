"""Run a whole workflow: which jobs, in which order and with what, is read from the workflow itself."""

import itertools
import json
import os
import re
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from expressions import fill, holds
from jobs import ROOT, Job
from ruamel.yaml import YAML

HERE = Path(__file__).parent
SIMULATED = HERE / "simulated", ROOT / "tests/history"


#: How a workflow of another repository is called.
ELSEWHERE = re.compile(r"([\w.-]+/[\w.-]+)/\.github/workflows/(\w[\w-]*)\.yml@([0-9a-f]{40})")
RIGHTS = {"none": 0, "read": 1, "write": 2}


@dataclass(frozen=True)
class Source:
    """A commit of a repository whose workflows are called; antigil's lie in this checkout.

    Attributes
    ----------
    root
        Where its files are.
    """

    root: Path
    repository: str
    commit: str


def load(workflow, root=ROOT):
    """Return a workflow's content."""
    return YAML(typ="safe").load(root / ".github/workflows" / f"{workflow}.yml")


class GitHub:
    """The machines, and what GitHub keeps: each run in folders of its own, beside one bare repository.

    Parameters
    ----------
    measures
        Whether asv builds and measures for real.
    source
        Where the repository's own workflows are read.
    antigil
        The commit of antigil that others' workflows may call.
    """

    def __init__(self, folder, origin, measures=False, source=None, antigil=None):
        self.folder, self.origin, self.measures = folder, origin, measures
        self.source = source or Source(ROOT, "someone/project", "1" * 40)
        self.antigil = antigil
        self.kept = folder / "github"
        self.kept.mkdir()
        self.numbers = itertools.count(1)
        self.groups, self.waiting = defaultdict(threading.Lock), []

    @contextmanager
    def group(self, name):
        """Wait until nobody else is in a group of jobs."""
        self.waiting.append(name)
        with self.groups[name]:
            self.waiting.remove(name)
            yield

    def run(self, workflow, event_name="push", event=None, ref="refs/heads/main", given=None, **changes):
        """Return a run that has not begun; `given` are the inputs of one that others call."""
        number = next(self.numbers)
        artifacts = self.folder / f"run{number}"
        artifacts.mkdir()
        github = {
            "event_name": event_name,
            "event": {"repository": {"fork": False}, **(event or {})},
            "ref": ref,
            "repository": self.source.repository,
            "server_url": "https://github.com",
            "run_id": number,
            "run_attempt": 1,
        }
        return Run(self, self.source, workflow, {**github, **changes}, artifacts, given)

    def called(self, uses, source):
        """Return where a called workflow lies, and its name."""
        if uses.startswith("./.github/workflows/"):
            return source, Path(uses).stem
        repository, name, commit = ELSEWHERE.fullmatch(uses).groups()
        assert (repository, commit) == (self.antigil.repository, self.antigil.commit), uses
        return self.antigil, name

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
            "PYTHONPATH": os.pathsep.join(map(str, [ROOT] if self.measures else [ROOT, *SIMULATED])),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ATTEMPT": str(github["run_attempt"]),
            "GITHUB_WORKFLOW": github.get("workflow", ""),
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
    called : dict of str to Run
        The runs of called workflows by the job that calls, and of those that these call.
    checks : dict of str to str
        Results by the names that people see at a commit.
    before : set of str
        Results of the jobs after which the one comes that calls this workflow.
    """

    def __init__(self, github, source, workflow, context, artifacts, given=None, environment=None):
        self.github, self.source, self.workflow, self.artifacts = github, source, workflow, artifacts
        self.called, self.earlier, self.unchanged = {}, None, set()
        self.content = load(workflow, source.root)
        called = self.content["on"].get("workflow_call") if isinstance(self.content["on"], dict) else None
        self.contexts = {
            "github": {"workflow": self.content["name"], **context},
            "inputs": given_inputs((called or {}).get("inputs", {}), given or {}),
            "job": {"workflow_repository": source.repository, "workflow_sha": source.commit},
        }
        self.environment = environment or {}
        self.results, self.jobs, self.checks, self.outputs = {}, {}, {}, {}
        self.before = set()

    @property
    def order(self):
        """The jobs, each after those that it needs."""
        needs = {name: _list(job.get("needs", ())) for name, job in self.content["jobs"].items()}
        return list(TopologicalSorter(needs).static_order())

    def go(self, until=None):
        """Run the jobs, or end with one of them. Return the run itself."""
        self.until = until
        for name in self.order:
            self.results[name] = self._perform(name, self.content["jobs"][name])
            called = [done for run in self.called.values() for done in run.results]
            if until is not None and until in (*self.results, *called):
                break
        return self

    def again(self, everything=False):
        """Return a run of what has failed, and of what comes after it, or of all, as people start it anew."""
        github = self.contexts["github"]
        attempt = {"run_attempt": github["run_attempt"] + 1}
        run = Run(self.github, self.source, self.workflow, {**github, **attempt}, self.artifacts)
        run.earlier = None if everything else self
        return run

    def _perform(self, name, job):
        stays = self.earlier is not None and self.earlier.results[name] != "failure"
        if stays and set(_list(job.get("needs", ()))) <= self.unchanged:
            self.unchanged.add(name)
            self.outputs[name] = self.earlier.outputs.get(name, {})
            return self.earlier.results[name]
        needed = {
            one: {"result": self.results[one], "outputs": self.outputs.get(one, {})}
            for one in _list(job.get("needs", ()))
        }
        status = self._status(name)
        contexts = {**self.contexts, "needs": needed}
        self.checks[job["name"]] = "skipped"
        if not holds(job.get("if", "success()"), contexts, status):
            return "skipped"
        if "concurrency" in job:
            assert job["concurrency"]["cancel-in-progress"] is False
            with self.github.group(job["concurrency"]["group"]):
                return self._done(name, job, contexts, status)
        return self._done(name, job, contexts, status)

    def _status(self, name):
        """Return what ``success()`` and its kin return for a job."""
        results = self._results_before(name)
        return {"success": results <= {"success"}, "failure": "failure" in results, "cancelled": False}

    def _results_before(self, name):
        """Return the results of all jobs that one comes after, in whatever workflow.

        They are not those alone that it names, but theirs, too, those in the workflows that they call, and
        those before the job that calls this workflow.
        """
        results = set(self.before)
        for one in _list(self.content["jobs"][name].get("needs", ())):
            called = self.called.get(one) or (self.earlier and self.earlier.called.get(one))
            results |= {self.results[one], *(called.every_result if called else ())} | self._results_before(
                one
            )
        return results

    @property
    def every_result(self):
        """The results of all jobs, and of those in called workflows."""
        return {*self.results.values(), *(one for run in self.called.values() for one in run.every_result)}

    def _done(self, name, job, contexts, status):
        """Do a job, or what it calls; return its result."""
        if "uses" in job:
            return self._call(name, job, contexts, status)
        done = [self._job(job, one) for one in self._combinations(name, job, contexts, status)]
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
            {"defaults": self.content.get("defaults", {}), **job},
            self.content.get("env", {}),
            home,
            self.github.origin,
            self.artifacts,
            {**contexts, "github": github},
            {**environment, **self.environment},
        ).run()

    def _combinations(self, name, job, contexts, status):
        """Return the contexts of each combination of a job's matrix; again, of those that have failed."""
        found = list(_combinations(job, contexts, status))
        if self.earlier and self.earlier.results[name] == "failure":
            return [one for one, before in zip(found, self.earlier.jobs[name], strict=True) if before.failed]
        return found

    def _call(self, key, job, contexts, status):
        """Run the workflow that a job calls."""
        given = {key: fill(value, contexts, status) for key, value in job.get("with", {}).items()}
        source, name = self.github.called(job["uses"], self.source)
        context = self.contexts["github"]
        called = Run(self.github, source, name, context, self.artifacts, given, self.environment)
        called.earlier = self.earlier and self.earlier.called.get(key)
        called.before = self._results_before(key)
        self.called[key] = called.go(self.until)
        self.called |= called.called
        for one, content in called.content["jobs"].items():
            for what, right in content["permissions"].items():
                granted = job["permissions"].get(what, "none")
                assert RIGHTS[right] <= RIGHTS[granted], (name, one, what)
        del self.checks[job["name"]]
        self.checks |= {f"{job['name']} / {check}": result for check, result in called.checks.items()}
        self.jobs |= called.jobs
        results = set(called.results.values())
        return "failure" if "failure" in results else "skipped" if results == {"skipped"} else "success"


def given_inputs(declared, given):
    """Return a called workflow's inputs, with their defaults; what GitHub would refuse is an error."""
    kinds = {"string": str, "number": int, "boolean": bool}
    assert set(given) <= set(declared), given
    for name, told in declared.items():
        assert name in given or "required" not in told, name
        assert isinstance(given.get(name, told.get("default")), kinds[told["type"]]), name
    return {name: given.get(name, told.get("default")) for name, told in declared.items()}


def _list(needs):
    return [needs] if isinstance(needs, str) else list(needs)


def _combinations(job, contexts, status):
    """Yield the contexts of each combination of a job's matrix."""
    matrix = job.get("strategy", {}).get("matrix")
    included = [{}] if matrix is None else fill(matrix["include"], contexts, status)
    assert matrix is None or set(matrix) == {"include"}
    for index, values in enumerate(included):
        yield {**contexts, "matrix": values, "strategy": {"job-index": index}}
