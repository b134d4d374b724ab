"""What a comparison's report says in words, whatever the format: headline, reasons, where it went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .document import Document
from .quantities import ceiling_at, counted, name, percent, value

CHANGED = ("lost", "gained", "unfit")

#: Marks of outcomes in tables.
MARKS = {"lost": "lost", "gained": "gained", "unfit": "unfit", "passing": "did not hold", "same": ""}

#: Where the time of threads goes.
PARTS = {"waiting": "waiting", "queued": "queued", "inflation": "CPU time per call"}

#: The losses as functions divide them.
LOSSES = {"held": "held", "waiting": "waiting", "inflation": "growth of CPU time per call"}

#: So many functions of a loss are named; those with a share below the other had none before.
MOST_FUNCTIONS, NO_SHARE = 4, 0.01

#: By whether the GIL is on at the head, where it was not so at the base: nothing else changed the Python.
GIL_SWITCHED = {
    True: "The GIL was off before and is on now: an import switched it on, of an extension that does not"
    " declare Py_mod_gil.",
    False: "The GIL was on before and is off now.",
}

HINT = "For more of the names: "

#: Remarks that go on in foreign words.
EXCUSED, GONE = "Excused: ", "It gave numbers at base and gives none at head: "

#: So many differences besides the commit are told.
MOST_TOLD = 8

#: A change of throughput that is worth the word.
NOTICEABLE = 0.05


def trade_text(trade: str, throughput: Sequence[Sequence[float]]) -> str:
    """Return what a trade is, with what n threads together get done now; see `antigil.guard.commit_verdict`.

    `throughput` holds pairs of a thread count and the relative change.
    """
    best = max((change for _, change in throughput), default=0.0)
    if trade == "faster alone":
        text = "A trade: it scales less because one thread alone became faster"
    elif best > NOTICEABLE:
        text = "A trade: it scales better, but one thread alone became slower"
    else:
        text = "No gain: it scales better only because one thread alone became slower"
    more = ", ".join(f"{percent(change)} with {int(n)} threads" for n, change in throughput)
    return f"{text}. Work done by all threads together: {more}." if more else f"{text}."


def comparison_headline(document: Document) -> str:
    """Return the result in one line."""
    result, names = headline_parts(document)
    return f"{result}: {', '.join(names)}" if names else result


def headline_parts(document: Document) -> tuple[str, list[str]]:
    """Return the result, and the foreign texts that it is about: workloads, or why nothing was compared."""
    if document["skipped"]:
        return "Nothing to compare", [document["skipped"]]
    if document["status"] == 1:
        return "Confirmed loss", _names(document, "lost")
    if document["status"] == 2:
        return "Could not judge", []
    gained = _names(document, "gained")
    return ("Nothing lost; gained" if gained else "Nothing lost"), gained


def _names(document: Document, outcome: str) -> list[str]:
    """Return the workloads that lost something that counts, or gained something."""
    found = [
        one["name"]
        for comparison in document["comparisons"]
        for one in comparison["workloads"]
        if not one["control"]
        and (one["counts"] if outcome == "lost" else any(r["outcome"] == outcome for r in one["rows"]))
    ]
    return list(dict.fromkeys(found))


def changed(comparison: Document) -> Iterator[Document]:
    """Yield the workloads with a change to tell: losses that count first."""
    told = [
        w for w in comparison["workloads"] if w["gone"] or any(r["outcome"] in CHANGED for r in w["rows"])
    ]
    yield from sorted(told, key=lambda one: (not one["counts"], one["control"]))


def state_text(workload: Document) -> str:
    """Return a changed workload's state in two or three words."""
    outcomes = {row["outcome"] for row in workload["rows"]}
    if workload["gone"]:
        return "gone" if workload["excuse"] is None else "gone, excused"
    if workload["control"]:
        return "control moved"
    if workload["trade"]:
        return "trade"
    if "lost" in outcomes:
        return "lost" if workload["excuse"] is None else "lost, excused"
    return "gained" if "gained" in outcomes else "unfit to judge"


def has_gil(comparison: Document, workload: Document) -> bool:
    """Return whether there is a GIL while a workload runs, at base or head.

    What the workload imports may have switched it on: that is known where it was sampled.
    """
    told = workload["where"] and workload["where"]["gil"]
    return bool(comparison["gil"] or (told and any(told.values())))


