"""Pictures of the pages: light and dark, wide and narrow.

    python tools/screenshots.py FOLDER OUT [PAGE ...]

FOLDER is asv's ``html`` folder, OUT where the PNG files go; without PAGE the overview and the page of the
workload that changed last are taken.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SHAPES = {"wide": (1280, 800), "narrow": (390, 800)}


def main() -> None:
    """Take the pictures."""
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    folder, out = Path(sys.argv[1]).resolve() / "speedup", Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    overview = (folder / "index.html").read_text(encoding="utf-8")
    changed = re.findall(r'class="row-link" href="([^"#]+)', overview)[:1]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name in sys.argv[3:] or ["index.html", *changed]:
            for scheme in ("light", "dark"):
                for shape, (width, height) in SHAPES.items():
                    context = browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=scheme
                    )
                    page = context.new_page()
                    page.goto((folder / name).as_uri())
                    if name != "index.html":
                        page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
                        page.wait_for_timeout(300)
                    page.screenshot(path=str(out / f"{Path(name).stem}-{scheme}-{shape}.png"))
                    context.close()
        browser.close()


if __name__ == "__main__":
    main()
