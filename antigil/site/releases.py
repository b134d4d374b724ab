"""Which tags are the releases of a branch."""

from __future__ import annotations

from collections.abc import Sequence

from antigil.history.series import Archive


def releases(archive: Archive, branch: str | None) -> list[tuple[int, str]]:
    """Return revision and name of the tags of a branch, or merged to it, the oldest first by date.

    Where the branch has none, of all tags: many a project tags its releases on branches of their own.
    """
    tags = sorted((tagged, name) for name, tagged in archive.tags.items())
    own = archive.branch_tags.get(branch, frozenset())
    return [
        (tagged, name)
        for tagged, name in tags
        if name in own or archive.commits_between(branch, tagged - 1, tagged)
    ] or tags


def last_release(tags: Sequence[tuple[int, str]], revision: int) -> str | None:
    """Return the newest of some releases that is older than a revision."""
    return max((one for one in tags if one[0] < revision), default=(0, None))[1]
