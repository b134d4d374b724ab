"""How numbers are written for people."""

from __future__ import annotations


def times(value: float) -> str:
    """Return a speedup, such as ``3.98×``."""
    return f"{value:.2f}×" if value < 100 else f"{value:.0f}×"


def percent(value: float | None) -> str:
    """Return a relative change, with a proper minus sign."""
    if value is None:
        return "–"
    text = f"{abs(value) * 100:.0f}"
    return f"±{text} %" if text == "0" else ("+" if value > 0 else "−") + f"{text} %"


def points(value: float) -> str:
    """Return a change of a share, in percentage points."""
    return ("+" if value > 0 else "−") + f"{abs(value) * 100:.0f} points"
