"""Documents that nobody vouches for: damaged ones, and anything else that JSON can say."""

import copy
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: So many times as many examples as the tests' own: `ANTIGIL_EXAMPLES=50` for an hour's search.
TIMES = int(os.environ.get("ANTIGIL_EXAMPLES", "1"))


def examples(count):
    """Return settings for so many examples, the same ones each time."""
    return settings(
        max_examples=count * TIMES, deadline=None, derandomize=TIMES == 1, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**30), 1e308, 5e-324, float("inf"), float("nan")]),
)
HOSTILE = [
    *("../../../etc/passwd", "..", "a/b", "C:\\x", "$(touch /tmp/x)", "`id`", "@everyone #1"),
    *("::set-output name=a::b", "x\n::error::y", "##[add-path]/tmp", "<script>alert(1)</script>"),
    *("\x1b[31m", "\ud800", "\u202e", "\x1e\x85\u2028"),
]
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(HOSTILE))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def damaged(draw, document):
    """Return a document in which a few places hold something else, are missing, or have company."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = None, None
        at = found
        while isinstance(at, dict | list) and at and (holder is None or draw(st.integers(0, 4))):
            keys = sorted(at) if isinstance(at, dict) else range(len(at))
            holder, key = at, draw(st.sampled_from(list(keys)))
            at = at[key]
        if holder is None:
            return draw(VALUES)
        match draw(st.sampled_from(["replace", "drop", "add"])):
            case "replace":
                holder[key] = draw(VALUES)
            case "drop":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(TEXTS)] = draw(VALUES)
            case _:
                holder.append(draw(VALUES))
    return found
