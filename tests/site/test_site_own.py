"""Overview and History of this repository's own commits, from results that were really measured on them.

``own/`` holds what ``asv run`` stored on a virtual machine with two CPUs for the article's pair, two controls
and two kernels: with Python 3.11, and for the newer commits with the free-threaded 3.14. Subjects and dates
come from the repository itself. `own_history` says which commits these are.
"""

import re
from datetime import UTC, datetime

import pytest
from on_page import CHART, drag, environments, focus_chart, from_asv_and_back, go, labels, open_table
from own_history import COM_GIL, COMMIT_URL, RELEASE, SEM_GIL, speedup, stored


@pytest.fixture
def overview(open_page, own):
    return open_page(own.pages / "index.html")


def row(page, title, python="3.11"):
    return page.get_by_role("row").filter(has_text=title).filter(has_text=f"Python {python} ")


def day(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def at_two_threads(commit, quantity):
    """Return what asv stored of a quantity, at two threads where it has thread counts."""
    if quantity == "efficiency":
        return speedup(commit, "article.SemGil", 2) / 2
    function = "time_call" if quantity == "time" else f"track_{quantity}"
    values = stored(commit)[f"article.SemGil.{function}"][0]
    return values[1] if len(values) > 1 else values[0]


# Overview


@pytest.mark.parametrize("python", ["3.11", "3.14t"])
def test_overview_shows_the_newest_speedup_of_each_function(overview, own, python):
    for title, name in ((COM_GIL, "article.ComGil"), (SEM_GIL, "article.SemGil")):
        text = row(overview, title, python).inner_text()
        assert f"{speedup(own.newest, name, 2, python):.2f}×" in text
        assert "of 2, 2 threads" in text


def test_overview_names_the_newest_commit_and_how_many_were_measured(overview, own):
    text = overview.locator(".measured").inner_text()
    assert f"Newest of {len(own.commits)} measured commits" in text
    assert own.commits[own.newest][0] in text


def test_overview_draws_a_small_history_with_both_changes(overview):
    line = row(overview, SEM_GIL).locator("svg")
    assert line.locator(".spark-line").get_attribute("d").count("L") >= 10
    assert [line.locator(f".spark-{way}").count() for way in ("lost", "gained")] == [1, 1]


def test_overview_tells_the_change_since_the_release_and_since_30_commits(overview, own):
    cells = row(overview, SEM_GIL).locator("td.number").all_inner_texts()
    before = [own.release, list(own.commits)[list(own.commits).index(own.release) - 1]]
    now = speedup(own.newest, "article.SemGil", 2)
    for text, commit in zip(cells, before, strict=True):
        told = float(re.search(r"([+−±]\d+) %", text)[1].replace("−", "-").replace("±", ""))
        assert told == pytest.approx(100 * (now / speedup(commit, "article.SemGil", 2) - 1), abs=0.51)
    assert RELEASE[0] in cells[0]


def test_overview_says_first_that_nothing_is_lost_any_more(overview):
    told = overview.locator("h1").inner_text()
    assert told.startswith("Nothing is lost: 1 of 4 workloads recovered since v0.1.0")


def test_overview_begins_with_what_changed_and_ends_with_the_controls(overview):
    rows = overview.locator("tr[data-mark]").all_inner_texts()
    assert SEM_GIL in rows[0]
    assert "recovered" in rows[0]
    assert [i for i, text in enumerate(rows) if "control:" in text] == [len(rows) - 2, len(rows) - 1]
    assert all("steady" in text for text in rows[-2:])


def test_overview_is_reached_from_asvs_page_and_leads_back(browser_instance, own):
    from_asv_and_back(browser_instance, own.pages, SEM_GIL)


def test_commits_from_before_a_kernel_was_written_show_as_skipped(open_page, own):
    page = open_page(own.pages / "kernels.SerialHalf.html")
    _, *rows = open_table(page, "^Speedup as a table")
    skipped = [cells[2] for cells in rows if "skipped" in cells]
    assert skipped == [next(iter(own.commits.values()))[0]]


# History


def test_history_is_in_the_order_of_the_commits(sem_gil, own):
    shown = sem_gil.evaluate(f"{CHART}.sorted.map((r) => antigil.page.commits.at(r).hash)")
    assert shown == list(own.commits)


def test_history_by_date_has_the_commits_dates(sem_gil, own):
    go(sem_gil, "x=date")
    assert sem_gil.evaluate(f"{CHART}.sorted") == sorted(1000 * date for _, date in own.commits.values())


def test_history_draws_a_line_with_a_band_for_each_thread_count_beside_the_ideal(sem_gil, own):
    assert {"1 thr", "2 thr", "4 thr", "8 thr", "ideal 2×"} <= set(labels(sem_gil))
    assert sem_gil.evaluate(f"{CHART}.figure.renderers.map((r) => r.glyph.type)").count("Patches") == 3
    line = sem_gil.evaluate(f"{CHART}.numbers.line('speedup', 2).value")
    assert line == pytest.approx([speedup(commit, "article.SemGil", 2) for commit in own.commits], abs=1e-4)


def test_history_marks_the_loss_and_its_repair_with_size_and_commit(sem_gil, own):
    assert {"▼", "▲"} <= {text[:1] for text in labels(sem_gil)}
    changes = sem_gil.locator("#changes").get_by_role("listitem")
    for change, commit, way in zip(changes.all(), (own.repaired, own.lost), "▲▼", strict=True):
        assert re.match(rf"{way} [+−](4|5|9|10)\d %", change.inner_text())
        assert "suspected" not in change.inner_text()
        assert change.get_by_role("link").get_attribute("href") == COMMIT_URL + commit


def test_free_threaded_python_stands_beside_it_without_these_changes(sem_gil):
    ids = environments(sem_gil)
    go(sem_gil, f"env={ids['3.11']},{ids['3.14t']}")
    builds = sem_gil.locator("#history figcaption").all_inner_texts()
    assert [re.findall(r"Python \S+ · [\w-]+", text) for text in builds] == [
        ["Python 3.11 · GIL"],
        ["Python 3.14t · free-threaded"],
    ]
    changed = sem_gil.evaluate("antigil.page.history.charts.map((c) => c.environment.changes.length)")
    assert changed == [2, 0]


def test_history_zooms_and_pans(sem_gil):
    seen = f"[{CHART}.range.start, {CHART}.range.end]"
    start, end = sem_gil.evaluate(seen)
    focus_chart(sem_gil)
    sem_gil.keyboard.press("+")
    closer, _ = sem_gil.evaluate(seen)
    assert end - closer < 0.6 * (end - start)
    box = sem_gil.locator("#history .plot").bounding_box()
    drag(sem_gil, box["x"] + 200, box["y"] + 150, 300, steps=4)
    sem_gil.wait_for_function(f"{CHART}.range.start < {closer} - 5")


def test_pointing_at_the_loss_tells_commit_date_subject_value_and_interval(sem_gil, own):
    box = sem_gil.locator("#history .plot").bounding_box()
    at = list(own.commits).index(own.lost)
    x = sem_gil.evaluate(f"{CHART}.frame().x_scale.compute({CHART}.sorted[{at}])")
    sem_gil.mouse.move(box["x"] + x, box["y"] + 120)
    text = sem_gil.locator(".tip").inner_text()
    subject, date = own.commits[own.lost]
    for told in (own.lost[:8], day(date), "A. Tester", subject):
        assert told in text
    value = f"{speedup(own.lost, 'article.SemGil', 2):.2f}"
    assert re.search(rf"2 thr\s+{value}× \(\d\.\d\d× to \d\.\d\d×\)", text)


def test_history_marks_the_release(sem_gil):
    assert RELEASE[0] in labels(sem_gil)


def test_history_shows_each_quantity_of_every_commit(sem_gil, own):
    for quantity in ("efficiency", "gil_held", "waiting", "queued", "inflation", "stall", "time"):
        go(sem_gil, f"q={quantity}")
        assert sem_gil.evaluate(f"{CHART}.quantity") == quantity
        line = sem_gil.evaluate(f"{CHART}.numbers.lines('{quantity}').slice(0, 2).at(-1).value")
        wanted = [at_two_threads(commit, quantity) for commit in own.commits]
        assert line == pytest.approx(wanted, rel=1e-3, abs=6e-5), quantity


def test_ceiling_of_the_function_that_holds_the_gil_is_one(open_page, own):
    page = open_page(own.pages / "article.ComGil.html", "#q=gil_held")
    assert "at best 1.0 times" in page.locator(".standing").inner_text()
    ticks = page.evaluate(f"{CHART}.figure.yaxes[0].formatter.doFormat([0, 1], {{}})")
    assert ticks == ["0 %", "100 % · ≤ 1.0×"]
