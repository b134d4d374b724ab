"""Bad results and hostile names: the page says what is missing, shows the rest, and runs nothing."""

import json

import pytest
from generated import Behaviour, Planned, generate, publish, standard_plan
from on_page import CHART

BANDS = f"""{CHART}.figure.renderers.filter((r) => r.glyph.type === "Patches").map((r) =>
    r.data_source.get_column("xs").map((run) => [Math.min(...run), Math.max(...run)]))"""
SUBJECT = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
TITLE = "<b onclick='window.hacked=1'>Loses</b> {{ 7 * 7 }} ${7 * 7}"
NAME = "work.Lo<svg onload=window.hacked=1>ses"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile") / "project"
    workload = Planned(NAME, TITLE, {0: Behaviour(), 12: Behaviour(serial=1.0)})
    generate(standard_plan(20, workloads=(workload,), subjects={12: SUBJECT}, tags={"v<b>1": 5}), root)
    assert publish(root).returncode == 0
    return root / "html" / "speedup"


def test_hostile_names_are_shown_and_not_executed(open_page, hostile):
    page = open_page(hostile / "index.html")
    assert TITLE in page.locator("tr[data-mark] th").inner_text()
    assert SUBJECT in page.locator(".change").inner_text()
    page.locator("tr[data-mark] th a").click()
    page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
    assert TITLE in page.locator("h1").inner_text()
    assert NAME in page.locator("h1").inner_text()
    page.locator("#history .plot").focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    assert SUBJECT in page.locator(".tip").inner_text()
    page.keyboard.press("Enter")
    page.locator("details.numbers summary").first.click()
    page.locator("table.data tbody tr").first.wait_for()
    assert SUBJECT in page.locator("table.data").first.inner_text()
    assert SUBJECT in page.locator("#changes").inner_text()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """Return pages of a history with a truncated file, a failed, a skipped and a removed benchmark."""
    root = tmp_path_factory.mktemp("damaged") / "project"
    workload = Planned("work.One", "One", {0: Behaviour()})
    hashes = generate(standard_plan(12, workloads=(workload,), tags={}, unmeasured=frozenset({5})), root)
    files = [root / "results" / "alpha" / f"{h[:8]}-virtualenv-py3.13.json" for h in hashes]
    files[3].write_text(files[3].read_text()[:900])
    for index, row in {7: [1.0, None, None, None], 8: [1.0, float("nan"), 1.0, 1.0], 11: None}.items():
        data = json.loads(files[index].read_text())
        data["results"]["work.One.track_slowdown"][0] = row
        files[index].write_text(json.dumps(data))
    files[9].write_text(files[9].read_text().replace("work.One.track_stall", "work.Gone.track_stall"))
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup", hashes


def test_overview_names_what_is_missing(open_page, damaged):
    folder, hashes = damaged
    page = open_page(folder / "index.html")
    page.locator(".problems summary").click()
    text = page.locator(".problems").inner_text()
    assert f"alpha/{hashes[3][:8]}-virtualenv-py3.13.json could not be read" in text
    assert "work.Gone.track_stall" in text
    assert "1 newer commit failed" in page.locator("tr[data-mark]").inner_text()


def test_chart_tells_failed_skipped_and_missing_apart(open_page, damaged):
    folder, hashes = damaged
    page = open_page(folder / "work.One.html")
    page.locator("details.numbers summary").first.click()
    page.locator("table.data tbody tr").first.wait_for()
    rows = page.locator("table.data").first.locator("tbody tr")
    told = {row.locator("th").inner_text(): row.inner_text() for row in rows.all()}
    assert hashes[3][:12] not in told
    assert hashes[5][:12] not in told
    assert told[hashes[7][:12]].count("failed") == 3
    assert told[hashes[8][:12]].count("skipped") == 1
    assert told[hashes[11][:12]].count("failed") == 4


def test_band_ends_where_a_commit_has_no_value(open_page, damaged):
    page = open_page(damaged[0] / "work.One.html")
    assert page.evaluate(BANDS) == [[[0, 6], [9, 10]], [[0, 6], [8, 10]], [[0, 6], [8, 10]]]
