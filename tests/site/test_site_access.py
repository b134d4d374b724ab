"""Everybody can use the pages: by keyboard alone, with any eyes, without motion, from asv and back."""

import pytest
from on_page import CHART, FOCUSED, READY, chip, faint_texts, from_asv_and_back, unreached_by_keyboard

#: What has the focus is not the element that a test marked before the page was drawn anew.
ANEW = "!document.activeElement.dataset.old"


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html"])
def test_every_text_stands_out_from_its_ground(open_page, speedup_pages, name):
    folder, _ = speedup_pages
    page = open_page(folder / name, color_scheme="light")
    for scheme in ("light", "dark"):
        page.evaluate("delete document.documentElement.dataset.ready")
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        if scheme == "dark" and name != "index.html":
            page.wait_for_function(READY)
        seen, faint = faint_texts(page)
        assert seen > 60
        assert faint == []


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html"])
def test_keyboard_reaches_everything_and_shows_where_it_is(open_page, speedup_pages, name):
    folder, _ = speedup_pages
    page = open_page(folder / name)
    assert unreached_by_keyboard(page) == ([], 0)


def test_focus_stays_on_what_was_pressed_though_the_page_is_drawn_anew(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.locator("#quantities [data-value=efficiency]").focus()
    page.evaluate("delete document.documentElement.dataset.ready")
    page.keyboard.press("Enter")
    page.wait_for_function(READY)
    assert page.evaluate(FOCUSED)["value"] == "efficiency"
    page.locator("select[data-name^=commit]").evaluate("(old) => { old.focus(); old.dataset.old = 1; }")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash.includes('commit=')")
    page.wait_for_function(f"{ANEW} && document.activeElement.dataset.name?.startsWith('commit')")


def test_focus_stays_with_the_environment_whose_commit_was_chosen(open_page, speedup_pages):
    file = speedup_pages[0] / "work.Dips.html"
    ids = open_page(file).evaluate("antigil.page.model.environments.map((e) => e.id)")
    page = open_page(file, f"#env={','.join(ids)}")
    page.locator("select[data-name^=base]").nth(1).evaluate("(old) => { old.focus(); old.dataset.old = 1; }")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash.includes('base=')")
    focused = "[...document.querySelectorAll('select[data-name^=base]')].indexOf(document.activeElement)"
    page.wait_for_function(f"{ANEW} && {focused} >= 0")
    assert page.evaluate(focused) == 1


def test_link_to_the_content_moves_the_focus_and_leaves_what_was_chosen(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", "#q=inflation&hide=2")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.wait_for_timeout(100)  # a change of the address is told later
    assert page.evaluate("[location.hash, antigil.page.quantity]") == ["#q=inflation&hide=2", "inflation"]
    assert chip(page, "quantities", "Inflation").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html"])
def test_without_javascript_no_control_is_offered_that_does_nothing(watched_page, speedup_pages, name):
    page = watched_page(java_script_enabled=False)
    page.goto((speedup_pages[0] / name).as_uri())
    assert page.locator("button:visible, select:visible, input:visible, #hint:visible").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")  # where the browser is, is told later


def test_focus_goes_to_the_rows_when_the_button_that_showed_them_goes(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "work.Dips.html")
    page.evaluate(f"{CHART}.table.rows = () => Array.from({{ length: 230 }}, (_, i) => [String(i)])")
    page.locator("#history details.numbers summary").click()
    page.get_by_role("button", name="Show all 230 rows").focus()
    page.keyboard.press("Enter")
    assert page.locator("#history .scroll tbody tr").count() == 230
    assert page.evaluate("document.activeElement.className") == "scroll"


def test_filters_of_the_overview_are_in_its_address_and_there_after_going_back(open_page, speedup_pages):
    page = open_page(speedup_pages[0] / "index.html")
    visible = page.locator("tr[data-mark]").locator("visible=true")
    chosen = """[document.querySelector(".chip[aria-pressed=true]").dataset.mark,
        document.getElementById("environment").value, document.getElementById("find").value]"""
    page.locator(".chip[data-mark=gained]").click()
    page.locator("#environment").select_option(index=1)
    page.locator("#find").fill("a release")
    wanted, told = page.evaluate(chosen), visible.all_inner_texts()
    assert len(told) == 1
    visible.get_by_role("link").click()
    page.wait_for_function(READY)
    page.go_back()
    page.locator(".skip").evaluate("(link) => link.click()")  # changes no address
    assert (page.evaluate(chosen), visible.all_inner_texts()) == (wanted, told)
    page = open_page(speedup_pages[0] / "index.html", page.evaluate("location.hash"))
    assert page.evaluate(chosen) == wanted
    page.evaluate("location.hash = 'mark=nonsense&env=elsewhere'")
    page.wait_for_function(f"{chosen}.join() === ',,'")
    assert page.locator("tr[data-mark]:visible").count() == page.locator("tr[data-mark]").count()


def test_table_is_read_and_scrolled_by_keyboard_alone(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.locator("details.numbers summary").first.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Speedup as a table: the commits in sight")
    table.locator("tbody tr").first.wait_for()
    assert table.get_by_role("rowheader").count() == len(hashes)
    assert table.get_by_role("columnheader").first.inner_text() == "commit"
    page.keyboard.press("Tab")  # to the table itself
    scrolled = "document.querySelector('.numbers .scroll').scrollTop"
    assert page.evaluate(scrolled) == 0
    page.keyboard.press("PageDown")
    page.wait_for_function(f"{scrolled} > 100")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_by_itself(open_page, speedup_pages, motion):
    """No animation and no transition, whether or not the reader asked for less motion."""
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", reduced_motion=motion)
    page.locator("#ranges [data-value=in]").click()
    moving = """[...document.querySelectorAll('*')].map((e) => getComputedStyle(e))
        .filter((s) => s.animationName !== 'none' || s.transitionDuration !== '0s').length"""
    assert page.evaluate(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_range_can_be_moved_and_zoomed_by_buttons(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    width = f"{CHART}.range.end - {CHART}.range.start"
    whole = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(width) == pytest.approx(whole / 2)
    start = page.evaluate(f"{CHART}.range.start")
    page.get_by_role("button", name="Earlier commits").click()
    assert page.evaluate(f"{CHART}.range.start") == pytest.approx(start - whole / 4)
    page.get_by_role("button", name="Later commits").click()
    page.get_by_role("button", name="Zoom out").click()
    assert page.evaluate(width) == pytest.approx(whole, rel=0.1)


def test_keys_with_modifiers_stay_the_browsers_own(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.evaluate("""window.taken = []; window.addEventListener(
        "keydown", (event) => event.defaultPrevented && window.taken.push(event.key))""")
    page.locator("#history .plot").focus()
    for key in ("Control+ArrowLeft", "Alt+Home", "Meta+ArrowLeft", "Control++", "Control+-"):
        page.keyboard.press(key)
    assert page.evaluate("window.taken") == []
    assert page.locator(".tip").is_hidden()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.taken") == ["ArrowLeft"]


def test_chart_takes_the_arrow_keys_from_a_screen_reader_and_its_table_does_not(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    chart = page.get_by_role("application", name="alpha · Python 3.13 · GIL enabled: Speedup by commit")
    assert chart.get_attribute("tabindex") == "0"
    assert chart.locator("table, details").count() == 0
    assert page.locator("#history figure details").count() == 1


def test_button_of_a_change_says_what_it_chooses(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    name = f"▼ −60 %, lost: choose {hashes[13][:8]}, core: change number 13"
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_function(f"location.hash.includes('commit={hashes[13][:12]}')")


@pytest.mark.parametrize(("touch", "shown"), [(True, ".by-touch"), (False, ".by-mouse")])
def test_hint_suits_the_pointer(open_page, speedup_pages, touch, shown):
    folder, _ = speedup_pages
    options = {"has_touch": touch, "is_mobile": touch, "viewport": {"width": 390, "height": 800}}
    page = open_page(folder / "work.Dips.html", **options)
    for part in (".by-touch", ".by-mouse"):
        assert page.locator(part).is_visible() == (part == shown)


def test_settings_are_folded_on_a_narrow_screen_and_open_by_keyboard(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", viewport={"width": 390, "height": 800})
    assert page.locator("#threads").is_hidden()
    page.locator("#settings summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#threads [data-value='4']").is_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("!document.querySelector('#settings summary').checkVisibility()")
    assert page.locator("#threads [data-value='4']").is_visible()


@pytest.mark.parametrize(("width", "top"), [(1280, 350), (390, 560)])
def test_chart_begins_near_the_top_of_the_page(open_page, speedup_pages, width, top):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", viewport={"width": width, "height": 800})
    assert page.locator("#history .plot").bounding_box()["y"] < top


def test_tap_chooses_a_commit(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html", has_touch=True, viewport={"width": 390, "height": 800})
    plot = page.locator("#history .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.touchscreen.tap(box["x"] + page.evaluate(f"{CHART}.frame().x_scale.compute(20)"), box["y"] + 100)
    page.wait_for_function(f"location.hash.includes('commit={hashes[20][:12]}')")


def test_way_from_asvs_own_page_to_a_workload_and_back(browser_instance, speedup_pages):
    folder, _ = speedup_pages
    from_asv_and_back(browser_instance, folder, "Loses its release")
