"""Data that cannot be loaded, or that was published anew since the page was opened."""

import re
import shutil

import pytest
from on_page import PATIENCE, READY

FAILED = "These charts could not be drawn: "
ANEW = f"{FAILED}the pages were published anew: reload this one"


@pytest.fixture
def pages(speedup_pages, tmp_path):
    """Copy the pages, so that a test can change their data."""
    return shutil.copytree(speedup_pages[0], tmp_path / "speedup")


@pytest.fixture
def opened(browser_instance, pages):
    """Return a function that opens the page of a workload; what fails there is for the test to see."""
    context = browser_instance.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.set_default_timeout(PATIENCE)

    def made(wait=True):
        page = context.new_page()
        page.goto((pages / "work.Dips.html").as_uri())
        if wait:
            page.wait_for_function(READY)
        return page

    yield made
    context.close()


def other_numbers(page, folder):
    """Return the data file of the environment that is not shown at first."""
    return folder / "data" / f"work.Dips.{page.evaluate('antigil.page.model.environments[1].id')}.js"


def press_other(page):
    page.locator("#environments .chip").nth(1).click()


def told_instead(page, part="history"):
    note = page.locator(f"#{part} .note")
    note.wait_for()
    return note.inner_text()


@pytest.mark.parametrize("name", ["work.Dips.js", "commits.js"])
def test_a_page_without_its_data_says_so(opened, pages, name):
    (pages / "data" / name).unlink()

    assert told_instead(opened(wait=False)).startswith(FAILED)


def test_what_failed_to_load_can_be_asked_for_again(opened, pages):
    page = opened()
    file = other_numbers(page, pages)
    hidden = file.rename(pages / "hidden.js")
    press_other(page)
    assert told_instead(page) == f"{FAILED}data/{file.name} could not be loaded"
    press_other(page)
    page.locator("#history canvas").first.wait_for()
    assert page.locator("#history figure").count() == 1

    hidden.rename(file)
    press_other(page)

    page.locator("#history figure").nth(1).wait_for()
    assert page.locator("#history .note").count() == 0


def test_a_failure_below_the_history_leaves_the_history(opened):
    page = opened()
    page.evaluate("antigil.page.model.environments[0].notable = null")
    page.locator("#history .plot").focus()
    for key in ("ArrowLeft", "Enter"):
        page.keyboard.press(key)

    assert told_instead(page, "commit").startswith(FAILED)
    assert page.locator("#history canvas").count() >= 1


def test_two_publishings_are_not_mixed(opened, pages):
    page = opened()
    file = other_numbers(page, pages)
    file.write_text(re.sub(r'"[0-9a-f]{12}"', '"0123456789ab"', file.read_text(), count=1))

    press_other(page)

    assert told_instead(page) == ANEW


def test_a_page_from_a_cache_does_not_show_newer_data_below_older_words(opened, pages):
    file = pages / "data/work.Dips.js"
    file.write_text(re.sub(r'"[0-9a-f]{12}"', '"0123456789ab"', file.read_text(), count=1))

    assert told_instead(opened(wait=False)) == ANEW
