"""Several machines on one page, a dozen environments, and names that a chart or a browser could bend."""

import json
import re

import pytest
from generated import Behaviour, Place, Planned, generate, publish, standard_plan

READY = "document.documentElement.dataset.ready === 'yes'"
TAG = "v$$x_2$$"
SUBJECT = "core: \u202egnirts sdrawkcab \\(x\\) $$y$$"
WORKLOAD = Planned("work.Loses", "Loses $$z$$", {0: Behaviour(), 12: Behaviour(serial=1.0)})


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Return pages of two machines; the first was not measured with two threads."""
    root = tmp_path_factory.mktemp("machines") / "project"
    places = (Place(), Place(machine="beta", cpus=8))
    hashes = generate(
        standard_plan(20, workloads=(WORKLOAD,), subjects={12: SUBJECT}, tags={TAG: 5}, places=places), root
    )
    for path in (root / "results" / "alpha").glob("*-virtualenv-*.json"):
        data = json.loads(path.read_text())
        for columns in data["results"].values():
            if columns[1]:
                columns[1][0].remove("2")
                for column in (c for c in columns if isinstance(c, list) and len(c) == 4):
                    del column[1]
        path.write_text(json.dumps(data))
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup", hashes


def beside(page):
    """Return the fragment that shows both machines."""
    return "#env=" + ",".join(page.evaluate("antigil.page.model.environments.map((e) => e.id)"))


def labels(page, i):
    chart = f"antigil.page.history.charts[{i}]"
    return page.evaluate(f"{chart}.figure.center.filter((m) => m.type === 'Label').map((m) => m.text.text)")


def signs(page):
    """Return the sign and the colour of each thread count's chip."""
    return page.evaluate("""Object.fromEntries([...document.querySelectorAll("#threads .chip")].map(
        (chip) => [chip.dataset.value, chip.querySelector("i").outerHTML]))""")


def test_machines_stand_side_by_side_on_one_scale_each_with_its_own_ideal(open_page, machines):
    folder, _ = machines
    page = open_page(folder / "work.Loses.html")
    page = open_page(folder / "work.Loses.html", beside(page))
    captions = page.locator("#history figcaption").all_inner_texts()
    assert [text.split(" · ")[0] for text in captions] == ["alpha", "beta"]
    assert [text.rsplit(" · ", 1)[1] for text in captions] == ["4 CPUs allowed", "8 CPUs allowed"]
    assert "ideal 8×" not in labels(page, 0)
    assert ["ideal 2×" in labels(page, i) for i in (0, 1)] == [False, True]  # measured on the other only
    assert "ideal 8×" in labels(page, 1)
    tops = page.evaluate("antigil.page.history.charts.map((c) => c.figure.y_range.end)")
    assert tops[0] == tops[1] > 8
    left, right = (page.locator("#history figure").nth(i).bounding_box() for i in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]


def test_thread_count_has_one_sign_and_colour_wherever_it_is_shown(open_page, machines):
    folder, _ = machines
    page = open_page(folder / "work.Loses.html")
    alone = signs(page)
    page = open_page(folder / "work.Loses.html", beside(page))
    both = signs(page)
    assert list(alone) == ["1", "4", "8"]
    assert list(both) == ["1", "2", "4", "8"]
    assert alone == {n: sign for n, sign in both.items() if n != "2"}
    page.locator("#history .plot").first.focus()
    page.keyboard.press("End")
    row = page.locator(".tip tr", has_text="8 thr").locator("i")
    assert row.evaluate("(e) => e.outerHTML") == both["8"]


def test_dollars_and_backslashes_are_shown_as_text(open_page, machines):
    """Bokeh would typeset what stands between them, with a library that is not there."""
    folder, _ = machines
    page = open_page(folder / "work.Loses.html")
    assert TAG in labels(page, 0)
    kinds = page.evaluate(
        "antigil.page.history.charts[0].figure.center.filter((m) => m.text).map((m) => m.text.type)"
    )
    assert set(kinds) == {"PlainText"}
    assert page.locator("h1 .name").inner_text() == "Loses $$z$$"
    assert SUBJECT in page.locator("#changes .subject").inner_text()


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("index.html", [".row-link", ".subject", ".change-line .name"]),
        ("work.Loses.html", ["h1 .name", ".crumbs .name", "#changes .subject", ".latest .subject"]),
    ],
)
def test_direction_of_a_foreign_name_does_not_turn_what_stands_beside_it(open_page, machines, name, places):
    folder, _ = machines
    page = open_page(folder / name)
    for place in places:
        found = page.locator(place).first.evaluate("(e) => getComputedStyle(e).unicodeBidi")
        assert found == "isolate", place


@pytest.fixture(scope="module")
def dozen(tmp_path_factory):
    root = tmp_path_factory.mktemp("dozen") / "project"
    places = tuple(
        Place(machine=machine, python=python, cpus=cpus, gil=not python.endswith("t"))
        for machine, cpus in (("alpha", 4), ("beta", 8), ("gamma", 2), ("delta", 16))
        for python in ("3.12", "3.13", "3.14t")
    )
    generate(standard_plan(16, workloads=(WORKLOAD,), tags={}, places=places), root)
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup"


@pytest.mark.parametrize(("width", "top"), [(1280, 330), (390, 520)])
def test_dozen_environments_leave_the_chart_near_the_top(open_page, dozen, width, top):
    page = open_page(dozen / "work.Loses.html", viewport={"width": width, "height": 800})
    assert page.locator(".standing li:visible").count() == 1
    assert page.locator("#history .plot").bounding_box()["y"] < top


def test_environments_that_are_not_summed_up_are_counted(open_page, dozen):
    page = open_page(dozen / "index.html")
    assert page.locator(".helps li").count() == 6
    assert page.get_by_text("and 6 more environments, in the table below", exact=True).is_visible()


def test_one_of_a_dozen_environments_is_found_by_machine_with_the_keyboard(open_page, dozen):
    page = open_page(dozen / "work.Loses.html")
    assert page.locator("#environments").is_hidden()
    page.locator(".places summary").focus()
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="gamma")
    told = [re.sub(r"\d\.\d\d×", "S×", text) for text in group.get_by_role("button").all_inner_texts()]
    assert told == [
        "▼ S× Python 3.12 · GIL enabled",
        "▼ S× Python 3.13 · GIL enabled",
        "■ S× Python 3.14t · free-threaded",
    ]
    group.get_by_role("button").last.focus()
    page.evaluate("delete document.documentElement.dataset.ready")
    page.keyboard.press("Enter")
    page.wait_for_function(READY)
    assert page.locator("#history figcaption").count() == 2
    assert page.locator("#where-now").inner_text() == "2 of 12"
    assert page.locator(".standing li:visible").count() == 2
