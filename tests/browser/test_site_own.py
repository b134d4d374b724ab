"""The pages of this repository's own history, from results that were really measured on its commits.

``own/`` holds what ``asv run`` stored for the article's pair and the controls on a virtual machine with two
CPUs. The commits, their subjects and dates come from the repository itself.
"""

import csv
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from generated import publish

OWN = Path(__file__).parent / "own"
CHECKOUT = Path(__file__).resolve().parents[2]
MEASURED = [json.loads(p.read_text())["commit_hash"] for p in OWN.glob("*/*-virtualenv-*.json")]


@pytest.fixture(scope="module")
def own_pages(tmp_path_factory):
    """Publish a clone of this checkout with its own configuration; return the folder of the pages."""
    root = tmp_path_factory.mktemp("own") / "antigil"
    subprocess.run(["git", "clone", "--quiet", str(CHECKOUT), str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "checkout", "--quiet", "-B", "main"], check=True)
    shutil.copytree(OWN, root / ".asv" / "results")
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / ".asv" / "html" / "speedup"


def subject_of(commit):
    told = subprocess.run(
        ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%s", commit],
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip()


def row(page, title):
    return page.locator("table.workloads tr", has_text=title).inner_text()


def test_overview_tells_which_of_the_articles_functions_scales(open_page, own_pages):
    page = open_page(own_pages / "index.html")
    assert f"Newest of {len(MEASURED)} measured commits" in page.locator(".measured").inner_text()
    assert page.locator(".problems").count() == 0
    assert "threads do not help" in row(page, "calcular_com_gil: holds the GIL")
    assert "scales" in row(page, "calcular_sem_gil: releases the GIL")
    assert "control" in row(page, "hashlib.sha256")


def test_history_shows_every_measured_commit_with_its_subject(open_page, own_pages):
    page = open_page(own_pages / "article.SemGil.html")
    assert "Python 3.11 · GIL enabled · 2 CPUs allowed" in page.locator(".standing").inner_text()
    page.locator("details.numbers summary").first.click()
    page.locator("table.data tbody tr").first.wait_for()
    table = page.locator("table.data").first.inner_text()
    for commit in MEASURED:
        assert commit[:12] in table
        assert subject_of(commit) in table


def test_ceiling_of_the_function_that_holds_the_gil_is_one(open_page, own_pages):
    page = open_page(own_pages / "article.ComGil.html", "#q=gil_held")
    assert "never beyond 1.0" in page.locator(".standing").inner_text()
    held = page.evaluate("antigil.page.history.charts[0].numbers.lines('gil_held')[0].value")
    assert min(held) >= 0.99


def test_where_the_speedup_went_adds_up_on_real_numbers(open_page, own_pages):
    page = open_page(own_pages / "article.ComGil.html")
    box = page.locator("#commit details.numbers").first
    box.locator("summary").click()
    box.locator("tbody tr").first.wait_for()
    for text in box.locator("tbody tr").all_inner_texts():
        threads, *parts = map(float, text.split("\t"))
        assert sum(parts) == pytest.approx(threads, rel=1e-3)


def test_scaling_curve_has_its_laws_within_the_two_cpus(open_page, own_pages):
    page = open_page(own_pages / "article.SemGil.html")
    laws = page.locator("#commit .laws").inner_text()
    assert re.search(r"Amdahl: f\s+0", laws)
    assert "USL" not in laws
    assert "The USL needs two of them" in page.locator("#commit").inner_text()
    page.locator("#commit details.numbers summary").nth(1).click()
    ideal = page.locator("#commit details.numbers").nth(1).locator("tbody td:nth-child(2)")
    ideal.first.wait_for()
    assert ideal.all_inner_texts() == ["1", "2", "2", "2"]


def test_permalink_and_numbers_of_a_measured_commit(open_page, own_pages):
    link = f"#q=efficiency&x=date&commit={MEASURED[0][:12]}&base={MEASURED[1][:12]}"
    page = open_page(own_pages / "article.SemGil.html", link)
    assert page.locator("select[data-name=commit]").input_value() == MEASURED[0][:12]
    assert page.locator("#quantities [aria-pressed=true]").inner_text() == "Efficiency"
    with open(own_pages / "data" / "article.SemGil.csv", newline="", encoding="utf-8") as file:
        told = {row["commit"]: row for row in csv.DictReader(file)}
    assert set(told) == set(MEASURED)
    line = page.evaluate("antigil.page.history.charts[0].numbers.line('speedup', 2).value")
    assert sorted(float(row["speedup_2"]) for row in told.values()) == pytest.approx(sorted(line))
    assert {row["cpus_allowed"] for row in told.values()} == {"2"}


def test_feed_badge_and_picture_lie_beside_the_pages(own_pages):
    assert ET.parse(own_pages / "feed.xml").getroot().tag.endswith("feed")
    assert json.loads((own_pages / "badge.json").read_text())["label"].startswith("speedup, ")
    assert ET.parse(own_pages / "history.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(("name", "scheme"), [("index.html", "light"), ("article.ComGil.html", "dark")])
def test_own_pages_fit_a_narrow_screen(open_page, own_pages, name, scheme):
    page = open_page(own_pages / name, viewport={"width": 390, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
