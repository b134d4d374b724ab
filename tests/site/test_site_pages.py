"""What a visitor gets, in a real browser, from the file system."""

import re

import pytest


def test_overview_tells_first_what_was_lost_and_by_which_commit(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "index.html")
    assert "2 of 4 workloads lost speedup" in page.locator("h1").inner_text()
    assert page.locator("#changed").inner_text() == "What changed it"
    assert page.locator(".helps li").first.inner_text().split("\n")[1:3] == [
        "Threads help in 3 of 4 workloads",
        "2 fully",
    ]
    first = page.locator(".change").first
    assert "Loses its release" in first.inner_text()
    assert hashes[26][:8] in first.inner_text()
    assert "−75 %" in first.inner_text()
    row = page.locator("table.workloads tr[data-mark]").first
    assert "▼ lost" in row.inner_text()
    assert re.search(r"1\.0\d×\s+of 4, 4 threads", row.inner_text())


def test_overview_and_page_say_what_is_expected_of_a_workload_where_its_suite_does(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html")
    row = page.locator("table.workloads tr[data-mark]")
    assert "expected: n, up to the CPUs" in row.filter(has_text="Control: releases").first.inner_text()
    assert "expected" not in row.filter(has_text="Loses its release").first.inner_text()
    page = open_page(folder / "control.Holds.html")
    assert page.get_by_text("Expected speedup with n threads: 1 with a GIL", exact=True).is_visible()
    page = open_page(folder / "work.Loses.html")
    assert page.get_by_text("Expected speedup").count() == 0


def test_overview_is_reached_from_asvs_page_and_leads_back(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html")
    page.get_by_role("link", name="asv’s pages").wait_for()
    assert page.get_by_role("link", name="asv’s pages").get_attribute("href") == "../index.html"


def test_workload_page_draws_a_line_per_thread_count_with_ideal_and_ceiling(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html")
    page.get_by_role("link", name="Dips and recovers").first.click()
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    assert page.locator("#history canvas").count() >= 1
    drawn = page.evaluate(
        "antigil.page.history.charts[0].figure.center.flatMap((m) => (m.text ? [m.text.text] : []))"
    )
    assert {"1 thr", "2 thr", "4 thr", "8 thr", "ideal 2×", "ideal 4×", "ceiling 1 ÷ held"} <= set(drawn)
    assert "▼ −60 %" in drawn
    assert "v1.0" in drawn


def test_workload_page_names_build_machine_and_cpus(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Loses.html")
    standing = page.locator(".standing").inner_text()
    assert "alpha · Python 3.13 · GIL enabled · 4 CPUs allowed" in standing
    assert "alpha · Python 3.14t · free-threaded · 4 CPUs allowed" in standing


def test_workload_page_names_the_commit_of_the_latest_change_above_the_chart(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Loses.html")
    told = page.locator(".standing .latest").inner_text()
    assert told == f"▼ −75 % by {hashes[26][:8]} core: change number 26"


def test_overview_draws_the_history_of_every_workload(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html")
    rows = page.locator("table.workloads tr[data-mark]")
    lengths = page.evaluate("[...document.querySelectorAll('.spark-line')].map((p) => p.getTotalLength())")
    assert len(lengths) == rows.count()
    assert min(lengths) > 100
    assert rows.first.locator(".spark-lost").count() == 1
    assert rows.first.locator(".spark").bounding_box()["width"] > 150


@pytest.mark.parametrize(("scheme", "ink"), [("light", "rgb(23, 27, 34)"), ("dark", "rgb(232, 235, 240)")])
def test_picture_for_readmes_follows_light_and_dark(open_page, speedup_pages, scheme, ink):
    folder, _ = speedup_pages
    page = open_page(folder / "history.svg", color_scheme=scheme)
    title = page.locator("text.title")
    assert title.evaluate("(e) => getComputedStyle(e).fill") == ink
    assert title.bounding_box()["width"] > 50
    line = page.locator("path:not([class])")
    assert line.evaluate("(e) => e.getTotalLength()") > 200
