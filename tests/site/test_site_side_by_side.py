"""Two environments with other commits, side by side: one range for both."""

import pytest
from asv.config import Config
from generated import Behaviour, Place, Plan, Planned, generate, load
from on_page import READY, chip

from antigil.history.change_detection import find_changes
from antigil.site.pages import write_site
from antigil.site.workload_status import workload_statuses

COMMITS = 30
RANGES = "antigil.page.history.charts.map((c) => [c.range.start, c.range.end])"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return a page of two environments: the first commits belong to one, the last to the other."""
    root = tmp_path_factory.mktemp("beside")
    places = (Place("early", cpus=1), Place("late"))
    plan = Plan(COMMITS, (Planned("work.W", "w", {0: Behaviour(serial=0.3)}),), places)
    hashes = generate(plan, root)
    for machine, unmeasured in (("early", hashes[20:]), ("late", hashes[:12])):
        for hash_ in unmeasured:
            (file,) = (root / "results" / machine).glob(f"{hash_[:8]}-*")
            file.unlink()
    archive, options = load(root)
    statuses = workload_statuses(archive, find_changes(archive, options), options)
    write_site(Config.load(str(root / "asv.conf.json")), archive, statuses, options, root / "pages")
    return root / "pages/work.W.html", hashes


@pytest.fixture
def beside(open_page, both):
    page = open_page(both[0])
    ids = page.evaluate("antigil.page.model.environments.map((e) => e.id)")
    return open_page(both[0], f"#env={','.join(ids)}")


@pytest.mark.parametrize("axis", ["", "&x=date"])
def test_all_charts_show_all_commits_of_all_of_them_at_first(open_page, both, beside, axis):
    page = open_page(both[0], beside.evaluate("location.hash") + axis)

    (start, end), other = page.evaluate(RANGES)

    assert other == [start, end]
    places = page.evaluate("antigil.page.history.charts.map((c) => [Math.min(...c.x), Math.max(...c.x)])")
    assert start < min(first for first, _ in places)
    assert end > max(last for _, last in places)


def test_all_shows_all_of_them_again(beside):
    whole = beside.evaluate(RANGES)
    chip(beside, "ranges", "+").click()
    assert beside.evaluate(RANGES) != whole

    chip(beside, "ranges", "All").click()

    assert beside.evaluate(RANGES) == whole


def test_a_range_that_begins_before_the_first_chart_does_is_kept(beside, both):
    beside.evaluate("antigil.page.history.charts[0].show(5, 25)")

    beside.wait_for_function("location.hash.includes('to=')")

    _, hashes = both
    assert f"from={hashes[5][:12]}&to={hashes[25][:12]}" in beside.evaluate("location.hash")
    beside.reload()
    beside.wait_for_function(READY)
    assert beside.evaluate(RANGES) == [[5, 25], [5, 25]]


@pytest.mark.parametrize(("axis", "place"), [("", "revision"), ("&x=date", "page.commits.dateOf(revision)")])
@pytest.mark.parametrize("chart", [0, 1])
@pytest.mark.parametrize("commits", [7, 24])
def test_the_last_commits_are_those_of_all_charts(open_page, both, beside, axis, place, chart, commits):
    page = open_page(both[0], beside.evaluate("location.hash") + axis)

    page.evaluate(f"antigil.page.history.charts[{chart}].newest({commits})")

    start = page.evaluate(f"(({{ page }}, revision) => {place})(antigil, {COMMITS - commits})")
    assert [one for one, _ in page.evaluate(RANGES)] == [start, start]


def test_no_label_of_a_change_reaches_beyond_the_end_of_its_own_chart(beside):
    """There the names of the lines stand, though the range goes on to the end of the other chart."""
    texts = ["▼ −50 %", "▲ +100 %"]

    offsets = beside.evaluate(
        """(texts) => antigil.page.history.charts.map(({ marks, sorted }, i) => {
          const label = marks.badge(texts[i], sorted.at(-1), 1, "#000", {});
          marks.arrange([{ label, weight: 1 }], 3, 0.5);
          return label.x_offset;
        })""",
        texts,
    )

    assert offsets == pytest.approx([-(7.5 * len(text) + 12) / 2 for text in texts])


def test_a_single_cpu_is_one_cpu(beside):
    told = beside.locator("#history figcaption").all_inner_texts()
    assert [text.rsplit(" · ", 1)[1] for text in told] == ["4 CPUs allowed", "1 CPU allowed"]
    assert "· 1 CPU allowed" in beside.locator(".standing").inner_text()
