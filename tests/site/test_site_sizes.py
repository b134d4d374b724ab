"""The pages on screens of other sizes, on one that is turned, and on paper."""

import pytest
from on_page import CHART

#: What of a chart depends on its width.
FITTED = f"""(() => {{
    const {{ range, markers, figure, marks }} = {CHART};
    const {{ desired_num_ticks, ticks }} = figure.xaxes[0].ticker;
    const labels = [...marks.changes, ...marks.tags].map(({{ label }}) => label.visible && label.x_offset);
    const shown = markers.map(({{ visible }}) => visible);
    return JSON.stringify([range.start, range.end, range.bounds, shown, labels, desired_num_ticks, ticks]);
}})()"""
NARROW, WIDE = ({"width": width, "height": 900} for width in (390, 1360))


@pytest.mark.parametrize("fragment", ["", "#x=date", "#from={from_}"])
def test_a_chart_fits_a_screen_that_is_turned_as_one_that_was_drawn_there(open_page, speedup_pages, fragment):
    folder, hashes = speedup_pages
    file, address = folder / "work.Dips.html", fragment.format(from_=hashes[12][:12])
    wanted = open_page(file, address, viewport=NARROW).evaluate(FITTED)
    page = open_page(file, address, viewport=WIDE)
    assert page.evaluate(FITTED) != wanted

    page.set_viewport_size(NARROW)

    page.wait_for_function("(wanted) => " + FITTED + " === wanted", arg=wanted)
    page.wait_for_timeout(400)  # a range that moved would be remembered by then
    assert page.evaluate("location.hash") == address


def test_labels_of_changes_stay_in_sight_after_a_zoom(open_page, speedup_pages):
    """Each that belongs to a commit in sight is whole, the others are not there."""
    page = open_page(speedup_pages[0] / "work.Dips.html")
    page.evaluate(f"{CHART}.show(12.4, 24)")
    first, second = page.evaluate(
        f"""{CHART}.marks.changes.map(({{ label }}) => [label.visible, label.x_offset, label.x])"""
    )
    assert (first[0], second[0]) == (True, False)
    width = page.evaluate(f"7.5 * {CHART}.marks.changes[0].label.text.text.length + 12")
    left = page.evaluate(f"({first[2]} - 12.4) * {CHART}.marks.scale()") + first[1] - width / 2
    assert left == pytest.approx(0)


def test_what_is_told_of_a_commit_goes_when_the_page_scrolls(open_page, speedup_pages):
    """It stands beside the commit on the screen, and would stay there."""
    page = open_page(speedup_pages[0] / "work.Dips.html", viewport=NARROW)
    page.locator("#history .plot").focus()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")  # and scrolled
    page.keyboard.press("ArrowLeft")
    assert page.locator(".tip").is_visible()
    page.evaluate("scrollBy(0, 40)")
    page.locator(".tip").wait_for(state="hidden")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".tip").is_visible()


def test_a_screen_reader_is_told_no_signs(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "work.Dips.html")
    page.locator("#history .plot").focus()
    page.keyboard.press("End")
    assert "■" in page.locator(".tip").inner_text()
    told = page.locator("#live").inner_text()
    assert "2 thr 2.0" in told or "2 thr 1.9" in told
    assert not {*"●■◆✚"} & {*told}


LONG = "a_name_without_any_place_for_a_break_" * 3
FREE = """.name, .row-link, .subject, .helps .muted, .change-line .muted, .now .muted ~ .muted, .now .tag,
    .number .muted, .standing .muted, .details, h1 code, .measured code"""
FILL = "([places, text]) => document.querySelectorAll(places).forEach((one) => { one.textContent = text; })"


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html"])
def test_no_name_makes_a_page_wider_than_the_screen(open_page, speedup_pages, name):
    page = open_page(speedup_pages[0] / name, viewport=NARROW)
    page.evaluate(FILL, [FREE, LONG])
    for width in (412, 320, 900):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")


def test_names_of_settings_are_not_broken_on_a_narrow_screen(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "work.Dips.html", viewport={"width": 320, "height": 800})
    lines = page.locator("#controls > .chips > .muted, #commit .field").all()
    assert len(lines) == 3
    assert all(one.bounding_box()["height"] < 40 for one in lines)


def test_free_text_in_a_row_is_wrapped(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "index.html", viewport={"width": 1000, "height": 800})
    text = "n, up to the memory bandwidth of one socket, " * 3
    page.locator(".now .muted").last.evaluate("(one, text) => { one.textContent = text; }", text)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_paper_gets_whole_tables_and_no_buttons(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "work.Dips.html")
    page.locator("details.numbers summary").first.click()
    assert page.locator(".scroll").first.evaluate("(e) => getComputedStyle(e).maxHeight") == "420px"

    page.emulate_media(media="print")

    assert page.locator(".scroll").first.evaluate("(e) => getComputedStyle(e).maxHeight") == "none"
    assert page.locator(".chip:visible, #theme:visible, select:visible, #hint:visible").count() == 0
    assert page.locator("#history-title").is_visible()
