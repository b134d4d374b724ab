"""The tracking's commands, each with something to lose, started so that they can be killed.

A `Subject` is a command in a folder of its own. `begin` puts back what it starts from, `words` is the
command, `kept` tells what must neither change nor go, and `complete` raises where work is left.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
for room in ("guard", "history"):
    sys.path.insert(0, str(CHECKOUT / "tests" / room))

from generated import Behaviour, Planned, generate, standard_plan  # noqa: E402
from sample_project import git  # noqa: E402

SUITE = """
def track_one():
    return 1.0

def track_many():
    return {"samples": [1.0 + i / 7 for i in range(20_000)], "number": 1}
"""


class Subject:
    """One command, and what is kept of it."""

    #: The exit status of a command that does its work.
    status = 0

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.stdin, self.variables = "", {}
        self.prepare()

    def start(self, before=()):
        """Start the command in a process group of its own; `before` stands before it."""
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "HOME": str(self.home), "NO_COLOR": "1"}
        process = subprocess.Popen(
            [*before, sys.executable, "-m", *self.words()],
            cwd=self.cwd, env=environment | self.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        process.stdin.write(self.stdin)
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, before=()):
        """Run the command to its end; return its status and what it said."""
        process = self.start(before)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def killed_after(self, seconds):
        """Kill the command and all that it started after a time; return whether it was still at work."""
        process = self.start()
        time.sleep(seconds)
        at_work = process.poll() is None
        with_all = os.getpgid(process.pid) if at_work else process.pid
        try:
            os.killpg(with_all, signal.SIGKILL)
        except ProcessLookupError:
            at_work = False
        process.communicate()
        return at_work

    def damage(self, before):
        """Return what was lost of what was kept before, or is half written."""
        now = self.kept()
        lost = [f"{name} was lost" for name in before if name not in now]
        changed = [f"{name} changed" for name in before if name in now and now[name] != before[name]]
        return [*lost, *changed, *self.halves()]

    def halves(self):
        """Return the names of files that are no JSON."""
        return [
            f"{file} is cut off" for folder in self.whole for file in folder.rglob("*.json") if broken(file)
        ]


def broken(file):
    """Tell whether a file is no JSON."""
    try:
        json.loads(file.read_text())
    except ValueError:
        return True
    return False


def digests(folder, pattern="*.json"):
    """Return the digest of each file of a folder."""
    found = (file for file in folder.rglob(pattern) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


class Measuring(Subject):
    """``asv run`` of three commits of a project in Python alone; one of them is measured already."""

    def prepare(self):
        """Make the project, its environment and the results of its first commit."""
        root = self.cwd = self.folder / "project"
        self.results = root / "results"
        self.whole = [self.results]
        (root / "benchmarks").mkdir(parents=True)
        (root / "benchmarks/__init__.py").write_text("")
        (root / "benchmarks/work.py").write_text(SUITE)
        conf = {
            "version": 1, "project": "cheap", "repo": ".", "branches": ["main"],
            "environment_type": "virtualenv", "benchmark_dir": "benchmarks", "env_dir": "env",
            "results_dir": "results", "html_dir": "html", "plugins": [".antigil.asv_plugin"],
            "build_command": [], "install_command": [], "uninstall_command": [],
        }  # fmt: skip
        (root / "asv.conf.json").write_text(json.dumps(conf))
        git(root, "init", "-q", "-b", "main")
        for i in range(3):
            git(root, "commit", "-q", "--allow-empty", "-m", f"change {i}")
        self.hashes = git(root, "rev-list", "--reverse", "main").split()
        machine = {"alpha": {"machine": "alpha", "arch": "", "cpu": "", "num_cpu": "2", "os": "", "ram": ""}}
        (self.home / ".asv-machine.json").write_text(json.dumps({**machine, "version": 1}))
        self.todo = self.hashes[:1]
        self.begin()
        status, said = self.run()
        assert status == 0, said
        self.done = self.folder / "done"
        shutil.copytree(self.results, self.done)
        self.todo = self.hashes

    def begin(self):
        """Put back the results of the first commit."""
        self.stdin = "\n".join(self.todo)
        shutil.rmtree(self.results, ignore_errors=True)
        if hasattr(self, "done"):
            shutil.copytree(self.done, self.results)

    def words(self):
        """Return the command."""
        return [
            "asv",
            "run",
            "--machine",
            "alpha",
            "--record-samples",
            "--skip-existing-successful",
            "HASHFILE:-",
        ]

    def kept(self):
        """Return the values that are stored of each commit."""
        return values(self.results)

    def complete(self):
        """Expect values of all three commits."""
        assert values(self.results).keys() >= {
            f"{hash_[:8]} {name}" for hash_ in self.hashes for name in NAMES
        }


NAMES = ("work.track_one", "work.track_many")


def values(folder):
    """Return what is stored, by commit and benchmark."""
    found = {}
    for file in folder.rglob("*-*.json"):
        if not broken(file):
            rows = json.loads(file.read_text())["results"]
            found |= {f"{file.name[:8]} {name}": row[0] for name, row in rows.items() if row and row[0]}
    return found


class MeasureJob(Measuring):
    """``antigil ci measure`` of the same, which copies what it has measured."""

    def prepare(self):
        """Let it copy to a folder beside the project."""
        self.into = self.folder / "copies"
        super().prepare()
        self.whole = [self.results, self.into]

    def begin(self):
        """Put back the results of the first commit, and its copy."""
        shutil.rmtree(self.into, ignore_errors=True)
        super().begin()

    def words(self):
        """Return the command."""
        return ["antigil", "ci", "measure", "--into", str(self.into)]

    def complete(self):
        """Expect copies of all three commits."""
        assert values(self.into).keys() >= {f"{hash_[:8]} {name}" for hash_ in self.hashes for name in NAMES}


class Publishing(Subject):
    """``asv publish`` of a generated history whose pages are there."""

    def prepare(self):
        """Generate a history and publish it."""
        self.cwd = self.folder / "project"
        self.whole = [self.cwd / "results"]
        self.hashes = generate(standard_plan(24, samples=8), self.cwd)
        status, said = self.run()
        assert status == 0, said

    def begin(self):
        """Leave the pages as they are."""

    def words(self):
        """Return the command."""
        return ["asv", "publish", "--no-pull"]

    def kept(self):
        """Return the digests of all results; pages that are there have to be whole."""
        self.complete()
        return digests(self.cwd / "results")

    def complete(self):
        """Expect asv's pages and ours."""
        pages = self.cwd / "html"
        pages = pages if pages.exists() else self.cwd / ".html.antigil-old"  # between two renames
        assert {"index.html", "index.json", "graphs", "speedup"} <= {one.name for one in pages.iterdir()}
        assert (pages / "speedup/history.svg").read_text().rstrip().endswith("</svg>")
        assert not broken(pages / "index.json")


