"""Write the pages, templates filled with page models, and their data; link them from asv's own."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from bokeh.util.paths import bokehjs_path

from antigil.history.archive_reader import read_archive
from antigil.history.asv_adapter.configuration import Configuration, Repository
from antigil.history.asv_adapter.publishing import Graphs, warn
from antigil.history.asv_adapter.stored import Suite
from antigil.history.branches import of_branches_where_any
from antigil.history.change_detection import AsvStep, StepSource, detect_steps, find_changes, steps_of_graphs
from antigil.history.labels import environment_labels, file_names, printable
from antigil.history.options import Options, read_options
from antigil.history.series import Archive, Environment, Series
from antigil.report.kept_functions import kept_functions
from antigil.report.quantities import counted, held_name, held_percent, percent, times

from .csv_files import commit_fields, write_overview_csv, write_workload_csv
from .feed import write_feed
from .headline import headline_status
from .overview_page import overview_model
from .pictures import badge, history_model
from .script_bundle import bundle
from .workload_page import commit_columns, environment_columns, functions_by_place, page_model
from .workload_status import WorkloadStatus, workload_statuses

#: The folder of the pages, below asv's ``html_dir``.
FOLDER = "speedup"

#: Where the link goes: before the first of these that a page has, and how it looks there.
PLACES = (
    ('<li id="nav-li-graphdisplay">', '<li id="nav-li-antigil"><a href="{href}">Speedup</a></li>\n        '),
    ("</body>", '<p><a href="{href}">Speedup over threads, commit by commit</a> needs no network.</p>\n  '),
)

HERE = Path(__file__).parent
#: BokehJS, from the installed package: the library, and the part that scripts call.
BOKEH_FILES = ("bokeh.min.js", "bokeh-api.min.js")
#: Kinds of pages, each with a template and a script of its own.
KINDS = ("overview", "workload")


def publish_site(
    conf: Configuration, repo: Repository, benchmarks: Suite, graphs: Graphs, revisions: dict[str, int]
) -> None:
    """Read, find changes, write the pages and link them from asv's own."""
    options = read_options(conf)
    archive = read_archive(conf, repo, benchmarks, revisions, options)
    for problem in archive.problems:
        warn(f"speedup: {problem.where}: {problem.what}")
    changes = find_changes(of_branches_where_any(archive), options, _steps(archive, graphs))
    statuses = workload_statuses(archive, changes, options)
    html = Path(conf.html_dir)
    write_site(conf, archive, statuses, options, html / FOLDER)
    for page in ("index.html", "error.html"):
        if not link_from_asv(html / page, f"{FOLDER}/index.html"):
            warn(f"speedup: asv's {page} has no place for a link; open {FOLDER}/index.html itself")


def _steps(archive: Archive, graphs: Graphs) -> StepSource:
    """Return a source that takes the steps of asv's graphs, but where these have tags that a series lacks."""
    stored = steps_of_graphs(graphs)

    def source(series: Series) -> Sequence[AsvStep]:
        whole = archive.find(series.workload, series.environment, series.quantity, series.threads)
        return stored(series) if series is whole else detect_steps(series)

    return source


