"""The link from asv's own pages, which asv has copied into the output just before."""

from __future__ import annotations

from pathlib import Path

#: Where the link goes: before the first of these that a page has, and how it looks there.
PLACES = (
    ('<li id="nav-li-graphdisplay">', '<li id="nav-li-antigil"><a href="{href}">Speedup</a></li>\n        '),
    ("</body>", '<p><a href="{href}">Speedup over threads, commit by commit</a> needs no network.</p>\n  '),
)


def link_from_asv(page: Path, href: str) -> bool:
    """Add the link to a page of asv's; return whether there was a place for it."""
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")
    for place, link in PLACES:
        if place in text:
            page.write_text(text.replace(place, link.format(href=href) + place, 1), encoding="utf-8")
            return True
    return False