def reasons(comparison: Document) -> Iterator[str]:
    """Yield, as sentences, why not everything could be judged."""
    for row in comparison["moved"]:
        what = name(row["quantity"], row["threads"], gil=comparison["gil"])
        yield (
            f"the control {row['workload']} moved ({what}: {_both(row)}), whose code no commit changes: the"
            f" machine moved, and of that number only a change by more counts"
        )
    yield from comparison["problems"]


def workload_remarks(workload: Document, *, gil: bool) -> Iterator[str]:
    """Yield sentences on a changed workload: what it means, and where the speedup went."""
    if workload["excuse"] is not None:
        yield f"{EXCUSED}{workload['excuse']}"
    if workload["gone"]:
        yield f"{GONE}{workload['gone']}"
    if workload["trade"]:
        yield trade_text(workload["trade"], workload["throughput"])
    held = next((row for row in workload["rows"] if row["quantity"] == "gil_held"), None)
    if held is not None and held["outcome"] in ("lost", "gained"):
        limit = ", as a call stops all other threads" if not gil else ", for the GIL"
        if not gil and workload["where"] is None:
            limit = ""  # nothing was sampled, so what a commit imports may have switched it on
        yield (
            f"The most that any number of threads on any machine can give{limit}:"
            f" {ceiling_at(held['base'])} before, {ceiling_at(held['head'])} now."
        )
    yield from speedup_sentences(workload)


def speedup_sentences(workload: Document) -> Iterator[str]:
    """Yield one sentence per thread count whose speedup changed."""
    counts = {
        r["threads"] for r in workload["rows"] if r["outcome"] in CHANGED and r["quantity"] == "slowdown"
    }
    for row in workload["context"]:
        if row["threads"] in counts:
            parts = [
                f"{label} {' → '.join(value(quantity, None, number) for number in row[quantity])}"
                for quantity, label in PARTS.items()
                if row[quantity]
            ]
            if parts:
                yield f"Where the time of {row['threads']} threads went: {', '.join(parts)}."


def functions_that_changed(workload: Document, code: Callable[[str], str] = str) -> Iterator[str]:
    """Yield a sentence on each loss that changed by function, with foreign names shown by `code`."""
    told = workload["where"]
    if told is None:
        return
    if (gil := told["gil"]) is not None and gil["before"] != gil["after"]:
        yield GIL_SWITCHED[gil["after"]]
    if not told["losses"]:
        yield f"Sampled with {told['threads']} threads, no function's part of the loss changed for certain."
    for one in told["losses"]:
        parts = [_function_text(function, code) for function in one["functions"][:MOST_FUNCTIONS]]
        total = f"{LOSSES[one['loss']]} {_points(one['before'])} → {_points(one['after'])}"
        yield f"By function: {total}, {'; '.join(parts) or 'spread over many functions'}."
    for hint in told["hints"]:
        yield f"{HINT}{hint}"


def _function_text(function: Document, code: Callable[[str], str]) -> str:
    before, after = function["before"]["value"], function["after"]["value"]
    size = _points({"value": abs(after - before)})
    if before < NO_SHARE <= after:
        text = f"{size} of it new in "
    else:
        text = f"{size} {'more' if after > before else 'less'} in "
    text += code(function["name"]) if function["name"] else f"a function of {code(function['library'])}"
    if function["source"] is not None:
        text += f", {code(function['source']['file'] + ':' + str(function['source']['line']))}"
    if function["reason"]:
        text += f", {code(function['reason'])}"
    return text + (f", called from {code(function['called_from'])}" if function["called_from"] else "")


def _points(share: Document) -> str:
    return f"{share['value']:.2f}".replace("-", "−")


def _both(row: Document) -> str:
    """Return a number before and after."""
    return " → ".join(value(row["quantity"], row["threads"], row[side]) for side in ("base", "head"))


def besides(comparison: Document) -> str:
    """Return what differs between the two sides besides the commit; nothing where nothing does.

    The texts in it are foreign, and as many as fit in a line are told.
    """
    told = comparison["besides"]
    more = [f"{len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return "; ".join([*told[:MOST_TOLD], *more])


def method(document: Document, code: Callable[[str], str] = str) -> str:
    """Return how it was judged, in one sentence, with foreign names shown by `code`."""
    if not document["comparisons"]:
        return ""
    if not all(comparison["measured"] for comparison in document["comparisons"]):
        return "Judged from stored results; nothing was measured again."
    both = f"The commit was measured under {' and '.join(map(code, document['pythons']))}"
    both = both if document["pythons"] else "Both commits were measured"
    return (
        f"{both} in turn, in fresh processes, and what looked changed again"
        f" ({counted(round(document['seconds'] / 60), 'minute')}); only what held is reported."
    )
