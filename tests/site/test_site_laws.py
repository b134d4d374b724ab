"""The laws that a page shows are those of `antigil.laws`, for any commit that is chosen."""

import math
import re

import pytest

from antigil import laws

#: The fits of every commit, as the page hands them to its charts and its table.
FITS = """() => {
  const { numbers } = antigil.page.history.charts[0];
  const lines = numbers.lines("speedup").filter(({ threads }) => threads > 1);
  return numbers.revisions.map((revision, i) => ({
    cpus: numbers.cpusAt(revision),
    points: lines.map(({ threads, value }) => [threads, value[i]]),
    laws: Object.entries(numbers.laws).flatMap(([law, parameters]) =>
      Object.entries(parameters).map(([name, [values, errors]]) => [law, name, values[i], errors[i]])),
  }));
}"""


@pytest.mark.parametrize("name", ["work.Dips", "legacy.TimeSort.time_sort"])
def test_fits_of_the_page_are_the_packages_own_at_every_commit(open_page, speedup_pages, name):
    folder, hashes = speedup_pages
    told = open_page(folder / f"{name}.html").evaluate(FITS)
    assert len(told) == len(hashes)
    for commit in told:
        points = [(n, s) for n, s in commit["points"] if n <= commit["cpus"]]
        n, speedups = zip(*points, strict=True)
        assert n == (2, 4)
        fits = {
            "amdahl": laws.fit_amdahl(n, speedups),
            "usl": laws.fit_usl(n, speedups, relative=True),
        }
        assert [(law, name) for law, name, _, _ in commit["laws"]] == [
            ("amdahl", "f"),
            ("usl", "alpha"),
            ("usl", "beta"),
        ]
        for law, parameter, value, error in commit["laws"]:
            own = fits[law][parameter]
            assert value == pytest.approx(own.value, rel=1e-5, abs=1e-8)
            assert math.isnan(error) == own.at_bound
            assert error == pytest.approx(own.standard_error, rel=1e-3, abs=1e-9, nan_ok=True)


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
