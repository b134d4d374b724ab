"""Subject line and author of commits, from git in one call."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from typing import Any


def describe_commits(repo: Any, hashes: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return subject line and author of each commit that git knows.

    asv's repository class offers hashes and dates only, so git is asked directly; for a repository of
    another kind, or if git fails, the result is empty and pages do without.
    """
    folder = getattr(repo, "_path", None)
    if getattr(repo, "dvcs", None) != "git" or folder is None:
        return {}
    command = ["git", "-C", folder, "log", "--no-walk=unsorted", "--stdin", "--ignore-missing"]
    command += ["--encoding=UTF-8", "--format=%H%x00%s%x00%an"]
    asked = "\n".join(hashes)
    if not asked:
        return {}
    done = subprocess.run(command, input=asked.encode(), capture_output=True, check=False)
    rows = (line.split("\0") for line in done.stdout.decode("utf-8", "replace").split("\n"))
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}
