"""The laws that a page fits are those of `antigil.laws`, for any commit that is chosen."""

import math
import random
import re

import pytest

from antigil import laws

COUNTS = ([2], [2, 4], [2, 4, 8], [2, 3, 4, 6, 8], [4, 8, 16, 32])


def curves():
    """Return speedups with and without noise, of laws inside the bounds and on them."""
    draw = random.Random(3)
    for _ in range(120):
        alpha = draw.choice([0, 1, draw.random(), draw.random() ** 3])
        beta = draw.choice([0, 0, draw.random() / 10, draw.random() / 100, 1])
        noise = draw.choice([0, 0.01, 0.1])
        yield [(n, max(0.05, laws.usl(n, alpha, beta) * draw.gauss(1, noise))) for n in draw.choice(COUNTS)]


def expected(points):
    n, speedups = zip(*points, strict=True)
    fits = [laws.fit_amdahl(n, speedups)]
    return fits + ([laws.fit_usl(n, speedups, relative=True)] if len(n) > 1 else [])


def test_fit_in_the_browser_is_the_packages_own(open_page, speedup_pages):
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")
    given = list(curves())
    found = page.evaluate(
        "(all) => all.map((points) => antigil.fitLaws(points.map(([n, s]) => ({ n, s }))))",
        [[[n, s] for n, s in points] for points in given],
    )
    for points, fits in zip(given, found, strict=True):
        for mine, told in zip(expected(points), fits, strict=True):
            assert told["law"] == mine.law
            for parameter in mine.parameters:
                shown = told["parameters"][parameter.name]
                assert shown["atBound"] == parameter.at_bound
                assert shown["value"] == pytest.approx(parameter.value, rel=1e-5, abs=1e-8)
                if math.isfinite(parameter.standard_error):
                    assert shown["error"] == pytest.approx(parameter.standard_error, rel=1e-3, abs=1e-9)
                else:
                    assert shown["error"] is None
            assert (told["peak"] is None) == (mine.peak is None)
            if mine.peak:
                assert told["peak"]["n"] == pytest.approx(mine.peak.n, rel=1e-4)


def test_any_commit_that_is_chosen_has_its_laws(open_page, speedup_pages):
    folder, hashes = speedup_pages
    chosen = hashes[22]  # neither a release, nor the newest, nor beside a change
    page = open_page(folder / "work.Dips.html", f"#commit={chosen[:12]}&base={hashes[30][:12]}")
    table = page.locator("#commit .laws")
    assert [hashes[22][:8], hashes[30][:8]] == table.locator("thead code").all_inner_texts()
    f = re.search(r"Amdahl: f\s+([\d.]+) ± ([\d.]+)", table.inner_text())
    line = page.evaluate("antigil.page.history.charts[0].numbers.lines('speedup').map((l) => l.value[22])")
    own = laws.fit_amdahl([2, 4], line[1:3])["f"]  # four CPUs are allowed: eight threads are beyond them
    assert float(f[1]) == pytest.approx(own.value, rel=1e-2)
    assert float(f[2]) == pytest.approx(own.standard_error, rel=0.05)
    drawn = page.evaluate("Bokeh.documents.flatMap((d) => d.roots()).map((f) => f.renderers.length)")
    assert max(drawn[-1:]) >= 7  # ideal, two laws, and intervals, line and points of two commits
