"""The tracking's commands where they are killed, or the disk is full, read-only or from the future.

The short form: `tools/kill_tracking.py`, `tools/starve_tracking.py` and `tools/kill_writers.py` do it often.
"""

import random
import time

import pytest
from tracked import SUBJECTS, read_only, small_files, stamped_in_the_future
from writers import DYING, Storing, served

OFTEN = ("asv publish", "antigil alert", "antigil compare", "antigil ci push")


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    """Return what makes a command's subject once."""
    made = {}

    def subject(name):
        if name not in made:
            made[name] = SUBJECTS[name](tmp_path_factory.mktemp("subject") / "it")
        made[name].begin()
        return made[name]

    return subject


def done_in_the_end(subject):
    """Run a command to its end, and expect all of its work to be done."""
    status, said = subject.run()
    print(said)  # pytest shows it where something is missing
    assert status == subject.status
    subject.complete()


@pytest.mark.parametrize("name", [*OFTEN, pytest.param("antigil ci measure", marks=pytest.mark.long)])
def test_a_command_that_is_killed_loses_nothing_and_is_completed_by_the_next(subjects, name):
    subject = subjects(name)
    began = time.monotonic()
    done_in_the_end(subject)
    whole, part = time.monotonic() - began, random.Random(name).uniform(0.4, 0.9)
    subject.begin()
    before = subject.kept()

    while not subject.killed_after(part * whole):  # it took longer at first
        part *= 0.8
        subject.begin()

    assert subject.damage(before) == []
    done_in_the_end(subject)
    assert subject.damage(before) == []


@pytest.mark.parametrize("name", ["antigil alert", "antigil ci push"])
def test_a_full_disk_is_told_in_one_line_and_loses_nothing(subjects, name):
    subject = subjects(name)
    before = subject.kept()

    status, said = subject.run(small_files())

    assert status == 2, said
    assert "Traceback" not in said
    assert subject.damage(before) == []
    done_in_the_end(subject)


@pytest.mark.parametrize("name", ["antigil alert", "asv publish"])
def test_a_folder_that_is_read_only_loses_nothing(subjects, name):
    subject = subjects(name)
    before = subject.kept()

    with read_only(subject) as without_rights:
        status, said = subject.run(without_rights)

    assert status == (1 if name == "asv publish" else 2), said
    assert "Traceback" not in said
    assert subject.damage(before) == []
    done_in_the_end(subject)


def test_a_clock_that_was_set_back_changes_nothing(subjects):
    """What was written before is from the future."""
    subject = subjects("antigil alert")
    stamped_in_the_future(subject)
    before = subject.kept()

    done_in_the_end(subject)

    assert subject.damage(before) == []


def test_of_eight_that_store_at_once_two_die_and_nobodys_results_are_lost_or_stored_twice(tmp_path):
    with served(tmp_path) as address:
        storing, longest, died = Storing(tmp_path, address), 2.0, 0
        while died < DYING:  # one that has stored before its time comes does not die at work
            outcome = storing.round(f"within {longest}", longest)
            assert outcome["problems"] == []
            died, longest = outcome["at_work"], 0.8 * longest
