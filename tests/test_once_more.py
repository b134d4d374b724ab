"""The second try passes what failed by chance, and nothing that is wrong."""

from unittest import SkipTest

import once_more as module
import pytest
from once_more import once_more


def fail_by_pytest():
    pytest.fail("not raised")


def fail_by_assertion():
    raise AssertionError("0.3 is not below 0.2")


def skip():
    raise SkipTest("too busy to tell")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0.0)


@pytest.mark.parametrize("fail", [fail_by_pytest, fail_by_assertion, skip])
def test_what_fails_once_passes_and_the_first_failure_is_shown(fail, capsys):
    tries = []

    @once_more
    def test(wanted):
        tries.append(wanted)
        if len(tries) == 1:
            fail()

    test(wanted=1)

    assert tries == [1, 1]
    assert "once more, after: " in capsys.readouterr().out


@pytest.mark.parametrize("fail", [fail_by_pytest, fail_by_assertion, skip])
def test_what_fails_twice_fails(fail):
    with pytest.raises((AssertionError, SkipTest, pytest.fail.Exception)):
        once_more(fail)()


def test_what_breaks_is_not_tried_again():
    tries = []

    @once_more
    def test():
        tries.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        test()
    assert tries == [1]
