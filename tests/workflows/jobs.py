"""Run a job here: its `run` steps in real bash, with GitHub's own shell options, in a checkout of its own.

Of the actions that jobs use, a checkout is made as GitHub's action makes it, and those that carry files are
done by copying; nothing else that GitHub itself does is rehearsed. No run is cancelled: what then still runs
is read from the conditions, in `test_workflows_rights.py`.
"""

import re
import shutil
import subprocess
from pathlib import Path

from expressions import fill, holds, shown
from sample_project import git

ROOT = Path(__file__).resolve().parents[2]

#: Actions that need nothing here: Python is there.
NOTHING = ("actions/setup-python",)
HIDDEN = re.compile(r"\.[^.]").match


class Job:
    """One job of a workflow.

    Parameters
    ----------
    home
        An empty folder.
    artifacts
        Where artifacts are kept.
    contexts
        What its expressions read: `github`, `needs`, …
    source
        What stands for the commit of antigil whose workflow this is.
    """

    def __init__(self, content, defaults, home, origin, artifacts, contexts, environment, source=ROOT):
        self.content, self.defaults = content, defaults
        self.home, self.origin, self.artifacts = home, origin, artifacts
        self.contexts = {**contexts, "steps": {}}
        self.environment = dict(environment)
        self.summary, self.said, self.failed = "", "", False
        self.place = home / "work"
        self.place.mkdir()
        self.source = source

    def run(self):
        """Run the steps, each if its condition holds. Return the job itself."""
        for step in self.content["steps"]:
            if holds(step.get("if", "success()"), self.contexts, self.status):
                if "run" in step:
                    self._bash(step)
                else:
                    self._action(step["uses"].partition("@")[0], self._filled(step.get("with", {})))
        return self

    @property
    def status(self):
        """What ``success()`` and its kin return."""
        return {"success": not self.failed, "failure": self.failed, "cancelled": False}

    @property
    def outputs(self):
        """The job's outputs, by name."""
        return self._filled(self.content.get("outputs", {}))

    def _filled(self, given):
        return {key: fill(value, self.contexts, self.status) for key, value in given.items()}

    def _bash(self, step):
        files = {name: self.home / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
        for file in files.values():
            file.write_text("")
        script = self.home / "step.sh"
        script.write_text(step["run"])
        assert "${{" not in step["run"]
        own = self._filled({**self.defaults, **self.content.get("env", {}), **step.get("env", {})})
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.place / self._directory(step),
            env={
                **self.environment,
                **{key: shown(value) for key, value in own.items()},
                **{key: str(file) for key, file in files.items()},
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.said += done.stdout + done.stderr
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        self.environment |= _assignments(files["GITHUB_ENV"])
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outputs": _assignments(files["GITHUB_OUTPUT"])}
        self.failed = self.failed or done.returncode != 0

    def _directory(self, step):
        """Return where a step runs; without bash named, GitHub's own options would be other ones."""
        run = {**self.content.get("defaults", {}).get("run", {}), **step}
        assert run.get("shell") == "bash", step
        return fill(run.get("working-directory", "."), self.contexts, self.status)

    def _action(self, name, given):
        if name == "actions/checkout" and "repository" in given:
            self._checkout_source(given)
        elif name == "actions/checkout":
            self._checkout(given.get("ref") or self.contexts["github"]["ref"], given)
        elif name == "actions/upload-artifact":
            assert given.get("overwrite") or not (self.artifacts / given["name"]).exists(), given["name"]
            shutil.rmtree(self.artifacts / given["name"], ignore_errors=True)
            self._upload(given)
        elif name == "actions/download-artifact":
            pattern = given.get("pattern", given.get("name"))
            assert "pattern" in given or (self.artifacts / pattern).exists(), pattern
            matching = sorted(self.artifacts.glob(pattern))
            apart = len(matching) > 1 and not given.get(
                "merge-multiple"
            )  # a single one has no folder of its own
            for found in matching:
                goal = self.place / given["path"] / (found.name if apart else "")
                shutil.copytree(found, goal, dirs_exist_ok=True)
        elif name == "actions/upload-pages-artifact":
            (self.artifacts / given["name"]).mkdir()  # refuses a name that there is
            shutil.copytree(self.place / given["path"], self.artifacts / "pages", dirs_exist_ok=True)
        elif name == "actions/deploy-pages":
            assert (self.artifacts / given["artifact_name"]).is_dir()
        else:
            assert name in NOTHING, name

    def _checkout_source(self, given):
        """Put antigil's files in place, for a job that runs them without installing anything."""
        job = self.contexts["job"]
        assert (given["repository"], given["ref"]) == (job["workflow_repository"], job["workflow_sha"])
        goal = self.place / given.get("path", "")
        goal.mkdir(exist_ok=True)
        (goal / "antigil").symlink_to(self.source / "antigil")

    def _checkout(self, ref, given):
        """Check out as actions/checkout does: a branch as itself, a commit detached; one commit, or all."""
        depth = given.get("fetch-depth", 1)
        git(self.place, "init", "-q", "-b", "none")
        git(self.place, "remote", "add", "origin", self.origin.as_uri())
        branch = ref.removeprefix("refs/heads/")
        is_branch = bool(git(self.place, "ls-remote", "origin", f"refs/heads/{branch}"))
        if depth == 0:
            git(self.place, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
        else:
            wanted = f"+refs/heads/{branch}:refs/remotes/origin/{branch}" if is_branch else ref
            git(self.place, "fetch", "-q", f"--depth={depth}", "origin", wanted)
        if "sparse-checkout" in given:
            kind = "--cone" if given.get("sparse-checkout-cone-mode", True) else "--no-cone"
            git(self.place, "sparse-checkout", "set", kind, *given["sparse-checkout"].split())
        where = ["-B", branch, f"refs/remotes/origin/{branch}"] if is_branch else ["--detach", ref]
        git(self.place, "checkout", "-q", "--force", *where)

    def _upload(self, given):
        """Keep files; as the action, none that is hidden if not told to, and nothing where there is none."""
        source = self.place / given["path"]
        files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
        if not given.get("include-hidden-files"):
            files = [one for one in files if not any(map(HIDDEN, one.relative_to(self.place).parts))]
        if not files:
            assert given["if-no-files-found"] == "ignore", source
        for file in files:
            inside = file.relative_to(source) if source.is_dir() else Path(file.name)
            goal = self.artifacts / given["name"] / inside
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, goal)


def _assignments(file):
    return dict(line.split("=", 1) for line in file.read_text().splitlines())
