"""Eight processes that store to one bare repository at once, of which two die on the way."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

from tracked import CHECKOUT, branch, generate, git, standard_plan

WRITERS, DYING, COMMITS = 8, 2, 3


def started(folder):
    """Start a daemon that serves a folder; return it and its port, None where that was taken meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        here = probe.getsockname()
    daemon = subprocess.Popen(
        [
            "git", "daemon", f"--base-path={folder}", "--export-all", "--enable=receive-pack",
            "--listen=127.0.0.1", f"--port={here[1]}", "--reuseaddr", str(folder),
        ],
        start_new_session=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while daemon.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(here):
            return daemon, here[1]
        time.sleep(0.01)
    return None


@contextlib.contextmanager
def served(folder):
    """Serve the repositories of a folder as another machine would: its processes outlive a client's."""
    daemon, port = next(filter(None, (started(folder) for _ in range(9))))
    try:
        yield f"git://127.0.0.1:{port}"
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


class Storing:
    """The writers' project, and the repository that they store to."""

    def __init__(self, folder, address):
        self.root, self.folder = folder / "project", folder
        self.origin = folder / "origin.git"
        self.hashes = generate(standard_plan(WRITERS * COMMITS, samples=8), self.root)
        git(self.root, "remote", "add", "origin", f"{address}/origin.git")
        self.parts = [self.part(i) for i in range(WRITERS)]

    def part(self, writer):
        """Return the folder of what one writer has measured: some commits, and what lies beside them."""
        to = self.folder / f"part{writer}"
        (to / "alpha").mkdir(parents=True)
        own = {hash_[:8] for hash_ in self.hashes[writer::WRITERS]}
        for file in (self.root / "results/alpha").iterdir():
            if file.name == "machine.json" or file.name[:8] in own:
                shutil.copy(file, to / "alpha")
        shutil.copy(self.root / "results/benchmarks.json", to)
        return to

    def start(self, writer):
        """Start one writer."""
        command = [sys.executable, "-m", "antigil", "ci", "push", str(self.parts[writer])]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        return subprocess.Popen(
            command, cwd=self.root, env=environment, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def round(self, seed, longest):
        """Let all store to a new branch, kill some at random moments; return what came of it."""
        chance = random.Random(seed)
        shutil.rmtree(self.origin, ignore_errors=True)
        subprocess.run(["git", "init", "-q", "--bare", str(self.origin)], check=True)
        dying = sorted((chance.uniform(0, longest), i) for i in chance.sample(range(WRITERS), DYING))
        began, writers = time.monotonic(), [self.start(i) for i in range(WRITERS)]
        at_work = 0
        for moment, i in dying:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            at_work += writers[i].poll() is None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(writers[i].pid, signal.SIGKILL)
        said = [writer.communicate(timeout=600)[1] for writer in writers]
        dead = {i for _, i in dying}
        problems = [
            f"writer {i} failed: {said[i][-200:]}"
            for i, one in enumerate(writers)
            if i not in dead and one.returncode
        ]
        problems += self.lost(set(range(WRITERS)) - dead, whole_or_nothing=dead)
        for i in dead:
            again = self.start(i)
            again.communicate(timeout=600)
            problems += [f"writer {i} failed when it was started again"] if again.returncode else []
        problems += [*self.lost(range(WRITERS)), *self.twice()]
        return {"at_work": at_work, "seconds": round(time.monotonic() - began, 1), "problems": problems}

    def lost(self, stored, whole_or_nothing=()):
        """Tell what is missing of some writers' results, or there in part, or other than it was measured."""
        found = branch(self.origin)
        for i in range(WRITERS):
            files = {
                f"alpha/{one.name}": one.read_bytes() for one in (self.parts[i] / "alpha").glob("*-*.json")
            }
            same = sum(found.get(name) == content for name, content in files.items())
            if same < len(files) and (i in stored or (i in whole_or_nothing and same > 0)):
                yield f"of writer {i} {same} of {len(files)} results are on the branch"

    def twice(self):
        """Tell which results were added or changed more than once."""
        log = git(self.origin, "log", "--format=", "--name-status", "results").splitlines()
        touched = [line.split("\t")[1] for line in log if "-" in line]
        return [
            f"{name} was stored {touched.count(name)} times"
            for name in set(touched)
            if touched.count(name) > 1
        ]
