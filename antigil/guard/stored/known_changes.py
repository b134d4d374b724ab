"""The lines in which changes are remembered, each of what was known of one at the time; see `alert_log`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from antigil.errors import note
from antigil.files import parse_json


@dataclass(frozen=True)
class Known:
    """What is remembered of a change in one environment.

    Attributes
    ----------
    before, commit : str
        Hashes between which the history placed it.
    held : bool or None
        Whether it was seen when it was measured again; None if it was not.
    machine : str
        On which it was; nothing if it was not, or before this was noted.
    asked : int
        How many commits had been measured from the change on when it was, or when it was given up.
    base, culprit : str or None
        Hashes between which measuring placed it.
    between : int
        How many commits lie between these two.
    attempts, obstacle : int, str
        How often measuring it gave no answer, and why the last time.
    standing : str
        What was last told of it; nothing if empty.
    count : int
        Of the lines that were known when it was written.
    version : str
        asv's version of the benchmark that showed it; nothing if it is of before this was noted.
    """

    identity: str
    workload: str
    environment: str
    lost: bool
    before: str
    commit: str
    held: bool | None = None
    asked: int = 0
    base: str | None = None
    culprit: str | None = None
    standing: str = ""
    count: int = 1
    machine: str = ""
    attempts: int = 0
    obstacle: str = ""
    besides: str = ""
    between: int = 0
    version: str = ""

    @property
    def seen(self) -> tuple[str, str]:
        """The hashes between which the history placed it."""
        return self.before, self.commit

    @property
    def span(self) -> tuple[str, str]:
        """The hashes between which it lies, as closely as is known."""
        return self.seen if self.base is None or self.culprit is None else (self.base, self.culprit)

    def is_twin(self, other: Known) -> bool:
        """Tell whether measuring led both to one commit: a change that was renamed has an older line."""
        keys = [(one.workload, one.environment, one.lost, one.base, one.culprit) for one in (self, other)]
        return self.culprit is not None and keys[0] == keys[1]


def recall(file: Path) -> list[Known]:
    """Return what a file remembers; a line that is damaged is passed over, with a note.

    So is what a newer version may have added to a line: it says nothing that this one could use.
    """
    if not file.exists():
        return []
    found = []
    text = file.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            told = parse_json(line)
            known = Known(**{one.name: told[one.name] for one in fields(Known) if one.name in told})
        except (ValueError, TypeError):
            known = None
        if known is None or not _is_sound(known):
            note(f"{file.name}, line {number}, is no remembered change: it is passed over")
        else:
            found.append(known)
    return found


def _is_sound(known: Known) -> bool:
    """Tell whether all that is remembered is of its type."""
    kinds: dict[str, tuple[type, ...]] = {
        "str": (str,), "str | None": (str, type(None)), "int": (int,), "bool": (bool,),
        "bool | None": (bool, type(None)),
    }  # fmt: skip
    return all(isinstance(getattr(known, one.name), kinds[str(one.type)]) for one in fields(Known))