class Alerting(Publishing):
    """``antigil alert`` that notes what it has told, and writes its JSON form."""

    def prepare(self):
        """Generate a history with a loss."""
        self.cwd = self.folder / "project"
        self.notes, self.told = self.folder / "notes", self.folder / "out" / "alerts.json"
        self.whole = [self.cwd / "results", self.told.parent]
        workloads = (Planned("work.One", "one", {0: Behaviour(), 8: Behaviour(serial=1.0)}),)
        self.hashes = generate(standard_plan(16, workloads=workloads, tags={}, samples=8), self.cwd)

    def begin(self):
        """Begin with what an earlier night has noted and told."""
        for folder in (self.notes, self.told.parent):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        self.told.write_text('{"old": true}')

    def words(self):
        """Return the command."""
        return ["antigil", "alert", "--memory", str(self.notes), "--json", str(self.told), "--exit-zero"]

    def kept(self):
        """Return the digests of all results."""
        return digests(self.cwd / "results")

    def halves(self):
        """Return also lines of the notes that were cut off."""
        lines = [line for file in self.notes.glob("*.jsonl") for line in file.read_text().split("\n") if line]
        return [*super().halves(), *(f"{line!r} is cut off" for line in lines if not line.endswith("}"))]

    def complete(self):
        """Expect the loss to be told and noted."""
        assert [one["workload"] for one in json.loads(self.told.read_text())["alerts"]] == ["work.One"]
        assert len((self.notes / "antigil-alerts.jsonl").read_text().splitlines()) == 1


