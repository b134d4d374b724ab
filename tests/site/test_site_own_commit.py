"""The repository's own commits one by one, their data in every form, and everybody's way to them."""

import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest
from on_page import (
    CHART,
    environments,
    faint_texts,
    focus_chart,
    go,
    open_table,
    unreached_by_keyboard,
    visit_below_a_path,
)
from own_history import RELEASE, SEM_GIL, SITE_URL, speedup

ATOM = {"atom": "http://www.w3.org/2005/Atom"}
COLUMN = "speedup_2"


def at_commit(open_page, own, commit):
    return open_page(own.pages / "article.SemGil.html", f"#commit={commit[:12]}")


# Where the speedup went


def test_where_the_speedup_went_adds_up_to_the_threads_at_the_loss(open_page, own):
    _, *rows = open_table(at_commit(open_page, own, own.lost), "^Where")
    assert [cells[0] for cells in rows] == ["2", "4", "8"]
    for threads, *parts in rows:
        assert sum(map(float, parts)) == pytest.approx(int(threads), rel=1e-3)


def test_where_the_speedup_went_was_to_waiting_at_the_loss_and_nowhere_after_its_repair(open_page, own):
    for commit, waited in ((own.lost, 1.0), (own.repaired, 0.0)):
        head, two, *_ = open_table(at_commit(open_page, own, commit), "^Where")
        told = dict(zip(head, two, strict=True))
        assert float(told["speedup"]) == pytest.approx(speedup(commit, "article.SemGil", 2), rel=1e-3)
        assert float(told.get("waiting", 0)) == pytest.approx(waited, abs=0.1)


# Scaling curve


def test_scaling_curve_stands_beside_the_last_release(sem_gil, own):
    card = sem_gil.get_by_role("figure").filter(has_text="Scaling curve")
    assert f"{own.newest[:8]} beside {own.release[:8]}" in card.inner_text()
    assert RELEASE[0] in sem_gil.locator("select[data-name^=base] option[selected]").inner_text()


def test_scaling_curve_has_the_points_of_both_commits_with_ideal_and_intervals(sem_gil, own):
    _, *rows = open_table(sem_gil, "^Scaling")
    assert [cells[1] for cells in rows] == ["1", "2", "2", "2"]
    for threads, _, now, low, high, before, low_before, high_before in rows[1:]:
        wanted = [speedup(commit, "article.SemGil", int(threads)) for commit in (own.newest, own.release)]
        assert [float(now), float(before)] == pytest.approx(wanted, rel=1e-3)
        assert float(low) <= float(now) <= float(high)
        assert float(low_before) <= float(before) <= float(high_before)


def test_laws_of_the_loss_and_of_the_release_stand_beside_each_other(open_page, own):
    page = at_commit(open_page, own, own.lost)
    table = page.get_by_role("table", name="Fitted laws")
    assert [own.lost[:8], own.release[:8]] == table.locator("thead code").all_inner_texts()
    lost, release = re.search(r"Amdahl: f\s+([\d.]+)[^\t]*\t([\d.]+)", table.inner_text()).groups()
    assert float(lost) > 0.9
    assert float(release) < 0.1
    assert "The USL needs two of them" in page.locator("#commit").inner_text()  # two CPUs: one thread count


# Data


def test_table_holds_every_measured_commit_with_subject(sem_gil, own):
    head, *rows = open_table(sem_gil, "^Speedup as a table")
    newest_first = list(reversed(own.commits.items()))
    assert [(r[0], r[2]) for r in rows] == [(hash_[:12], subject) for hash_, (subject, _) in newest_first]
    assert head[:4] == ["commit", "date", "subject", "author"]


