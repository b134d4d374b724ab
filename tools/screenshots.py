"""Pictures of the pages: light and dark, wide and narrow.

    python tools/screenshots.py [--full] FOLDER OUT [PAGE ...]

FOLDER is asv's ``html`` folder, OUT where the PNG files go; without PAGE the overview and the page of the
workload that changed last are taken. Of a workload's page the two lower charts are taken by themselves, too.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from support import chromium

SHAPES = {"wide": (1280, 800), "narrow": (390, 800)}
#: Captions of the two lower charts, by what their pictures are called.
CHARTS = {"where": "Where the speedup went", "scaling": "Scaling curve"}


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("pages", metavar="PAGE", nargs="*")
    parser.add_argument("--full", action="store_true", help="whole pages, not only what a screen holds")
    asked = parser.parse_args()
    folder = asked.folder.resolve() / "speedup"
    asked.out.mkdir(parents=True, exist_ok=True)
    overview = (folder / "index.html").read_text(encoding="utf-8")
    changed = re.findall(r'class="row-link" href="([^"#]+)', overview)[:1]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name in asked.pages or ["index.html", *changed]:
            for scheme in ("light", "dark"):
                for shape in SHAPES:
                    take(browser, folder / name, asked.out, scheme, shape, asked.full)
        browser.close()


def take(browser: Any, path: Path, out: Path, scheme: str, shape: str, full: bool) -> None:
    """Take the pictures of one page in one colour scheme and shape."""
    width, height = SHAPES[shape]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    if path.name != "index.html":
        page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        page.wait_for_timeout(300)
    page.screenshot(path=str(out / f"{path.stem}-{scheme}-{shape}.png"), full_page=full)
    for name, caption in CHARTS.items():
        figures = page.locator("figure", has=page.get_by_text(caption, exact=True))
        if figures.count():
            figures.first.screenshot(path=str(out / f"{path.stem}-{name}-{scheme}-{shape}.png"))
    context.close()


if __name__ == "__main__":
    main()
