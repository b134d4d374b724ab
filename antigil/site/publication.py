"""One publication: asv's results in, a folder of pages out."""

from __future__ import annotations

from pathlib import Path

from antigil.history.archive_reader import read_archive
from antigil.history.asv_adapter.configuration import Configuration, Repository
from antigil.history.asv_adapter.publishing import Graphs, warn
from antigil.history.asv_adapter.stored import Suite
from antigil.history.changes import find_changes, steps_of_graphs
from antigil.history.options import read_options

from .pages import write_site
from .status import workload_statuses

#: The folder of the pages, below asv's ``html_dir``.
FOLDER = "speedup"

#: Where the link goes: before the first of these that a page has, and how it looks there.
PLACES = (
    ('<li id="nav-li-graphdisplay">', '<li id="nav-li-antigil"><a href="{href}">Speedup</a></li>\n        '),
    ("</body>", '<p><a href="{href}">Speedup over threads, commit by commit</a> needs no network.</p>\n  '),
)


def publish_site(
    conf: Configuration, repo: Repository, benchmarks: Suite, graphs: Graphs, revisions: dict[str, int]
) -> None:
    """Read, find changes, write the pages and link them from asv's own."""
    options = read_options(conf)
    archive = read_archive(conf, repo, benchmarks, revisions, options)
    for problem in archive.problems:
        warn(f"speedup: {problem.where}: {problem.what}")
    changes = find_changes(archive, options, steps_of_graphs(graphs))
    statuses = workload_statuses(archive, changes, options)
    html = Path(conf.html_dir)
    write_site(conf, archive, statuses, options, html / FOLDER)
    for page in ("index.html", "error.html"):
        if not link_from_asv(html / page, f"{FOLDER}/index.html"):
            warn(f"speedup: asv's {page} has no place for a link; open {FOLDER}/index.html itself")


def link_from_asv(page: Path, href: str) -> bool:
    """Add the link to a page of asv's, which asv has just copied; return whether there was a place for it."""
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")
    for place, link in PLACES:
        if place in text:
            page.write_text(text.replace(place, link.format(href=href) + place, 1), encoding="utf-8")
            return True
    return False