class Comparing(Alerting):
    """``antigil compare`` of stored results, too few for a verdict."""

    status = 2

    def words(self):
        """Return the command."""
        base, head = self.hashes[2], self.hashes[-2]
        return ["antigil", "compare", "--results-only", base, head, "--json", str(self.told)]

    def complete(self):
        """Expect a whole comparison."""
        assert json.loads(self.told.read_text())["schema"] == "antigil.comparison/1"


class Pushing(Subject):
    """``antigil ci push`` of thirty results to a branch that has one.

    The other end of git runs in a session of its own: as on another machine, it outlives the command that is
    killed, and takes its locks away.
    """

    def prepare(self):
        """Generate results, and a bare repository to push to."""
        self.cwd = self.folder / "project"
        self.hashes = generate(standard_plan(30, samples=8), self.cwd)
        self.variables = {"GIT_ALLOW_PROTOCOL": "ext"}
        self.origin, self.first = self.folder / "origin.git", self.folder / "first.git"
        self.whole = []
        subprocess.run(["git", "init", "-q", "--bare", str(self.first)], check=True)
        git(self.cwd, "remote", "add", "origin", f"ext::setsid %S {str(self.origin).replace(' ', '% ')}")
        part = self.folder / "part" / "alpha"
        part.mkdir(parents=True)
        for file in (self.cwd / "results/alpha").glob("*.json"):
            if file.name == "machine.json" or file.name.startswith(self.hashes[0][:8]):
                shutil.copy(file, part)
        self.pushed = part.parent
        shutil.copytree(self.first, self.origin)
        status, said = self.run()
        assert status == 0, said
        shutil.rmtree(self.first)
        shutil.copytree(self.origin, self.first)
        self.pushed = self.cwd / "results"

    def begin(self):
        """Put back the branch with one commit's results."""
        shutil.rmtree(self.origin, ignore_errors=True)
        shutil.copytree(self.first, self.origin)

    def words(self):
        """Return the command."""
        return ["antigil", "ci", "push", str(self.pushed)]

    def kept(self):
        """Return what the branch holds, all of it readable."""
        git(self.origin, "fsck", "--strict")
        return branch(self.origin)

    def complete(self):
        """Expect all thirty commits on the branch."""
        assert {name[6:14] for name in self.kept() if name.startswith("alpha/")} >= {
            h[:8] for h in self.hashes
        }


def branch(origin):
    """Return the files on a branch of results by name, of which the JSON files are such."""
    packed = subprocess.run(["git", "-C", str(origin), "archive", "results"], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        found = {one.name: files.extractfile(one).read() for one in files if one.isfile()}
    assert all(json.loads(text) for name, text in found.items() if name.endswith(".json"))
    return found


SUBJECTS = {
    "asv run": Measuring, "asv publish": Publishing, "antigil alert": Alerting,
    "antigil compare": Comparing, "antigil ci measure": MeasureJob, "antigil ci push": Pushing,
}  # fmt: skip


def small_files(most_bytes=60):
    """Return what stands before a command whose files may not grow: as on a full disk, for every user."""
    return ("prlimit", f"--fsize={most_bytes}")


#: Root may write anywhere, unless it has no such right any more.
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")


@contextlib.contextmanager
def read_only(subject):
    """Take the right to write from every folder of a subject; give what stands before the command."""
    folders = [folder for folder in (subject.folder, *subject.folder.rglob("*")) if folder.is_dir()]
    modes = {folder: folder.stat().st_mode for folder in folders}
    for folder, mode in modes.items():
        folder.chmod(mode & ~0o222)
    try:
        yield UNPRIVILEGED if os.geteuid() == 0 else ()
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)


def stamped_in_the_future(subject, year=2100):
    """Let all files of a subject be written in a year to come."""
    seconds = (year - 1970) * 365.25 * 86_400
    for file in (one for one in subject.folder.rglob("*") if one.is_file()):
        os.utime(file, (seconds, seconds))
