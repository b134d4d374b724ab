"""What a suite expects of a workload, in words for people, read as the range that a speedup then has.

Read are ``n`` and numbers above 0, such as ``1``, with ``at most`` or ``below`` before them, and after them
``up to the CPUs``, ``whatever the CPUs``, any other ``up to …``, or ``with a GIL``. Other words are shown,
and compared with nothing.
"""

from __future__ import annotations

import re

#: A speedup that is so much beside the range, as a part of its ends, is still as expected.
SLACK = 0.1
#: The same where no interval is known: a few samples err by more than that.
SLACK_WITHOUT_INTERVAL = 0.2

_WORDS = re.compile(
    r"(?P<most>at most |below )?(?P<bound>n|\d+(?:\.\d+)?)(?P<gil> with a GIL)?"
    r"(?:, (?P<limit>up to|whatever) (?P<what>.+))?"
)


def expected_range(text: str, threads: int, cpus: int | None, gil: bool | None) -> tuple[float, float] | None:
    """Return the least and the most speedup that a suite's words mean; None where they cannot tell.

    Parameters
    ----------
    threads
        How many threads call at once.
    cpus
        The CPUs allowed, if known.
    gil
        Whether there is a GIL: what is expected "with a GIL" says nothing of other builds.
    """
    found = _WORDS.fullmatch(text.strip())
    if found is None or (found["gil"] and gil is not True):
        return None
    most = float(threads) if found["bound"] == "n" else min(float(found["bound"]), threads)
    if most <= 0:
        return None
    if found["limit"] == "up to" and found["what"] == "the CPUs":
        most = min(most, cpus or most)
        return (0.0 if found["most"] else most), most
    return (0.0 if found["most"] or found["limit"] == "up to" else most), most


def deviates(speedup: float, interval: tuple[float, float] | None, expected: tuple[float, float]) -> bool:
    """Tell whether a speedup, with all of its interval, lies beside what is expected."""
    low, high = interval or (speedup, speedup)
    slack = SLACK if interval else SLACK_WITHOUT_INTERVAL
    return high < expected[0] * (1 - slack) or low > expected[1] * (1 + slack)