def test_csv_file_beside_the_page_holds_the_stored_numbers(own):
    with open(own.pages / "data" / "article.SemGil.csv", newline="", encoding="utf-8") as file:
        told = {(r["commit"], r["build"]): r for r in csv.DictReader(file)}
    values = {commit: float(r[COLUMN]) for (commit, build), r in told.items() if build == "GIL enabled"}
    assert values == pytest.approx({c: speedup(c, "article.SemGil", 2) for c in own.commits}, abs=1e-4)
    assert {r["cpus_allowed"] for r in told.values()} == {"2"}


def test_permalink_restores_workload_python_range_and_commits(open_page, own):
    first = open_page(own.pages / "article.SemGil.html")
    python = environments(first)["3.14t"]
    chosen = f"env={python}&q=efficiency&x=date&commit={own.lost[:12]}&base={own.repaired[:12]}"
    go(first, chosen)
    focus_chart(first)
    first.keyboard.press("+")
    first.wait_for_function("location.hash.includes('from=')")
    seen = f"""[{CHART}.quantity, {CHART}.byDate, {CHART}.environment.id, ...['start', 'end']
        .map((side) => {CHART}.nearest({CHART}.range[side]))]"""
    page = open_page(own.pages / "article.SemGil.html", first.evaluate("location.hash"))
    assert page.evaluate(seen) == first.evaluate(seen)
    assert page.evaluate(seen)[:3] == ["efficiency", True, python]
    for name, commit in (("commit", own.lost), ("base", own.repaired)):
        assert page.locator(f"select[data-name^={name}]").input_value() == commit[:12]


def test_feed_tells_the_loss_and_its_repair_in_speedup_terms(own):
    entries = ET.parse(own.pages / "feed.xml").getroot().findall("atom:entry", ATOM)
    links = [entry.find("atom:link", ATOM).get("href") for entry in entries]
    for commit, way in ((own.lost, "−"), (own.repaired, "+")):
        (place,) = (i for i, link in enumerate(links) if commit[:12] in link and "article.SemGil" in link)
        assert links[place].startswith(f"{SITE_URL}/article.SemGil.html#")
        title = entries[place].find("atom:title", ATOM).text
        assert title.startswith(f"{SEM_GIL}: speedup {way}")


def test_badge_and_picture_tell_the_newest_speedup_of_the_headline(own):
    newest = f"{speedup(own.newest, 'article.SemGil', 2):.2f}×"
    badge = json.loads((own.pages / "badge.json").read_text(encoding="utf-8"))
    assert badge | {"color": ""} == {
        "schemaVersion": 1,
        "label": "speedup, 2 threads",
        "message": f"{newest} of 2",
        "color": "",
    }
    picture = ET.parse(own.pages / "history.svg").getroot()
    assert f"{SEM_GIL}: {newest} with 2 threads" in "".join(picture.itertext())


# Everybody's way

PAGES = ["index.html", "article.SemGil.html"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_own_pages_are_legible_and_fit_a_narrow_screen(open_page, own, name, scheme):
    page = open_page(own.pages / name, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    seen, faint = faint_texts(page)
    assert seen > 60
    assert faint == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("name", PAGES)
def test_keyboard_reaches_everything_on_own_pages(open_page, own, name):
    assert unreached_by_keyboard(open_page(own.pages / name)) == ([], 0)


def test_keyboard_chooses_the_newest_commit_and_the_one_beside_it(sem_gil, own):
    focus_chart(sem_gil)
    sem_gil.keyboard.press("End")
    sem_gil.keyboard.press("ArrowLeft")
    sem_gil.keyboard.press("Enter")
    sem_gil.keyboard.press("Home")
    sem_gil.keyboard.press("Shift+Enter")
    first, *_, chosen, _ = own.commits
    for name, commit in (("commit", chosen), ("base", first)):
        assert f"{name}={commit[:12]}" in sem_gil.evaluate("location.hash")


def test_own_pages_ask_for_nothing_outside_a_path_of_a_host(watched_page, own):
    base, reached = visit_below_a_path(watched_page, own.pages, SEM_GIL)
    assert reached.startswith(base)
