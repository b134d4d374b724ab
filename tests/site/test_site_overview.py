"""The overview without a browser: what is said once, how rows are grouped, what deviates."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from asv.config import Config
from generated import FREELY, Behaviour, Place, Plan, Planned, generate, load

from antigil.history.change_detection import find_changes
from antigil.history.series import Environment, Series
from antigil.site.expectation import deviates, expected_range
from antigil.site.overview_page import HELP, _told_together
from antigil.site.pages import write_site
from antigil.site.workload_page import other_suspects
from antigil.site.workload_status import WorkloadStatus, _newest, workload_statuses

FREE, HELD = Behaviour(), Behaviour(serial=1.0)
WORKLOADS = (
    Planned("work.Steady", "steady one", {0: FREE}, expected=FREELY),
    Planned("work.Holds", "holding one", {0: HELD}, expected="1 with a GIL"),
    Planned("work.Lost", "lost one", {0: FREE, 4: HELD}, expected=FREELY),
    Planned("work.Gained", "gained one", {0: HELD, 4: FREE}, expected="1 with a GIL"),
    Planned("work.Unknown", "unknown one", {0: HELD}),
    Planned("control.Loop", "control", {0: FREE}, control=True),
)


@pytest.fixture
def overview(tmp_path):
    """Return what writes the pages of a plan, and returns the overview and its rows by title."""

    def written(*places, workloads=WORKLOADS, commits=8, unmeasured=()):
        plan = Plan(commits, workloads, places or (Place(),), samples=8, unmeasured=frozenset(unmeasured))
        generate(plan, tmp_path)
        archive, options = load(tmp_path)
        statuses = workload_statuses(archive, find_changes(archive, options), options)
        write_site(
            Config.load(str(tmp_path / "asv.conf.json")), archive, statuses, options, tmp_path / "pages"
        )
        html = (tmp_path / "pages/index.html").read_text(encoding="utf-8")
        rows = {
            re.search(r'class="row-link"[^>]*>([^<]+)<', row)[1]: re.sub(r"<[^>]+>|\s+", " ", row)
            for row in re.findall(r"<tr data-mark.*?</tr>", html, re.DOTALL)
        }
        return html, rows

    return written


def test_an_environment_is_said_once_where_there_is_only_one(overview):
    html, _ = overview()

    assert (html.count("Python 3.13"), html.count("GIL enabled")) == (1, 1)  # in the summary at the top


def test_of_several_environments_each_row_names_its_own(overview):
    html, _ = overview(Place(), Place(python="3.14t", gil=False))
    named = re.findall(r'<span class="muted">alpha · Python (3\.\d+t?) · [^<]+</span></th>', html)

    assert sorted(named) == ["3.13"] * len(WORKLOADS) + ["3.14t"] * len(WORKLOADS)


def test_rows_stand_in_groups_lost_before_gained_before_steady_and_controls_last(overview):
    html, _ = overview()
    told = re.findall(r'class="group".*?</tr>|class="row-link"[^>]*>([^<]+)<', html, re.DOTALL)
    heads = re.findall(r'<tr class="group">.*?</tr>', html, re.DOTALL)

    assert [re.sub(r"<[^>]+>|[^A-Za-z]", "", head) for head in heads] == [
        "Lost",
        "Gained",
        "Steady",
        "Controls",
    ]
    assert told == ["", "lost one", "", "gained one", "", *told[5:8], "", "control"]


def test_a_loss_and_its_repair_in_a_young_history_leave_a_workload_recovered(overview):
    dips = Planned("work.Dips", "dips", {0: FREE, 7: HELD, 14: FREE})

    _, rows = overview(workloads=(dips,), commits=21)

    assert "recovered" in rows["dips"]


def test_only_what_is_not_as_expected_is_marked(overview):
    html, rows = overview()

    for title in ("lost one", "gained one"):
        assert "not as expected" in rows[title]
    for title in ("steady one", "holding one"):
        assert " as expected " in rows[title]
        assert "not as expected" not in rows[title]
        assert "threads do not help" not in rows[title]
    assert "threads do not help" in rows["unknown one"]
    assert html.count("muted deviates") == 2


def test_a_workload_that_is_known_not_to_scale_counts_as_no_failure(overview):
    html, _ = overview()

    assert "Threads help in 2 of 4 workloads" in html
    assert "1 not at all, as expected" in html


def test_a_panel_of_where_the_speedup_went_is_drawn_where_it_is_recorded_only(open_page, speedup_pages):
    folder, _ = speedup_pages
    measured = open_page(folder / "work.Dips.html")
    assert measured.locator("#commit figcaption").all_inner_texts()[0].startswith("Where the speedup went")
    timed = open_page(folder / "legacy.TimeSort.time_sort.html")
    (told,) = timed.locator("#commit figcaption").all_inner_texts()[:1]
    assert told.startswith("Scaling curve")
    box, card = (timed.locator(f"#commit {one}").first.bounding_box() for one in (".pair", "figure"))
    assert card["width"] == pytest.approx(box["width"], rel=0.01)


@pytest.mark.parametrize(
    ("text", "gil", "told"),
    [
        ("n, up to the CPUs", True, (2, 2)),
        ("n, whatever the CPUs", False, (4, 4)),
        ("n, up to the bandwidth", True, (0, 4)),
        ("1 with a GIL", True, (1, 1)),
        ("1 with a GIL", False, None),
        ("1 with a GIL", None, None),
        ("at most 2.5 with a GIL", True, (0, 2.5)),
        ("at most 10 with a GIL", True, (0, 4)),
        ("below 1", None, (0, 1)),
        ("at most 2, up to the CPUs", True, (0, 2)),
        ("n", None, (4, 4)),
        ("0", None, None),
        ("at most 0.0, up to the CPUs", None, None),
        ("as much as memory gives", True, None),
    ],
)
def test_what_a_suite_expects_of_4_threads_on_2_cpus(text, gil, told):
    assert expected_range(text, 4, 2, gil) == told


@pytest.mark.parametrize("words", ["0", 0, "", False])
def test_a_speedup_that_cannot_be_expected_is_compared_with_nothing(overview, words):
    _, rows = overview(workloads=(Planned("work.Odd", "odd one", {0: HELD}, expected=words),))

    assert "threads do not help" in rows["odd one"]


@pytest.mark.parametrize(
    ("speedup", "interval", "expected", "does"),
    [
        (1.92, None, (2, 2), False),
        (1.5, None, (2, 2), True),
        (1.14, None, (1, 1), False),
        (1.25, None, (1, 1), True),
        (1.5, (1.4, 1.9), (2, 2), False),
        (1.05, (1.0, 1.1), (1, 1), False),
        (1.9, (1.8, 2.0), (1, 1), True),
        (0.2, (0.1, 0.3), (0, 1), False),
    ],
)
def test_a_speedup_deviates_if_all_of_its_interval_does(speedup, interval, expected, does):
    assert deviates(speedup, interval, expected) is does


def series(quantity, threads, value, low, high):
    """Return a series of one commit."""
    numbers = (np.array([float(n)]) for n in (value, low, high))
    states = np.zeros(1, dtype=np.uint8)
    return Series("w", quantity, threads, Environment(()), np.array([1]), *numbers, states, "b", None)


@pytest.mark.parametrize(
    ("slowdown", "told"),
    [
        ((0.995, 0.138, 1.85), (2.01, 1.08, 2.01)),  # asv's of two samples: up to 14.5 of 2 threads
        ((1.25, 1.1, 1.4), (1.6, 1.43, 1.82)),
    ],
)
def test_no_interval_reaches_above_as_many_as_there_are_threads(slowdown, told):
    assert [round(float(one[0]), 2) for one in series("slowdown", 2, *slowdown).possible()] == list(told)


@pytest.mark.parametrize(
    ("quantity", "given", "told"),
    [
        ("gil_held", (0.98, 0.7, 1.3), [0.98, 0.7, 1.0]),
        ("gil_held", (0.01, -0.2, 0.2), [0.01, 0.0, 0.2]),
        ("time", (0.003, -1.0, 2.0), [0.003, 0.0, 2.0]),
    ],
)
def test_no_interval_reaches_beyond_what_a_quantity_can_be(quantity, given, told):
    assert [float(one[0]) for one in series(quantity, None, *given).possible()] == told


@pytest.mark.parametrize(
    ("threads", "ideal", "told"), [(1, 1, "only one thread measured"), (4, 1, "one core: cannot tell")]
)
def test_what_failed_in_several_threads_says_nothing_of_the_cpus(threads, ideal, told):
    status = SimpleNamespace(threads=threads, ideal=ideal)
    assert WorkloadStatus.verdict.fget(status) == told
    assert told in HELP


def test_hardware_threads_of_one_core_count_once(overview):
    """Four CPUs on two cores, as hosted runners have: what gets 2 from two threads scales there."""
    _, rows = overview(Place(cores=2))

    assert re.search(r"2 threads.* as expected", rows["steady one"]), rows
    assert "not as expected" not in rows["steady one"]


@pytest.mark.parametrize(
    ("interval", "told"),
    [((0.3, 0.45), (0.4, 0.3, 0.45)), ((0.1, 0.0), (0.4, 0.4, 0.4)), ((0.5, 0.6), (0.4, 0.4, 0.4))],
)
def test_an_interval_that_does_not_hold_its_value_says_nothing_of_the_ceiling(interval, told):
    held = _newest(series("gil_held", None, 0.4, *interval))
    assert held == told
    assert WorkloadStatus.ceiling.fget(SimpleNamespace(held=held)) is not None


def test_of_a_commit_that_several_environments_show_the_narrowest_range_is_told():
    wide, narrow = (
        {"between": n, "others": other_suspects(n), "headline": {"size": size}}
        for n, size in ((6, -0.7), (2, -0.4))
    )
    told = _told_together([narrow, wide])
    assert [one["others"] for one in told] == ["or one of the 2 before it, not measured"] * 2
    assert told[0]["headline"]["size"] == -0.7


@pytest.mark.parametrize(
    ("unmeasured", "others"),
    [((5, 6), "or one of the 2 before it, not measured"), ((6,), "or the one before it, not measured")],
)
def test_commits_that_share_a_suspicion_are_told_wherever_one_is(
    overview, open_page, tmp_path, unmeasured, others
):
    lost = Planned("work.Lost", "lost one", {0: FREE, 7 - len(unmeasured): HELD})
    html, _ = overview(workloads=(lost,), commits=12, unmeasured=unmeasured)
    feed = (tmp_path / "pages/feed.xml").read_text(encoding="utf-8")
    assert f"core: change number 7, {others}" in feed
    assert html.count(others) == 1
    page = open_page(tmp_path / "pages/work.Lost.html")
    assert page.locator(".latest").inner_text().endswith(f"core: change number 7, {others}")
    assert others in page.locator("#changes").inner_text()
    assert "up to here" in page.locator("select[data-name^=commit] option:nth-child(2)").inner_text()
    page.locator("#history .plot").focus()
    for key in ("End", *["ArrowLeft"] * 4):
        page.keyboard.press(key)
    assert f"at this commit {others}" in page.locator(".tip").inner_text()


def test_picture_for_readmes_tells_the_number_though_the_title_is_long(overview, open_page, tmp_path):
    overview(workloads=(Planned("work.Long", "adds up, line by line, " * 9, {0: FREE}),))
    page = open_page(tmp_path / "pages/history.svg")
    ends = [box["x"] + box["width"] for box in (one.bounding_box() for one in page.locator("text").all())]
    assert max(ends[:2]) < 720
    assert re.match(r"[34]\.\d\d× with 4 threads · alpha", page.locator("text").nth(1).text_content())


def test_workloads_of_one_title_are_told_apart_by_their_names(overview, open_page, tmp_path):
    behaviour = {0: FREE, 4: HELD}
    workloads = [Planned(f"{module}.Sort", "Sort", behaviour) for module in ("lists", "tables")]
    workloads += [Planned(f"{module}.Loop", "Loop", behaviour, control=True) for module in ("one", "other")]
    html, rows = overview(workloads=(*workloads, Planned("lists.Join", "Join", behaviour)))
    loops, sorts = (["Loop · one.Loop", "Loop · other.Loop"], ["Sort · lists.Sort", "Sort · tables.Sort"])
    assert list(rows) == ["Join", *sorts, *loops]
    assert f"A control changed, though its code never does: {', '.join(loops)}." in html
    assert {*re.findall(r'<b class="name">([^<]+)</b>', html)} <= {"Join", *sorts, *loops}
    feed = (tmp_path / "pages/feed.xml").read_text(encoding="utf-8")
    assert all(f"{title}: speedup" in feed for title in ("Join", *sorts, *loops))
    page = open_page(tmp_path / "pages/tables.Sort.html")
    assert page.title() == "Sort · tables.Sort · generated"
    assert page.locator("h1 .name").inner_text() == "Sort"


def test_one_is_not_said_as_many(overview, tmp_path):
    html, _ = overview(Place(cpus=1))
    page = (tmp_path / "pages/work.Lost.html").read_text(encoding="utf-8")
    assert "1 CPU allowed" in page
    assert not re.search(r"\b1 (CPUs|threads|cores|commits)\b", html + page)
