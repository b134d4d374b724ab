"""How soon the pages are usable: time from opening to an answer to the pointer, in headless Chromium.

    python tools/page_speed.py FOLDER [FOLDER ...]

Each FOLDER is asv's ``html`` folder of a history (``tools/publish_cost.py --keep`` leaves such behind). The
page of the first workload is opened from the file system, five times in fresh contexts; "usable" is when its
history chart is drawn and answers to the pointer, "all drawn" when every chart of the page is. The overview
is weighed as a host would send it, compressed by gzip, with everything that it loads.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from playwright.sync_api import sync_playwright
from support import chromium, machine

TIMES = 5


def main() -> None:
    """Print one line of a Markdown table per folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    folders = [folder.resolve() / "speedup" for folder in parser.parse_args().folders]
    for folder in folders:
        if not (folder / "index.html").exists():
            parser.error(f"{folder} has no pages")
    print(f"{machine()}\n")
    print("| commits | usable, s | slowest of 5 | all drawn, s | overview, s | overview, kB compressed |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for folder in folders:
            page = min(p for p in folder.glob("*.html") if p.name != "index.html")
            runs = [opened(browser, page) for _ in range(TIMES)]
            usable, drawn = ([run[i] for run in runs] for i in (0, 1))
            overview, weight = weighed(browser, folder / "index.html")
            middle = f"{statistics.median(usable):.2f} | {max(usable):.2f} | {statistics.median(drawn):.2f}"
            print(f"| {runs[0][2]} | {middle} | {overview:.2f} | {weight / 1000:.0f} |", flush=True)
        browser.close()


def opened(browser: Any, path: Path) -> tuple[float, float, int]:
    """Return seconds until the history answers, seconds until all is drawn, and the number of commits."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.history === 'yes'", polling=10)
    box = page.locator("#history .plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".tip:not([hidden])")
    usable = time.perf_counter() - start
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'", polling=10)
    drawn = time.perf_counter() - start
    commits = page.evaluate("antigil.page.commits.columns.revision.length")
    context.close()
    return usable, drawn, commits


def weighed(browser: Any, path: Path) -> tuple[float, int]:
    """Return seconds until the overview is loaded, and the bytes of all that it asks for, compressed."""
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    start = time.perf_counter()
    page.goto(path.as_uri())
    seconds = time.perf_counter() - start
    context.close()
    files = {Path(url2pathname(urlsplit(url).path)) for url in asked}  # some have a query
    return seconds, sum(len(gzip.compress(file.read_bytes())) for file in files)


if __name__ == "__main__":
    main()
