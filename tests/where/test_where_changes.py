"""What two samplings of a workload differ in, by function."""

from dataclasses import replace

import pytest

from antigil.scaling import Host, Workload
from antigil.where import Function, Loss, Part, PythonLine, Share, Where, changes

HOST = Host("3.11.7", "CPython", True, 0.005, "some CPU", 2, True)
LINE = PythonLine("<statement>", 1, "statement")


def share(value, margin=0.01):
    return Share(value, (max(0.0, value - margin), value + margin))


def part(name, value, margin=0.01, entry="read", reason="", **more):
    function = Function(name, "reader.so", **more)
    return Part(share(value, margin), function, ("src/reader.c", 42), reason, entry, LINE, 100)


def loss(*parts, samples=1000):
    margin = max((one.share.ci99[1] - one.share.value for one in parts), default=0.01)
    return Loss(share(sum(one.share.value for one in parts), margin), parts, samples)


def found(held=(), waiting=(), hints=()):
    return Where(Workload("read()"), HOST, 2, loss(*held), loss(*waiting), loss(), {}, hints)


def test_a_function_that_holds_the_gil_is_new():
    told = changes(
        "3.11", found(held=[part("build", 0.02)]), found(held=[part("build", 0.02), part("parse", 0.1)])
    )

    (held,) = told.losses
    (parse,) = held.functions
    assert (held.loss, parse.name, parse.source) == ("held", "parse", ("src/reader.c", 42))
    assert (parse.before.value, parse.after.value, parse.called_from) == (0.0, 0.1, "read")
    assert (held.before.value, round(held.after.value, 6)) == (0.02, 0.12)


def test_what_lies_within_the_intervals_is_no_change():
    one, other = found(held=[part("parse", 0.10, 0.03)]), found(held=[part("parse", 0.14, 0.03)])

    assert changes("3.11", one, other).losses == ()


def test_what_is_certain_and_small_is_not_told():
    one, other = found(held=[part("parse", 0.100, 0.001)]), found(held=[part("parse", 0.108, 0.001)])

    assert all(not one.functions for one in changes("3.11", one, other).losses)


def test_few_samples_do_not_make_a_function_new():
    """Of 10 samples at the commit before, one in ten may have been missed."""
    before = replace(found(), held=loss(samples=10))

    assert changes("3.11", before, found(held=[part("parse", 0.1)])).losses[0].functions == ()


def test_functions_without_names_are_taken_together_by_what_python_called():
    """They begin at other addresses in every build."""
    one = found(held=[part("function at 0x40", 0.2), part("near x+0x9", 0.1, nearest=True)])
    other = found(held=[part("function at 0x80", 0.3), part("near x+0x8", 0.0, nearest=True)])

    assert all(not one.functions for one in changes("3.11", one, other).losses)


def test_the_largest_change_comes_first_and_a_function_is_told_for_what_it_waits():
    before = found(waiting=[part("take", 0.4, reason="the GIL")])
    after = found(waiting=[part("take", 0.2, reason="the GIL"), part("take", 0.5, reason="a C or C++ mutex")])

    (waiting,) = changes("3.11", before, after).losses
    assert [(one.reason, round(one.after.value - one.before.value, 6)) for one in waiting.functions] == [
        ("a C or C++ mutex", 0.5),
        ("the GIL", -0.2),
    ]


WITHOUT_GIL = replace(HOST, python_version="3.14.0", gil=False)


@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False)])
def test_a_gil_that_a_commit_switches_on_or_off_is_told_with_the_functions_that_hold_it(before, after):
    """Without a GIL nothing is held, of as many samples, which leaves no doubt that a function is new."""
    holds = replace(found(held=[part("parse", 0.9)]), host=replace(HOST, python_version="3.14.0"))
    free = replace(found(), host=WITHOUT_GIL, held=Loss(Share(0.0, (0.0, 0.0)), (), 1000))

    told = changes("3.14t", *(holds if gil else free for gil in (before, after)))

    assert (told.python, told.gil) == ("3.14t", (before, after))
    assert [one.name for one in told.losses[0].functions] == ["parse"]


def test_the_python_keeps_the_name_that_its_environment_has():
    """One whose GIL is on, and one that is named by its path."""
    for name in ("3.14t", "/opt/3.14-nogil/bin/python3"):
        assert changes(name, found(), found()).python == name
