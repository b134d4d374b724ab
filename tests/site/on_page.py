"""What the browser tests do on a page, and what they read from it."""

import functools
import re
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

CHART = "antigil.page.history.charts[0]"
READY = "document.documentElement.dataset.ready === 'yes'"

#: Milliseconds that a page may take: Playwright's 30 s are few on a machine that is busy.
PATIENCE = 120_000


def redrawn(page, act):
    """Do something that draws the page anew, and wait until it is."""
    page.evaluate("delete document.documentElement.dataset.ready")
    act()
    page.wait_for_function(READY)


def chip(page, group, text):
    return page.locator(f"#{group} .chip", has_text=re.compile(f"^{re.escape(text)}$"))


def focus_chart(page):
    """Focus the first history chart, as a reader does with Tab."""
    page.locator("#history [tabindex='0']").first.focus()


def labels(page):
    """Return the texts that stand in the first history chart."""
    made = f"{CHART}.figure.center.filter((m) => m.type === 'Label')"
    return page.evaluate(f"{made}.map((m) => m.text.text ?? m.text)")


def hashes_of(page):
    return dict(
        item.split("=") for item in page.evaluate("decodeURIComponent(location.hash.slice(1))").split("&")
    )


def go(page, fragment):
    """Follow a link to another view of the same page, which draws its history anew."""
    redrawn(page, lambda: page.evaluate("(to) => { location.hash = to; }", fragment))


def environments(page):
    """Return the ids of a workload's environments, by Python."""
    told = page.evaluate("antigil.page.model.environments")
    return {re.search(r"Python (\S+)", one["label"])[1]: one["id"] for one in told}


def open_table(page, title):
    box = page.locator("details.numbers", has=page.locator("summary", has_text=re.compile(title)))
    box.locator("summary").click()
    box.locator("tbody tr").first.wait_for()
    return box.locator("tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText))"
    )


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


def faint_texts(page):
    """Open every table; return how many texts are seen, and those that hardly stand out from their ground."""
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    page.wait_for_function(
        "[...document.querySelectorAll('.numbers tbody')].every((body) => body.children.length)"
    )
    return page.evaluate(FAINT)


#: What has the focus: its name for a screen reader, and whether a ring shows where it is.
#: Milliseconds that a page may take: Playwright's 30 s are few on a machine that is busy.
PATIENCE = 120_000
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


def unreached_by_keyboard(page):
    """Walk the whole page; return the stops that do not show or tell what they are, and how many lack."""
    stops = walk(page)
    reachable = page.evaluate(
        "[...document.querySelectorAll('a[href], button, select, input, summary, main [tabindex]')]"
        ".filter((e) => e.checkVisibility() && e.tabIndex >= 0).length"
    )
    unclear = [s for s in stops if not s["ring"] or not s["name"].strip() or s["inside"]]
    return unclear, reachable - len(stops)


def drag(page, x, y, by, steps):
    """Drag in the first chart. Bokeh takes a button held for 300 ms for a press, which no move ends."""
    gestures = f"{CHART}.view.canvas_view.ui_event_bus.ui_gestures"
    page.evaluate(f"{gestures}.constructor.press_threshold = 1e8")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=steps)
    page.mouse.up()


def from_asv_and_back(browser, folder, link):
    """Go from asv's page by the overview to a workload, named by a link, and all the way back.

    What asv's page loads from elsewhere does not arrive here, as on a machine without a network.
    """
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.set_default_timeout(PATIENCE)
    context.route("http*://**", lambda route: route.abort())
    page = context.new_page()
    page.goto((folder.parent / "index.html").as_uri())
    page.locator("a[href='speedup/index.html']").click()
    page.wait_for_url("**/speedup/index.html*")
    page.get_by_role("link", name=link).first.click()
    page.wait_for_function(READY)
    page.get_by_role("navigation").get_by_role("link").click()
    page.wait_for_url("**/speedup/index.html*")
    page.get_by_role("link", name="asv’s pages").click()
    page.wait_for_url(lambda url: "/speedup/" not in url)
    context.close()


class Quiet(SimpleHTTPRequestHandler):
    """A host that writes no line for each request."""

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served(folder):
    """Serve a folder; yield the address of the host."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def visit_below_a_path(watched_page, folder, link):
    """Serve asv's pages below a path of a host, and follow a link of the overview.

    The watch sees what is asked for elsewhere, and what fails. Return the addresses of path and page.
    """
    with served(folder.parents[1]) as host:
        base = f"{host}/{folder.parent.name}/speedup/"
        page = watched_page(allowed=base)
        page.goto(f"{base}index.html")
        page.get_by_role("link", name=link).first.click()
        page.wait_for_function(READY)
        reached = page.url
        page.close()
    return base, reached
