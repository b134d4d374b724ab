"""The functions that real_libraries.py measures, and what is known of each: real_libraries.toml, read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TRUTHS = ("releases", "holds", "partly", "waits", "no-gil")
SCALING = {"scales": ("scales",), "partly": ("partly",), "no": ("does-not", "hurts")}
"""Whether two threads help, and the verdicts that say so."""

FOLLOWS = {"releases": "scales", "holds": "no", "no-gil": "scales"}
"""What follows for two threads, where nothing is stated."""


@dataclass(frozen=True)
class Subject:
    """A function in one release of its library, and what is known of it."""

    function: str
    label: str
    requires: tuple[str, ...]
    python: str | None
    setup: str
    thread_setup: str
    statement: str
    released_part: str | None
    truth: str
    scaling: str
    why: str
    source: str

    @property
    def release(self) -> str:
        """The release and, where it is another one, the Python build; only that for what is Python's own."""
        library = [one.replace("==", " ") for one in self.requires[:1]]
        return " ".join(filter(None, [*library, self.python]))

    @property
    def slug(self) -> str:
        """A name for files."""
        return re.sub(r"[^a-z0-9.]+", "-", f"{self.release} {self.function} {self.label}".lower().strip())


def subjects(path: Path = ROOT / "tools" / "real_libraries.toml") -> list[Subject]:
    """Return what the table of functions and releases asks for."""
    found = []
    for function in tomllib.loads(path.read_text(encoding="utf-8"))["function"]:
        for release in function.pop("release"):
            both = {**function, **release}
            setup = "\n".join(part["setup"].strip() for part in (release, function) if "setup" in part)
            found.append(
                Subject(
                    function=both["name"],
                    label=both.get("label", ""),
                    requires=tuple(both["requires"].split()),
                    python=both.get("python"),
                    setup=setup or "pass",
                    thread_setup=both.get("thread_setup", "pass"),
                    statement=both["statement"],
                    released_part=both.get("released_part"),
                    truth=both["truth"],
                    scaling=both.get("scaling") or FOLLOWS[both["truth"]],
                    why=both["why"],
                    source=both["source"],
                )
            )
    return found
