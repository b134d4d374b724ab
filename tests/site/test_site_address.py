"""The address of a page: what it restores, and what it says of things that the page does not have."""

import pytest
from on_page import CHART, READY, redrawn, served


def ends(page):
    """Return the positions of the commits at the ends of the range in sight."""
    return page.evaluate(f"[{CHART}.range.start, {CHART}.range.end].map((x) => {CHART}.nearest(x))")


def chosen(page):
    return dict(item.split("=") for item in page.evaluate("location.hash.slice(1)").split("&"))


def test_permalink_restores_everything(open_page, speedup_pages):
    folder, hashes = speedup_pages
    first = open_page(folder / "work.Dips.html")
    ids = first.evaluate("antigil.page.model.environments.map((e) => e.id)")
    wanted = (
        f"#q=waiting&x=date&env={ids[1]}&hide=8&from={hashes[10][:12]}&to={hashes[30][:12]}"
        f"&commit={hashes[15][:12]}&base={hashes[3][:12]}"
    )
    page = open_page(folder / "work.Dips.html", wanted)
    assert page.locator("#quantities [data-value=waiting]").get_attribute("aria-pressed") == "true"
    assert page.locator("#axes [data-value=date]").get_attribute("aria-pressed") == "true"
    assert page.locator("#threads [data-value='8']").get_attribute("aria-pressed") == "false"
    assert "3.14t" in page.locator("#history figcaption").inner_text()
    assert ends(page) == [10, 30]
    assert page.locator("select[data-name^=commit]").input_value() == hashes[15][:12]
    assert page.locator("select[data-name^=base]").input_value() == hashes[3][:12]
    assert hashes[15][:8] in page.locator("#commit figcaption").first.inner_text()


def test_range_is_kept_by_the_commits_hashes(open_page, speedup_pages):
    """A revision number would name another commit as soon as another branch grows."""
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.evaluate(f"{CHART}.show(10, 30)")
    page.wait_for_function("location.hash.includes('to=')")
    assert chosen(page) == {"from": hashes[10][:12], "to": hashes[30][:12]}


@pytest.mark.parametrize(("act", "first"), [(f"show(10, {CHART}.range.end)", 10), ("newest(10)", 30)])
def test_range_that_reaches_the_newest_commit_stays_open_for_newer_ones(open_page, speedup_pages, act, first):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.evaluate(f"{CHART}.{act}")
    page.wait_for_function("location.hash.includes('from=')")
    assert chosen(page) == {"from": hashes[first][:12]}


def test_range_in_the_address_takes_effect_in_an_open_tab(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.evaluate(f"location.hash = '#from={hashes[4][:12]}&to={hashes[12][:12]}'")
    page.wait_for_function(f"{CHART}.range.start === 4")
    assert ends(page) == [4, 12]
    page.evaluate("location.hash = '#from=6&to=9'")
    page.wait_for_function(f"{CHART}.range.start === 6")
    assert ends(page) == [6, 9]


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("#from=abc", [0, 39]),
        ("#from=30&to=10", [10, 30]),
        ("#from=10&to=10", [10, 10]),
        ("#from=999999", [39, 39]),
        ("#from=3&to=feedbeefcafe", [3, 39]),
        ("#x=date&from=3&to=99999999", [3, 39]),
        ("#q=nonsense&x=sideways&hide=x,-2&__proto__=1&other=2", [0, 39]),
        ("#q=constructor", [0, 39]),
    ],
)
def test_nonsense_in_the_address_leaves_a_chart_with_a_range(open_page, speedup_pages, fragment, expected):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", fragment)
    assert ends(page) == expected
    assert page.evaluate(f"{CHART}.range.end - {CHART}.range.start") > 0
    assert page.evaluate(f"{CHART}.markers.length") == 4
    assert "NaN" not in page.locator("main").inner_text()


def test_what_was_not_measured_here_is_named(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html", "#env=elsewhere&from=abc&commit=feedbeefcafe&base=<b>")
    assert page.locator("#notes .note").all_inner_texts() == [
        "Environment elsewhere was not measured here.",
        "Commit abc was not measured here. The range is open on that side.",
    ]
    assert page.locator("#commit .note").all_inner_texts() == [
        f"Commit feedbeefcafe was not measured here. Shown is {hashes[39][:8]}.",
        f"Commit <b> was not measured here. Shown is {hashes[15][:8]}.",
    ]


def test_what_is_said_of_the_address_goes_when_it_no_longer_holds(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", "#to=elsewhere")
    assert page.locator("#notes .note").count() == 1
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function("location.hash.includes('from=')")
    assert page.locator("#notes .note").count() == 0


def test_address_whose_path_begins_with_two_slashes_stays_on_its_host(watched_page, speedup_pages):
    folder, _ = speedup_pages
    with served(folder.parents[1]) as host:
        page = watched_page(allowed=host)
        address = f"{host}//{folder.parent.name}/speedup/work.Dips.html"
        page.goto(f"{address}#q=waiting")
        page.wait_for_function(READY)
        redrawn(page, page.locator("#quantities [data-value=speedup]").click)
        assert page.evaluate("location.href") == address
        page.close()


def test_quantity_that_was_not_measured_here_is_named(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "legacy.TimeSort.time_sort.html", "#q=stall")
    note = "Stall was not measured here. Shown is the speedup."
    assert page.locator("#notes .note").all_inner_texts() == [note]
    assert page.locator("#quantities [aria-pressed=true]").inner_text() == "Speedup"
