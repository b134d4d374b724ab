"""The history of this repository with four commits on top, which bring a loss and its repair.

The commits that main has kept the article's functions as they are. So these four move the work of
``calcular_sem_gil`` out from between the two macros, where the GIL is released, and back again. Authors,
dates and messages are fixed, hence so are the hashes, by which the results in ``own/`` belong to them.

The results were measured on a virtual machine with two CPUs, beside other work, by ``asv run --machine vm
--record-samples --bench '^(article|controls|surroundings)' --bench '^kernels.Serial' HASHFILE:...``, with
Python 3.14t without the controls. ``benchmarks.json`` is cut to what has results, and its code left out.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from generated import publish

CHECKOUT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).parent / "own"
COMMIT_URL = "https://example.org/antigil/commit/"
SITE_URL = "https://example.org/antigil/speedup"

#: Titles of the article's pair.
COM_GIL, SEM_GIL = "calcular_com_gil: holds the GIL", "calcular_sem_gil: releases the GIL"
#: A tag, and the commit of main that gets it.
RELEASE = ("v0.1.0", "98cbd11")

#: The commit of main on which they stand.
BASE = "153548434482991ed70f752e52aad0aa50fc493a"
KERNELS = "antigil/_kernels.c"
RELEASED = """\
    Py_BEGIN_ALLOW_THREADS
    total = reduce(max.value, calculate);
    Py_END_ALLOW_THREADS
"""
HELD = """\
    total = reduce(max.value, calculate);
    Py_BEGIN_ALLOW_THREADS
    Py_END_ALLOW_THREADS
"""
NOTE = "    /* Between the macros: C locals only. */\n"
AUTHOR = "A. Tester <tester@example.org>"
FIRST_DATE = 1_795_420_800
HOUR = 3_600
#: Subject line and what stands in place of `RELEASED`.
COMMITS = (
    ("kernels: sum before the macros", HELD),
    ("kernels: tell what may stand between the macros", NOTE + HELD),
    ("kernels: sum between the macros again", NOTE + RELEASED),
    ("kernels: leave out what the header tells", RELEASED),
)


@dataclass(frozen=True)
class Own:
    """The published history.

    Attributes
    ----------
    pages : Path
        The folder of the pages.
    lost, repaired : str
        Hashes of the commits that took the work out from between the macros, and put it back.
    release : str
        Hash of the commit with a tag.
    commits : dict of str to (str, int)
        Subject line and author's date (seconds since 1970) of each measured commit, oldest first.
    """

    pages: Path
    lost: str
    repaired: str
    release: str
    commits: dict[str, tuple[str, int]]

    @property
    def newest(self) -> str:
        """Hash of the newest measured commit."""
        return list(self.commits)[-1]


def publish_own(root: Path) -> Own:
    """Publish this repository's history with the four commits, by its own configuration."""
    clone = root / "antigil"
    git = ["git", "-C", str(clone)]
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(clone)], check=True)
    # Without a branch or tag of the checkout's: asv counts revisions over all of them.
    subprocess.run([*git, "fetch", "--quiet", "--no-tags", str(CHECKOUT), "HEAD"], check=True)
    added = add_commits(clone)
    name, commit = RELEASE
    subprocess.run([*git, "tag", name, commit], check=True)
    conf = json.loads((CHECKOUT / "asv.conf.json").read_text(encoding="utf-8"))
    conf |= {"repo": str(clone), "results_dir": str(OWN), "html_dir": "html", "show_commit_url": COMMIT_URL}
    conf["antigil"] |= {"site_url": SITE_URL}
    (root / "asv.conf.json").write_text(json.dumps(conf), encoding="utf-8")
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    commits = measured_commits(clone)
    (release,) = (hash_ for hash_ in commits if hash_.startswith(commit))
    return Own(root / "html" / "speedup", added[0], added[2], release, commits)


def stored(commit: str, python: str = "3.11") -> dict[str, list[object]]:
    """Return what asv stored of a commit, by benchmark."""
    file = OWN / "vm" / f"{commit[:8]}-virtualenv-py{python}.json"
    found: dict[str, list[object]] = json.loads(file.read_text(encoding="utf-8"))["results"]
    return found


def speedup(commit: str, workload: str, n_threads: int, python: str = "3.11") -> float:
    """Return a stored speedup."""
    values, (counts,), *_ = stored(commit, python)[f"{workload}.track_slowdown"]
    return n_threads / values[counts.index(str(n_threads))]


def measured_commits(clone: Path) -> dict[str, tuple[str, int]]:
    """Return subject line and date of the commits that have results, as git tells them, oldest first."""
    command = ["git", "-C", str(clone), "log", "--reverse", "--format=%H%x00%s%x00%at", "main"]
    told = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    rows = [line.split("\0") for line in told.stdout.splitlines()]
    results = {
        json.loads(path.read_text(encoding="utf-8"))["commit_hash"]
        for path in OWN.glob("*/*-virtualenv-*.json")
    }
    return {hash_: (subject, int(date)) for hash_, subject, date in rows if hash_ in results}


def add_commits(root: Path) -> list[str]:
    """Put the four commits on top of `BASE` as branch main of a repository; return their hashes."""
    git = ["git", "-C", str(root)]
    file = subprocess.run(
        [*git, "show", f"{BASE}:{KERNELS}"], check=True, capture_output=True, encoding="utf-8"
    )
    lines = []
    for i, (subject, body) in enumerate(COMMITS):
        when = f"{AUTHOR} {FIRST_DATE + i * HOUR} +0000"
        lines.append(f"commit refs/heads/main\nauthor {when}\ncommitter {when}\n{_data(subject)}")
        lines.append("" if i else f"from {BASE}\n")
        lines.append(f"M 100644 inline {KERNELS}\n{_data(file.stdout.replace(RELEASED, body))}")
    stream = "".join(lines).encode()
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True)
    told = subprocess.run(
        [*git, "rev-list", "--reverse", f"{BASE}..main"], check=True, capture_output=True, encoding="utf-8"
    )
    return told.stdout.split()


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"
