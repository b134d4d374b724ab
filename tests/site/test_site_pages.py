"""What a visitor gets, in a real browser, from the file system."""

import hashlib
import re
import shutil

import numpy as np
import pytest
from on_page import labels, redrawn

from antigil.history.change_detection import Change, Effect
from antigil.history.series import Archive, Commit, Environment
from antigil.report.quantities import percent
from antigil.site import pages
from antigil.site.pictures import COLUMNS, HEAD, _fitting, _path
from antigil.site.workload_page import change_model, effect_model


def test_overview_tells_first_what_was_lost_and_by_which_commit(open_page, speedup_pages):
    folder, hashes = speedup_pages
    page = open_page(folder / "index.html")
    assert "2 of 4 workloads got worse" in page.locator("h1").inner_text()
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


def test_pages_ask_for_the_data_that_was_written_with_them(speedup_pages):
    """A browser may have an older file of that name in its cache."""
    folder, _ = speedup_pages
    html = (folder / "work.Dips.html").read_text(encoding="utf-8")
    asked = dict(re.findall(r'src="data/([^"?]+)\?([0-9a-f]{12})"', html))
    assert asked.keys() == {"commits.js", "work.Dips.js"}
    for name, version in asked.items():
        _, told, text = (folder / "data" / name).read_text(encoding="utf-8").split(",", 2)
        assert told.strip() == f'"{version}"'
        assert hashlib.sha256(text.removesuffix(");\n").encode()).hexdigest().startswith(version)


def test_pages_ask_for_the_scripts_and_styles_that_were_written_with_them(speedup_pages):
    folder, _ = speedup_pages
    asked = set()
    for page in folder.glob("*.html"):
        asked |= set(re.findall(r'"(static/[^"]+)"', page.read_text(encoding="utf-8")))
    names = {address.partition("?")[0] for address in asked}
    (version,) = {address.partition("?")[2] for address in asked}
    written = sorted((folder / "static").iterdir())
    assert names == {f"static/{path.name}" for path in written}
    content = b"".join(path.read_bytes() for path in written)
    assert hashlib.sha256(content).hexdigest().startswith(version)


def test_what_is_read_only_where_it_is_installed_can_be_replaced_in_the_pages(tmp_path, monkeypatch):
    installed, folder = tmp_path / "installed", tmp_path / "pages/static"
    shutil.copytree(pages.HERE / "static", installed / "static")
    (installed / "js").mkdir()
    for name in pages.BOKEH_FILES:
        (installed / "js" / name).touch()
    monkeypatch.setattr(pages, "HERE", installed)
    monkeypatch.setattr(pages, "bokehjs_path", lambda: installed)
    for path in installed.rglob("*"):
        path.chmod(0o555)

    pages._copy_shared(folder)

    written = {path.name: path.stat().st_mode & 0o200 for path in (folder, *folder.iterdir())}
    assert {"static", "site.css", "overview.js", *pages.BOKEH_FILES} <= written.keys()
    assert all(written.values()), written


def test_a_value_alone_is_a_dot_in_a_sparkline():
    nan = float("nan")
    assert _path([(0.0, 1.0), (1.0, nan), (2.0, 3.0), (3.0, 4.0)], 100) == "M0.0 1.0h0M2.0 3.0L3.0 4.0"


def test_a_sparkline_is_small_however_long_and_broken_the_history_is():
    """Each of ten thousand commits swings from one edge to the other, and every seventh has no value."""
    points = [(4 + 212 * i / 9_999, float("nan") if i % 7 == 0 else 4 + 36 * (i % 2)) for i in range(10_000)]
    path = _path(points, COLUMNS)
    assert 1_000 < len(path) < 5_000
    assert {float(y) for y in re.findall(r" ([\d.]+)", path)} == {4.0, 40.0}


@pytest.mark.parametrize(("text", "told"), [("名" * 30, "名" * 30), ("名" * 31, "名" * 29 + "…")])
def test_a_title_that_does_not_fit_the_picture_is_cut(text, told):
    assert _fitting(text, HEAD) == told


@pytest.mark.parametrize(("before", "after"), [(2.0, 1.75), (1.6, 2.2)])
def test_the_size_of_a_change_is_rounded_in_one_place(open_page, speedup_pages, before, after):
    """JavaScript would round an exact half of a per cent up, Python to the even number."""
    effect = Effect("slowdown", 4, before, after, 10, 11, 3, 3, 9.0)
    told = effect_model(effect, gil=True)
    assert told["text"] == percent(effect.size)
    page = open_page(speedup_pages[0] / "work.Loses.html")
    page.evaluate("(told) => { antigil.page.model.environments[0].changes[0].headline = told; }", told)
    redrawn(page, page.locator("#axes [data-value=date]").click)
    assert f"▼ {told['text']}" in labels(page)
    assert page.locator("#changes .change-size").inner_text() == f"▼ {told['text']}"


@pytest.mark.parametrize(("tagged", "between"), [(11, 0), (13, 1), (12, 0)])
def test_a_tag_aside_of_the_branch_hides_no_commit_that_may_have_done_it(tagged, between):
    """Asv counts a release's tagged commit among those of all branches; the branch itself lacks it."""
    here = Environment((("python", "3.13"),))
    commits = {n: Commit(f"{n:040x}", n, n) for n in range(8, 15)}
    archive = Archive({}, (here,), (), commits, branches={None: np.array([8, 9, 10, 12])})
    effect = Effect("slowdown", 2, 2.0, 1.0, 10, tagged, 3, 3, 9.0)
    change = Change("work.W", here, 10, tagged, (effect,))
    assert change_model(archive, change, 2)["between"] == between
