"""The workflows that ``antigil init --github`` writes; each calls one of antigil's, pinned to a commit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from antigil.errors import UserError
from antigil.git import run

FOLDER = Path(".github/workflows")

#: What is asked for where the installed antigil does not say where it comes from.
HOW_TO_NAME = "name the repository and commit of antigil to call: --pin OWNER/NAME@COMMIT"

COMPARE = """\
# Fails where a pull request costs parallelism or single-thread speed. Written by 'antigil init --github'.
name: Parallelism
on:
  pull_request:
  merge_group: # a required check has to be reported in a merge queue, too
permissions: {}
concurrency:
  group: ${{ github.workflow }}-${{ github.event.pull_request.number || github.ref }}
  cancel-in-progress: true # only the newest commit of a pull request is of interest
jobs:
  compare:
    name: Parallelism
    permissions:
      contents: read
    uses: <repository>/.github/workflows/reusable-compare.yml@<pin>
    with:
      directory: <directory>
<python><bench>"""

COMMENT = """\
# Comments on the pull request what 'Parallelism' found without rights. Written by 'antigil init --github'.
name: Parallelism comment
on:
  workflow_run: # zizmor: ignore[dangerous-triggers] # runs nothing of the pull request
    workflows: [Parallelism]
    types: [completed]
permissions: {}
concurrency:
  group: >-
    ${{ github.workflow }} of
    ${{ github.event.workflow_run.head_repository.id }}
    ${{ github.event.workflow_run.head_branch }}
  cancel-in-progress: false # two at once would both post a first comment
jobs:
  comment:
    name: Comment
    permissions:
      actions: read # to download what was measured
      contents: read
      pull-requests: write # to comment
    uses: <repository>/.github/workflows/reusable-comment.yml@<pin>
"""

HISTORY = """\
# Measures new commits, publishes the pages, opens an issue for a loss. Written by 'antigil init --github'.
name: Parallelism history
on:
  push:
    branches: [<branch>]
  schedule:
    - cron: "17 2 * * *"
  workflow_dispatch:
permissions: {}
jobs: # runs wait for each other in what is called
  history:
    name: History
    permissions: # none of them where anything is measured
      contents: write # to push to the branch of results
      issues: write # to open, update and close them
      pages: write # to publish
      id-token: write # to prove where the pages come from
    uses: <repository>/.github/workflows/reusable-history.yml@<pin>
    with:
      branch: <branch>
      directory: <directory>
<python><bench>      pages: true # replaces what GitHub Pages shows; false keeps the pages as an artifact
"""

FILES = {"antigil-compare.yml": COMPARE, "antigil-comment.yml": COMMENT, "antigil-history.yml": HISTORY}


@dataclass(frozen=True)
class Pin:
    """A commit of antigil's repository on GitHub.

    Attributes
    ----------
    repository
        ``OWNER/NAME``.
    commit
        Its full hash.
    label
        What people know it by: a tag, a branch, or a version.
    """

    repository: str
    commit: str
    label: str


def pin(asked: str | None, installed: Distribution) -> Pin:
    """Return the commit whose workflows are called: the one asked for, or the one that is installed.

    Raises
    ------
    UserError
        It is none of a repository on GitHub, or nothing tells which.
    """
    if asked is not None:
        found = re.fullmatch(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})", asked)
        if found is None:
            raise UserError(f"--pin is OWNER/NAME@COMMIT with all 40 digits of the commit, not {asked!r}")
        return Pin(found[1], found[2], installed.version)
    told = json.loads(installed.read_text("direct_url.json") or "{}")  # PEP 610
    if "vcs_info" in told:
        address, commit = told["url"], told["vcs_info"]["commit_id"]
        label = told["vcs_info"].get("requested_revision")
    elif "dir_info" in told:
        address, commit, label = _checkout(url2pathname(urlsplit(told["url"]).path))
    else:
        raise UserError(f"this antigil does not say which commit it is: {HOW_TO_NAME}")
    on_github = re.search(r"github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", address)
    if on_github is None:
        raise UserError(f"this antigil comes from no repository on GitHub: {HOW_TO_NAME}")
    return Pin(on_github[1], commit, label if label not in (None, "", commit) else installed.version)


def _checkout(folder: str) -> tuple[str, str, str]:
    """Return a checkout's address, its commit and the commit's tag, each empty where there is none."""
    address = run(folder, "remote", "get-url", "origin").output.strip()
    commit = run(folder, "rev-parse", "HEAD").output.strip()
    if address and not run(folder, "branch", "--remotes", "--contains", commit).output:
        raise UserError(f"commit {commit[:12]} of {folder} is not pushed: push it, or {HOW_TO_NAME}")
    return address, commit, run(folder, "describe", "--tags", "--exact-match").output.strip()


def workflows(
    pinned: Pin, branch: str, directory: str, pythons: Sequence[str] = (), bench: str = ""
) -> Iterator[tuple[Path, str]]:
    """Yield each workflow's path beneath the top of a checkout, and its text.

    Parameters
    ----------
    pythons
        Those that are set up, the one that runs antigil last; what the called workflows take if empty.
    bench
        What is measured of the suite, a regular expression; all of it if empty.
    """
    filled = {
        "<python>": _input("python", "\n".join(pythons)),
        "<bench>": _input("bench", bench),
        "<repository>": pinned.repository,
        "<pin>": f"{pinned.commit} # {pinned.label}",
        "<branch>": json.dumps(branch, ensure_ascii=False),
        "<directory>": json.dumps(directory, ensure_ascii=False),
    }
    for name, text in FILES.items():
        for place, value in filled.items():
            text = text.replace(place, value)
        yield FOLDER / name, text


def _input(name: str, value: str) -> str:
    """Return the line of an input, or nothing where it has no value."""
    return f"      {name}: {json.dumps(value)}\n" if value else ""


def called_for(root: Path, directory: str) -> list[str]:
    """Return the folders that the workflows in a checkout work for, where none of them is this one."""
    paths = [root / FOLDER / name for name in FILES]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]
    ours = [text for text in texts if re.search(r"/reusable-(compare|history)\.yml@", text)]
    named = [re.search(r"^ +directory: *[\"']?([^\"'#\n]*)", text, re.MULTILINE) for text in ours]
    folders = {Path(found[1].strip() if found else ".").as_posix() for found in named}
    return [] if directory in folders else sorted(folders)
