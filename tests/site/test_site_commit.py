"""The two charts of one commit, the tables, light and dark, wide and narrow, hostile names."""

import re

import pytest
from on_page import open_table, visit_below_a_path


@pytest.fixture
def dip(open_page, speedup_pages):
    folder, hashes = speedup_pages
    return open_page(folder / "work.Dips.html", f"#commit={hashes[20][:12]}"), hashes


def test_parts_of_the_speedup_add_up_to_the_thread_count(dip):
    page, _ = dip
    head, *rows = open_table(page, "^Where")
    assert head[:3] == ["threads", "speedup", "waiting"]
    assert set(head[3:]) <= {"unexplained"}  # the noise
    for threads, *parts in rows:
        assert sum(map(float, parts)) == pytest.approx(int(threads), rel=1e-3)
    told = {row[0]: float(row[1]) for row in rows}
    assert told["4"] == pytest.approx(4 / (1 + 0.5 * 3), rel=0.05)


def test_queueing_shows_beyond_the_cpus(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Gains.html")
    head, *rows = open_table(page, "^Where")
    eight = dict(zip(head, rows[-1], strict=True))
    assert float(eight["queued"]) == pytest.approx(4, rel=0.05)


def test_scaling_curve_stands_beside_the_last_release_with_its_laws(dip):
    page, hashes = dip
    card = page.locator("#commit figure").nth(1)
    assert f"{hashes[20][:8]} beside {hashes[15][:8]}" in card.inner_text()
    open_commit = page.locator("select[data-name^=commit]")
    open_commit.select_option(hashes[13][:12])
    page.locator("#commit .laws thead", has_text=hashes[13][:8]).wait_for()
    laws = page.locator("#commit .laws").inner_text()
    now, base = re.search(r"Amdahl: f\s+([\d.]+) ± [\d.]+\s+([\d.]+)", laws).groups()
    assert float(now) == pytest.approx(0.5, abs=0.05)
    assert float(base) == pytest.approx(0, abs=0.01)
    assert "USL: alpha" in laws


def test_a_subject_is_cut_between_characters(dip):
    page, hashes = dip
    page.evaluate("antigil.page.commits.columns.subject.fill('x'.repeat(59) + '🙂🙂')")
    page.locator("select[data-name^=commit]").select_option(hashes[13][:12])
    page.locator("#commit .laws thead", has_text=hashes[13][:8]).wait_for()
    told = page.locator("select[data-name^=commit] option").first
    assert told.evaluate("(option) => option.text.endsWith('x🙂')")


def test_choosing_another_commit_changes_both_charts(dip):
    page, hashes = dip
    page.locator("select[data-name^=base]").select_option(hashes[39][:12])
    page.wait_for_function(
        f"document.querySelector('#commit').textContent.includes('beside {hashes[39][:8]}')"
    )
    assert f"base={hashes[39][:12]}" in page.evaluate("location.hash")


def test_the_loss_of_a_timed_benchmark_which_cannot_be_divided_has_no_panel(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "legacy.TimeSort.time_sort.html")
    assert "Strong scaling T(1) ÷ T(n)" in page.locator("main").inner_text()
    assert page.locator("#commit figure").count() == 1
    assert "Where the speedup went" not in page.locator("#commit").inner_text()
    assert page.locator("#quantities .chip").all_inner_texts() == ["Speedup", "Efficiency", "One call"]


def test_history_table_holds_the_charts_numbers(dip):
    page, hashes = dip
    head, *rows = open_table(page, "^Speedup as a table")
    assert [row[0] for row in rows] == [h[:12] for h in reversed(hashes)]
    value = head.index("4 threads: Speedup")
    numbers = page.evaluate("antigil.page.history.charts[0].numbers.line('speedup', 4).value")
    assert [float(row[value]) for row in reversed(rows)] == pytest.approx(numbers)
    assert float(rows[0][value + 1]) <= float(rows[0][value]) <= float(rows[0][value + 2])


def test_scaling_table_holds_the_points_that_are_drawn(dip):
    page, hashes = dip
    head, *rows = open_table(page, "^Scaling")
    now, base = hashes[20][:8], hashes[15][:8]
    assert head[2:6] == [f"{now}: speedup", f"{now}: 99 % low", f"{now}: 99 % high", f"{base}: speedup"]
    lines = page.evaluate("antigil.page.history.charts[0].numbers.lines('speedup').map((l) => l.value)")
    for row, line in zip(rows, lines, strict=True):
        assert (float(row[2]), float(row[5])) == (line[20], line[15])
    assert [row[1] for row in rows] == ["1", "2", "4", "4"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_and_the_button(open_page, speedup_pages, scheme):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html", color_scheme=scheme)
    brightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    assert (page.evaluate(brightness) > 128) == (scheme == "light")
    page.get_by_role("button", name="Switch between light and dark").click()
    assert (page.evaluate(brightness) > 128) == (scheme == "dark")


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html", "legacy.TimeSort.time_sort.html"])
def test_nothing_is_wider_than_the_screen(open_page, speedup_pages, name):
    folder, _ = speedup_pages
    page = open_page(folder / name, viewport={"width": 360, "height": 800})
    for width in (360, 768, 1360, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")


def test_overview_can_be_filtered(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "index.html")
    rows = page.locator("table.workloads tr[data-mark]:visible")
    page.locator(".chip", has_text="lost").click()
    assert rows.count() == 2
    page.locator(".chip", has_text="All").click()
    page.get_by_label("Find").fill("dips")
    assert rows.count() == 2
    page.get_by_label("Environment").select_option(index=1)
    assert rows.count() == 1
    assert page.get_by_role("status").inner_text() == ""
    page.get_by_label("Find").fill("nothing like it")
    assert page.get_by_role("status").inner_text() == "No workload matches."


def test_pages_are_the_same_below_a_path_of_a_host(watched_page, speedup_pages):
    """Served from a sub-path, every request stays below it, and none fails."""
    folder, _ = speedup_pages
    base, reached = visit_below_a_path(watched_page, folder, "Loses its release")
    assert reached.startswith(base)