def write_site(
    conf: Configuration, archive: Archive, statuses: Sequence[WorkloadStatus], options: Options, folder: Path
) -> None:
    """Write all pages into a folder of their own; statuses come in the overview's order."""
    static = _copy_shared(folder / "static")
    labels = environment_labels(archive.environments)
    files, titles = file_names(list(archive.workloads)), _titles(archive)
    templates = _templates(conf, static)
    headline = headline_status(statuses, options, archive.drawable)
    model = {**overview_model(archive, statuses, files, titles, labels, options), "headline": headline}
    (folder / "index.html").write_text(
        templates.get_template("overview.html").render(model), encoding="utf-8"
    )
    versions = {"commits": write_data(folder / "data" / "commits.js", "commits", commit_columns(archive))}
    write_overview_csv(folder / "data" / "overview.csv", model["rows"])
    project = printable(conf.project)
    write_feed(folder / "feed.xml", project, archive, statuses, files, titles, labels, options.site_url)
    _write_badge(headline, labels, templates, folder)
    page = templates.get_template("workload.html")
    commits = commit_fields(archive)
    functions = functions_by_place(archive, kept_functions(Path(conf.results_dir)))
    for name, own in _by_workload(statuses):
        told = page_model(archive, own, labels, functions)
        numbers = [(one, environment_columns(archive, name, one.environment)) for one in own]
        for (_, columns), summary in zip(numbers, told["environments"], strict=True):
            path = folder / "data" / f"{files[name]}.{summary['id']}.js"
            summary["version"] = write_data(path, f"numbers-{summary['id']}", columns)
        versions["page"] = write_data(folder / "data" / f"{files[name]}.js", "page", told)
        known = {"workload": archive.workloads[name], "title": titles[name], "file": files[name]}
        html = page.render(known, statuses=own, model=told, versions=versions)
        (folder / f"{files[name]}.html").write_text(html, encoding="utf-8")
        write_workload_csv(folder / "data" / f"{files[name]}.csv", archive, numbers, labels, commits)


def _titles(archive: Archive) -> dict[str, str]:
    """Return each workload's title by its name, which stands beside it where several have the same."""
    counts = Counter(workload.title for workload in archive.workloads.values())
    return {
        name: one.title if counts[one.title] == 1 else f"{one.title} · {name}"
        for name, one in archive.workloads.items()
    }


def _copy_shared(folder: Path) -> str:
    """Put what all pages load beside them, once; it may be read-only where it is installed.

    Return its version, which pages ask for as they do for that of their data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in (*(HERE / "static").iterdir(), *(bokehjs_path() / "js" / name for name in BOKEH_FILES)):
        shutil.copyfile(source, folder / source.name)
    for kind in KINDS:
        (folder / f"{kind}.js").write_text(bundle(kind), encoding="utf-8")
    return _version(b"".join(path.read_bytes() for path in sorted(folder.iterdir())))


def _write_badge(
    status: WorkloadStatus | None,
    labels: Mapping[Environment, str],
    templates: jinja2.Environment,
    folder: Path,
) -> None:
    """Write what a README can show, if anything was measured."""
    if status is not None:
        (folder / "badge.json").write_text(json.dumps(badge(status)) + "\n", encoding="utf-8")
        picture = templates.get_template("history.svg").render(
            history_model(status, labels[status.environment])
        )
        (folder / "history.svg").write_text(picture, encoding="utf-8")


def write_data(path: Path, name: str, value: Any) -> str:
    """Write a value as a script that hands it to the page: a page opened from a folder may load no JSON.

    Return its version. Pages ask for that one, so that a browser puts no cached file beside newer ones, and
    refuse another, so that a page that is open while the next ones are published mixes no two.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":  # so that the text is harmless even inside an HTML page
        text = text.replace(character, f"\\u{ord(character):04x}")
    version = _version(text.encode())
    path.write_text(f"antigil.receive({json.dumps([name, version])[1:-1]},{text});\n", encoding="utf-8")
    return version


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _by_workload(statuses: Sequence[WorkloadStatus]) -> Iterator[tuple[str, list[WorkloadStatus]]]:
    """Yield each workload with its environments, the most recently measured first."""
    grouped: dict[str, list[WorkloadStatus]] = {}
    for status in statuses:
        grouped.setdefault(status.workload.name, []).append(status)
    for name, own in grouped.items():
        yield name, sorted(own, key=lambda s: (-s.revision, s.environment.machine, s.environment.python))


def _templates(conf: Configuration, static: str) -> jinja2.Environment:
    """Return the templates, with escaping on, and what all of them need."""
    loader = jinja2.FileSystemLoader(HERE / "templates")
    templates = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.undefined = jinja2.StrictUndefined
    url = conf.show_commit_url
    linked = url.startswith(("https://", "http://"))
    templates.globals.update(
        project=printable(conf.project),
        commit_url=url if linked else "",
        hash_length=conf.hash_length,
        static=static,
    )
    templates.filters.update(
        times=times, percent=percent, counted=counted, held_name=held_name, held_percent=held_percent
    )
    return templates


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
