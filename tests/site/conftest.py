"""A real browser on published pages, opened from the file system.

Any console error or warning, any uncaught error, and any request for something that is not a file fails
the test that caused it.
"""

import sys
from pathlib import Path

import pytest
from on_page import PATIENCE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "history"))


def watch(page, faults, allowed):
    """Note what a page complains of, and what it asks for that does not begin as allowed."""

    def on_console(message):
        if message.type in {"error", "warning"}:
            faults.append(f"console: {message.text}")

    def on_request(request):
        if not request.url.startswith((*allowed, "data:", "blob:")):
            faults.append(f"request: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", on_request)
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("response", lambda response: response.ok or faults.append(f"refused: {response.url}"))


@pytest.fixture
def watched_page(browser_instance):
    """Return a function that makes a page in a context of its own, under the watch."""
    faults = []
    contexts = []

    def made(allowed="file:", **options):
        context = browser_instance.new_context(**{"viewport": {"width": 1360, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch(page, faults, (allowed,))
        return page

    yield made
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def open_page(watched_page):
    """Return a function that opens a file in a new page and waits until it is drawn."""

    def opened(path, fragment="", **options):
        page = watched_page(**options)
        page.goto(f"{path.as_uri()}{fragment}")
        if path.suffix == ".html" and path.name != "index.html":
            page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        return page

    return opened


@pytest.fixture(scope="session")
def speedup_pages(tmp_path_factory):
    """Pages of a generated history with known gains and losses: their folder and the commits' hashes."""
    from generated import Behaviour, Place, Planned, generate, publish, standard_plan

    root = tmp_path_factory.mktemp("site") / "project"
    timed = (Planned("legacy.TimeSort.time_sort", "", {0: Behaviour(), 20: Behaviour(serial=0.3)}),)
    places = (Place(), Place(python="3.14t", gil=False))
    hashes = generate(standard_plan(40, places=places, timed=timed), root)
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup", hashes


@pytest.fixture(scope="session")
def own(tmp_path_factory):
    """Publish this repository's own history; return its pages and what they are made from."""
    from own_history import publish_own

    return publish_own(tmp_path_factory.mktemp("own"))


@pytest.fixture
def sem_gil(open_page, own):
    """Open the page of the article's function that releases the GIL."""
    return open_page(own.pages / "article.SemGil.html")
