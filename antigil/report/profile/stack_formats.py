"""Stacks in the formats of other tools: collapsed stacks, speedscope, Firefox Profiler.

Weights are millionths of the time of a thread (of the CPU time of one call, for inflation).

References
----------
B. Gregg, FlameGraph: one line a stack, its frames with semicolons between, and a number.
speedscope's file format, https://www.speedscope.app/file-format-schema.json.
Firefox Profiler's processed profile format, version 48.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

from antigil.where import Stack, Where

NAMES = {"held": "GIL held", "waiting": "waiting", "inflation": "inflation"}


def _weights(stacks: Iterable[Stack]) -> list[tuple[tuple[str, ...], int]]:
    """Return the stacks that lose something, with their weights."""
    rows = [(stack.frames, round(stack.loss * 1e6)) for stack in stacks]
    return [(frames, weight) for frames, weight in rows if weight > 0]


def collapsed(found: Where) -> str:
    """Return a line for each stack, with the loss as its outermost frame."""
    return "".join(
        f"{';'.join(frame.replace(';', ',') for frame in (NAMES[loss], *frames))} {weight}\n"
        for loss in found.told
        for frames, weight in _weights(found.stacks[loss])
    )


def speedscope(found: Where) -> str:
    """Return a file with a profile for each loss."""
    numbers: dict[str, int] = {}
    profiles = []
    for loss in found.told:
        rows = _weights(found.stacks[loss])
        profiles.append(
            {
                "type": "sampled",
                "name": NAMES[loss],
                "unit": "none",
                "startValue": 0,
                "endValue": sum(weight for _, weight in rows),
                "samples": [[numbers.setdefault(one, len(numbers)) for one in frames] for frames, _ in rows],
                "weights": [weight for _, weight in rows],
            }
        )
    return json.dumps(
        {
            "$schema": "https://www.speedscope.app/file-format-schema.json",
            "name": found.workload.statement,
            "exporter": "antigil",
            "shared": {"frames": [{"name": name} for name in numbers]},
            "profiles": profiles,
        }
    )


def firefox(found: Where) -> str:
    """Return a profile with a thread for each loss."""
    threads = [_firefox_thread(NAMES[loss], found.stacks[loss]) for loss in found.told]
    threads[0]["isMainThread"] = True
    for number, thread in enumerate(threads):
        thread["tid"] = number
    category = {"name": "Other", "color": "grey", "subcategories": ["Other"]}
    return json.dumps(
        {
            "meta": {
                "version": 27,
                "preprocessedProfileVersion": 48,
                "interval": 1.0,
                "startTime": 0,
                "processType": 0,
                "product": f"antigil where: {found.workload.statement}",
                "stackwalk": 1,
                "debug": False,
                "categories": [category],
                "markerSchema": [],
                "symbolicated": True,
            },
            "libs": [],
            "pages": [],
            "threads": threads,
        }
    )


class _Numbers:
    """Gives a number to each thing that it has not seen yet."""

    def __init__(self) -> None:
        self.seen: dict[Any, int] = {}

    def of(self, thing: Any) -> int:
        return self.seen.setdefault(thing, len(self.seen))


def _firefox_thread(name: str, stacks: Iterable[Stack]) -> dict[str, Any]:
    strings, paths = _Numbers(), _Numbers()
    rows = _weights(stacks)
    ends = []
    for frames, _ in rows:
        prefix: int | None = None
        for frame in frames:
            prefix = paths.of((prefix, strings.of(frame)))
        ends.append(prefix)
    return {
        "name": name,
        "isMainThread": False,
        "processType": "default",
        "processName": "antigil where",
        "processStartupTime": 0,
        "processShutdownTime": None,
        "registerTime": 0,
        "unregisterTime": None,
        "pausedRanges": [],
        "pid": "1",
        "samples": {
            "weightType": "samples",
            "weight": [weight for _, weight in rows],
            "stack": ends,
            "time": list(range(len(rows))),
            "length": len(rows),
        },
        "stackTable": _stack_table(paths),
        "frameTable": _frame_table(len(strings.seen)),
        "funcTable": _function_table(len(strings.seen)),
        "resourceTable": {"lib": [], "name": [], "host": [], "type": [], "length": 0},
        "nativeSymbols": {"libIndex": [], "address": [], "name": [], "functionSize": [], "length": 0},
        "markers": {
            **{key: [] for key in ("data", "name", "startTime", "endTime", "phase", "category")},
            "length": 0,
        },
        "stringArray": list(strings.seen),
    }


def _stack_table(paths: _Numbers) -> dict[str, Any]:
    return {
        "prefix": [prefix for prefix, _ in paths.seen],
        "frame": [function for _, function in paths.seen],
        "category": [0] * len(paths.seen),
        "subcategory": [0] * len(paths.seen),
        "length": len(paths.seen),
    }


def _frame_table(functions: int) -> dict[str, Any]:
    """Return one frame for each function, of which no more is known."""
    unknown = ("nativeSymbol", "implementation", "line", "column")
    return {
        "func": list(range(functions)),
        "address": [-1] * functions,
        **{key: [0] * functions for key in ("inlineDepth", "category", "subcategory", "innerWindowID")},
        **{key: [None] * functions for key in unknown},
        "length": functions,
    }


def _function_table(functions: int) -> dict[str, Any]:
    return {
        "name": list(range(functions)),
        **{key: [False] * functions for key in ("isJS", "relevantForJS")},
        "resource": [-1] * functions,
        **{key: [None] * functions for key in ("fileName", "lineNumber", "columnNumber")},
        "length": functions,
    }


#: By the ending of a file's name, the longest first.
STACK_FORMATS: dict[str, Callable[[Where], str]] = {
    ".speedscope.json": speedscope,
    ".firefox.json": firefox,
    ".collapsed": collapsed,
    ".folded": collapsed,
    ".txt": collapsed,
}


def format_of(name: str) -> Callable[[Where], str] | None:
    """Return what writes the format that a file's name ends in, None for another ending."""
    lower = PurePath(name).name.lower()
    return next((write for ending, write in STACK_FORMATS.items() if lower.endswith(ending)), None)
