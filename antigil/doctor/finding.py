"""What the doctor finds, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much a finding matters.

    A *note* limits what can be told here, or makes it less certain; *BAD* makes a measurement
    say something that is not so.
    """

    OK = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True)
class Finding:
    """What was found about a subject, such as ``load``.

    `means` says what follows for a measurement, and `to_do` what can be done; empty where there is nothing.
    """

    level: Level
    subject: str
    says: str
    means: str = ""
    to_do: str = ""


def graded(level: Level, subject: str, says: str, means: str, to_do: str = "") -> Finding:
    """Return a finding from which nothing follows where all is well."""
    return Finding(level, subject, says) if level is Level.OK else Finding(level, subject, says, means, to_do)


def level_of(value: float, note_above: float, bad_above: float) -> Level:
    """Return the level of a value of which less is better."""
    if value > bad_above:
        return Level.BAD
    return Level.NOTE if value > note_above else Level.OK
