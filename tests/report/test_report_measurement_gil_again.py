"""What is told of a free-threaded build whose GIL something has switched on again, and of other builds."""

from dataclasses import replace

import pytest
from fakes import measurement

from antigil.report.measurement.lines import notes
from antigil.report.measurement.sentence import sentence

WAITS_FOR_GIL = measurement(1.0, waiting=(0.0, 0.5, 0.75))


def found(**host):
    """Return a measurement of what holds the GIL, on such a build."""
    return replace(WAITS_FOR_GIL, host=replace(WAITS_FOR_GIL.host, **host))


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        ({}, "in Python, use processes, or a build without a GIL)"),
        ({"free_threaded": False, "gil_forced": True}, "in Python, use processes, or a build without a GIL)"),
        ({"free_threaded": True}, "or have the extension whose import switched it on declare Py_mod_gil)"),
        (
            {"free_threaded": True, "gil_forced": True},
            "or do without PYTHON_GIL=1 or -X gil=1, which keeps it on)",
        ),
    ],
    ids=["not told", "another build", "an import", "asked for"],
)
def test_a_build_without_a_gil_is_no_remedy_on_such_a_build(host, remedy):
    told = sentence(found(**host))
    assert f"they wait for the GIL (in C, release it around what needs no Python objects; {remedy}" in told
    assert ("build without a GIL" in told) is ("build without a GIL" in remedy)


@pytest.mark.parametrize(
    ("host", "build", "why"),
    [
        ({}, "(GIL enabled)", None),
        ({"free_threaded": False}, "(GIL enabled)", None),
        ({"gil": False, "free_threaded": True}, "(free-threaded, GIL disabled)", None),
        (
            {"free_threaded": True},
            "(free-threaded, GIL enabled)",
            "an import switched it on, of an extension",
        ),
        (
            {"free_threaded": True, "gil_forced": True},
            "(free-threaded, GIL enabled)",
            "PYTHON_GIL=1 or -X gil=1 keeps it on",
        ),
    ],
    ids=["not told", "another build", "without", "an import", "asked for"],
)
def test_a_note_says_what_switched_the_gil_on(host, build, why):
    python, *others = notes(found(**host))
    assert build in python
    assert [one.startswith("Note:     this build can do without a GIL, but ") for one in others] == [True] * (
        why is not None
    )
    assert all(why in one for one in others)
