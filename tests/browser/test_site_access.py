"""Everybody can use the pages: by keyboard alone, with any eyes, without motion, from asv and back."""

import pytest

READY = "document.documentElement.dataset.ready === 'yes'"

#: Every visible text whose contrast to its ground falls short of WCAG 2 AA: 4.5, or 3 if large.
FAINT = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] === 1) {
        return color;
      }
    }
    return [255, 255, 255];
  };
  const found = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("[aria-hidden]")) {
      continue;
    }
    seen += 1;
    const style = getComputedStyle(element);
    const [a, b] = [parse(style.color), ground(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      found.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
    }
  }
  return [seen, found];
}"""

#: What has the focus: its name for a screen reader, and whether a ring shows where it is.
FOCUSED = """() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  return {
    tag: e.tagName,
    name: e.getAttribute("aria-label") || e.innerText || e.labels?.[0]?.innerText || "",
    value: e.dataset.value || "",
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: e.shadowRoot !== null,
  };
}"""


def walk(page):
    """Press Tab from the top of the page to its end; return what had the focus."""
    found = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop["tag"] == "BODY":
            return found
        found.append(stop)
    raise AssertionError("the keyboard never came to the end of the page")


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
        page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        page.wait_for_function(
            "[...document.querySelectorAll('.numbers tbody')].every((body) => body.children.length)"
        )
        seen, faint = page.evaluate(FAINT)
        assert seen > 60
        assert faint == []


@pytest.mark.parametrize("name", ["index.html", "work.Dips.html"])
def test_keyboard_reaches_everything_and_shows_where_it_is(open_page, speedup_pages, name):
    folder, _ = speedup_pages
    page = open_page(folder / name)
    stops = walk(page)
    assert stops[0]["name"] == "Skip to the content"
    assert [s for s in stops if not s["ring"] or not s["name"].strip() or s["inside"]] == []
    reachable = page.evaluate(
        "[...document.querySelectorAll('a[href], button, select, input, summary, [role=application]')]"
        ".filter((e) => e.checkVisibility()).length"
    )
    assert len(stops) == reachable


def test_focus_stays_on_what_was_pressed_though_the_page_is_drawn_anew(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.locator("#quantities [data-value=efficiency]").focus()
    page.evaluate("delete document.documentElement.dataset.ready")
    page.keyboard.press("Enter")
    page.wait_for_function(READY)
    assert page.evaluate(FOCUSED)["value"] == "efficiency"
    page.locator("select[data-name=commit]").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash.includes('commit=')")
    page.wait_for_function("document.activeElement.dataset.name === 'commit'")


def test_table_is_read_and_scrolled_by_keyboard_alone(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.locator("details.numbers summary").first.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Speedup as a table: the commits in sight")
    table.locator("tbody tr").first.wait_for()
    assert table.get_by_role("rowheader").count() == len(hashes)
    assert table.get_by_role("columnheader").first.inner_text() == "commit"
    for _ in range(3):  # two buttons, then the table itself
        page.keyboard.press("Tab")
    scrolled = "document.querySelector('.numbers .scroll').scrollTop"
    assert page.evaluate(scrolled) == 0
    page.keyboard.press("PageDown")
    page.wait_for_function(f"{scrolled} > 100")


def test_nothing_moves_by_itself(open_page, speedup_pages):
    """No animation and no transition, whether or not the reader asked for less motion."""
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", reduced_motion="reduce")
    page.locator("#ranges [data-value=in]").click()
    moving = """[...document.querySelectorAll('*')].map((e) => getComputedStyle(e))
        .filter((s) => s.animationName !== 'none' || s.transitionDuration !== '0s').length"""
    assert page.evaluate(moving) == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_range_can_be_moved_and_zoomed_by_buttons(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    chart = "antigil.page.history.charts[0]"
    width = f"{chart}.range.end - {chart}.range.start"
    whole = page.evaluate(width)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(width) == pytest.approx(whole / 2)
    start = page.evaluate(f"{chart}.range.start")
    page.get_by_role("button", name="Earlier commits").click()
    assert page.evaluate(f"{chart}.range.start") == pytest.approx(start - whole / 4)
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


def test_numbers_are_copied_as_csv(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html", permissions=["clipboard-read", "clipboard-write"])
    table = page.locator("#history details.numbers")
    table.locator("summary").click()
    table.get_by_role("button", name="Copy CSV").click()
    assert page.locator("#live").inner_text() == "Copied"
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("body > textarea").focus()
    page.keyboard.press("Control+V")
    copied = page.locator("body > textarea").input_value()
    with page.expect_download() as info:
        table.get_by_role("button", name="Download CSV").click()
    assert copied.splitlines() == info.value.path().read_text().splitlines()
    assert len(copied.splitlines()) == 41


def test_tap_chooses_a_commit(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html", has_touch=True, viewport={"width": 390, "height": 800})
    plot = page.locator("#history .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    chart = "antigil.page.history.charts[0]"
    page.touchscreen.tap(box["x"] + page.evaluate(f"{chart}.frame().x_scale.compute(20)"), box["y"] + 100)
    page.wait_for_function(f"location.hash.includes('commit={hashes[20][:12]}')")


def test_way_from_asvs_own_page_to_a_workload_and_back(browser_instance, speedup_pages):
    """What asv's page loads from elsewhere does not arrive here, as on a machine without a network."""
    folder, _ = speedup_pages
    context = browser_instance.new_context()
    context.route("http*://**", lambda route: route.abort())
    page = context.new_page()
    page.goto((folder.parent / "index.html").as_uri())
    page.locator("a[href='speedup/index.html']").click()
    page.get_by_role("link", name="Loses its release").first.click()
    page.wait_for_function(READY)
    page.get_by_role("navigation").get_by_role("link").click()
    page.get_by_role("link", name="asv’s pages").click()
    page.wait_for_url(lambda url: "/speedup/" not in url)
    context.close()
