"""The History section: quantities, axes, environments, changes, tags, pointer, keyboard, zoom, permalinks."""

import re

import pytest
from on_page import CHART, chip, drag, hashes_of, labels, redrawn


@pytest.fixture
def loses(open_page, speedup_pages):
    folder, hashes = speedup_pages
    return open_page(folder / "work.Loses.html"), hashes


def test_every_quantity_can_be_drawn(loses):
    page, _ = loses
    names = page.locator("#quantities .chip").all_inner_texts()
    assert names == [
        "Speedup", "Efficiency", "GIL held", "Waiting", "Queued", "Inflation", "Stall", "One call",
    ]  # fmt: skip
    for name in names[1:]:
        redrawn(page, chip(page, "quantities", name).click)
        assert chip(page, "quantities", name).get_attribute("aria-pressed") == "true"
        glyphs = page.evaluate(f"{CHART}.figure.renderers.filter((r) => r.glyph.type === 'Line').length")
        assert glyphs >= 1, name


def test_held_share_shows_the_ceiling_that_it_sets(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", "#q=gil_held")
    ticks = page.evaluate(f"{CHART}.figure.yaxes[0].formatter.doFormat([0, 0.25, 0.5], {{}})")
    assert ticks == ["0 %", "25 % · ≤ 4.0×", "50 % · ≤ 2.0×"]


def test_lines_carry_a_band_where_asv_stored_an_interval(loses):
    page, _ = loses
    glyphs = page.evaluate(f"{CHART}.figure.renderers.map((r) => r.glyph.type)")
    assert glyphs.count("Patches") == 3


def test_change_is_marked_with_direction_and_size_and_links_to_its_commit(loses):
    page, hashes = loses
    assert "▼ −75 %" in labels(page)
    change = page.locator("#changes .change")
    assert change.count() == 1
    text = change.inner_text()
    assert text.startswith("▼ −75 %")
    assert "Lost. 2 threads: 2.0" in text
    assert "GIL held: 0 % → 1" in text
    link = change.get_by_role("link")
    assert link.get_attribute("href") == f"https://example.org/commit/{hashes[26]}"


def test_releases_are_marked(loses):
    page, _ = loses
    assert {"v1.0", "v1.1"} <= set(labels(page))


def test_by_date_uses_the_commits_dates(loses):
    page, _ = loses
    redrawn(page, chip(page, "axes", "Date").click)
    first, second = page.evaluate(f"{CHART}.sorted.slice(0, 2)")
    assert second - first == 86_400_000


def test_pointing_at_a_commit_tells_commit_date_subject_value_and_interval(loses):
    page, hashes = loses
    box = page.locator("#history .plot").bounding_box()
    x = page.evaluate(f"{CHART}.frame().x_scale.compute(30)")
    page.mouse.move(box["x"] + x, box["y"] + 120)
    tip = page.locator(".tip")
    tip.wait_for()
    text = tip.inner_text()
    assert hashes[30][:8] in text
    assert "core: change number 30" in text
    assert "A. Author" in text
    assert "2023-12-14" in text
    assert re.search(r"4 thr\s+[01]\.\d\d× \(\d\.\d\d× to \d\.\d\d×\)", text)


def test_keyboard_walks_the_commits_and_chooses_one(loses):
    page, hashes = loses
    page.locator("#history .plot").focus()
    page.keyboard.press("End")
    assert hashes[39][:8] in page.locator("#live").inner_text()
    page.keyboard.press("ArrowLeft")
    assert hashes[38][:8] in page.locator(".tip").inner_text()
    page.keyboard.press("Enter")
    assert hashes_of(page) == {"commit": hashes[38][:12]}
    assert page.locator("select[data-name^=commit]").input_value() == hashes[38][:12]
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Enter")
    assert hashes_of(page)["base"] == hashes[0][:12]
    page.keyboard.press("Escape")
    assert page.locator(".tip").is_hidden()


def test_zoom_by_keyboard_buttons_and_wheel_changes_the_range(loses):
    page, _ = loses
    width = f"{CHART}.range.end - {CHART}.range.start"
    whole = page.evaluate(width)
    page.locator("#history .plot").focus()
    page.keyboard.press("+")
    assert page.evaluate(width) == pytest.approx(whole / 2, rel=0.05)
    chip(page, "ranges", "All").click()
    assert page.evaluate(width) == pytest.approx(whole)
    page.locator("#history .plot").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    page.wait_for_function(f"{width} < {whole} * 0.99")
    page.wait_for_function("location.hash.includes('from=')")


def test_environments_are_shown_one_at_a_time_or_side_by_side(loses):
    page, _ = loses
    assert page.locator("#history figure").count() == 1
    redrawn(page, page.locator("#environments .chip").nth(1).click)
    captions = page.locator("#history figcaption").all_inner_texts()
    assert [c.split(" · ")[1:3] for c in captions] == [
        ["Python 3.13", "GIL enabled"],
        ["Python 3.14t", "free-threaded"],
    ]
    page.evaluate(f"{CHART}.show(10, 20)")
    assert page.evaluate("antigil.page.history.charts.map((c) => [c.range.start, c.range.end])") == [
        [10, 20],
        [10, 20],
    ]
    redrawn(page, page.locator("#environments .chip").nth(0).click)
    assert page.locator("#history figcaption").all_inner_texts() == captions[1:]


def test_thread_counts_can_be_hidden(loses):
    page, _ = loses
    redrawn(page, page.locator("#threads [data-value='8']").click)
    assert "8 thr" not in labels(page)
    assert "4 thr" in labels(page)


def test_drag_moves_the_range_and_chooses_nothing(loses):
    page, _ = loses
    page.evaluate(f"{CHART}.show(10, 25)")
    box = page.locator("#history .plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 150
    drag(page, x, y, 200, steps=8)
    page.wait_for_function(f"{CHART}.range.start < 9")
    page.wait_for_function("location.hash.includes('from=')")
    assert "commit" not in hashes_of(page)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("location.hash.includes('commit=')")


def test_open_table_holds_what_is_in_sight_and_stays_open(loses):
    page, hashes = loses
    table = page.locator("#history details.numbers")
    table.locator("summary").click()
    rows = table.locator("tbody tr")
    rows.nth(len(hashes) - 1).wait_for()
    page.evaluate(f"{CHART}.show(9.8, 20.2)")
    page.wait_for_function("document.querySelectorAll('#history tbody tr').length === 11")
    assert rows.first.locator("th").inner_text() == hashes[20][:12]
    page.wait_for_function("location.hash.includes('to=')")
    redrawn(page, chip(page, "quantities", "Efficiency").click)
    page.wait_for_function("document.querySelectorAll('#history details[open] tbody tr').length === 11")


def test_zooming_in_keeps_the_newest_commit_in_sight(loses):
    """Not the room for labels beside it, in which there is nothing."""
    page, _ = loses
    for _ in range(8):
        page.locator("#ranges [data-value=in]").click()
    inside = f"(x) => x >= {CHART}.range.start && x <= {CHART}.range.end"
    assert page.evaluate(f"{CHART}.x.filter({inside})") == [39]


@pytest.mark.parametrize("ends", ["900, undefined", "undefined, -5"])
def test_a_range_in_which_nothing_lies_shows_the_whole_history(loses, ends):
    """An environment that ended before it began, or begins after its end."""
    page, _ = loses
    page.evaluate(f"{CHART}.show({ends})")
    assert page.evaluate(f"[{CHART}.range.start, {CHART}.range.end]") == page.evaluate(f"{CHART}.whole()")


def test_one_commit_alone_can_be_the_newest(loses):
    page, _ = loses
    page.evaluate(f"{CHART}.places = [39]; {CHART}.newest(50)")
    assert page.evaluate(f"{CHART}.range.start < {CHART}.range.end")


def test_a_commit_between_gaps_has_its_interval_and_its_ceiling(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "work.Dips.html")
    page.evaluate(
        """async () => {
          const { page } = antigil;
          const numbers = await page.numbers(page.model.environments[0]);
          const alone = (column) => column.forEach((_, i) => { column[i] = i === 20 ? column[i] : NaN; });
          alone(numbers.lines("gil_held")[0].value);
          alone(numbers.line("speedup", 4).low);
        }"""
    )
    redrawn(page, page.locator("#threads [data-value='8']").click)
    drawn = page.evaluate(
        f"""{CHART}.figure.renderers.map(({{ glyph, data_source }}) => [
            glyph.marker?.value ?? glyph.marker ?? glyph.type,
            [...(data_source.get_column("x0") ?? data_source.get_column("x") ?? [])],
          ])"""
    )
    assert ["dash", [20]] in drawn
    assert [x for kind, x in drawn if kind == "Segment"] == [[], [20]]


def test_all_rows_of_a_table_follow_a_range_once_it_rests(loses):
    page, _ = loses
    page.evaluate(
        f"""() => {{
          window.filled = 0;
          {CHART}.table.rows = () => {{
            window.filled += 1;
            return Array.from({{ length: 230 }}, (_, i) => [String(i)]);
          }};
        }}"""
    )
    page.locator("#history details.numbers summary").click()
    page.get_by_role("button", name="Show all 230 rows").click()
    moving, resting = page.evaluate(
        f"""async () => {{
          const [later, wait] = [[], window.setTimeout];
          window.setTimeout = (job) => {{ later.push(job); return 0; }};
          window.filled = 0;
          for (const start of [3, 5, 8]) {{
            {CHART}.show(start);
            await new Promise(requestAnimationFrame);
          }}
          window.setTimeout = wait;
          const moving = window.filled;
          later.forEach((job) => job());
          return [moving, window.filled];
        }}"""
    )
    assert moving == 0
    assert resting >= 1


def test_values_far_apart_are_drawn_as_points(loses):
    """Where most commits of an environment lack a value, each stands alone, and no line leads to it."""
    page, _ = loses
    page.evaluate(
        f"""() => {{
          const chart = {CHART};
          chart.host.style.width = "300px"; // 40 commits would be too many for markers
          const [line] = chart.lines;
          line.value = line.value.map((v, i) => (i % 10 === 0 ? v : NaN));
          chart.sight();
        }}"""
    )
    visible = page.evaluate(f"{CHART}.markers.map((points) => points.visible)")
    assert visible[0]
    assert not any(visible[1:])


def test_what_is_told_of_a_commit_goes_when_the_chart_is_left(loses):
    page, _ = loses
    page.locator("#history .plot").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".tip").is_visible()
    told = page.locator("#live").inner_text()
    assert re.search(r"A\. Author\s+core: change number", told)
    page.keyboard.press("Tab")
    assert not page.locator(".tip").is_visible()
