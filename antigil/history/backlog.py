"""The commits whose results are wanted: those of the configured branches, newest first."""

from __future__ import annotations

from antigil.errors import UserError

from .asv_adapter.configuration import asv_errors, quiet_asv
from .project import Project, refuse_shallow


def commits_of(project: Project, since: str | None = None) -> list[str]:
    """Return the commits of the configured branches, newest first.

    Parameters
    ----------
    since
        Only commits that this one does not have among its ancestors; the configuration's if None.

    Raises
    ------
    UserError
        If there is no such branch or commit here, or the history is cut off.
    """
    refuse_shallow(project.conf)
    since = since or project.options.since
    with quiet_asv(), asv_errors():
        start = "" if since is None else f"{project.revision(since).hash}.."
        ranges = [f"{start}{_branch(project, branch)}" for branch in project.conf.branches]
        commits = {hash_ for name in ranges for hash_ in project.repo.get_hashes_from_range(name)}
        revisions = project.repo.get_revisions(commits)
    return sorted(commits, key=lambda hash_: revisions[hash_], reverse=True)


def _branch(project: Project, branch: str | None) -> str:
    """Return the name of a configured branch, which has to be here: a checkout has only its own."""
    name = project.repo.get_branch_name(branch)
    try:
        project.revision(name)
    except UserError as error:
        raise UserError(
            f"no branch {name} here, which asv.conf.json names: git fetch origin {name}:{name}"
        ) from error
    return name
