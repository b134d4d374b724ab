"""What `antigil where` found, as text, as a page and in the formats of other tools."""

import json
from dataclasses import replace

import pytest

from antigil.report.profile.flame_graph import flame_graph_page
from antigil.report.profile.stack_formats import STACK_FORMATS, collapsed, firefox, format_of, speedscope
from antigil.report.profile.text import loss_title, where_lines, where_sentence
from antigil.scaling import Host, Workload
from antigil.where import Function, Loss, Part, PythonLine, Share, Stack, Where

HOST = Host("3.11.7", "CPython", True, 0.005, "some CPU", 2, True)
NOTHING = Loss(Share(0.0, (0.0, 0.01)), (), 500)
LINE = PythonLine("<statement>", 1, "statement")


def part(value, name, reason="", entry="", **more):
    share = Share(value, (value - 0.01, value + 0.01))
    function = Function(name, "codec.so", **more)
    return Part(share, function, ("codec.c", 42), reason, entry, LINE, 100)


HELD = Loss(
    Share(0.24, (0.22, 0.26)), (part(0.22, "parse_header", entry="Codec.decode"), part(0.02, "x")), 500
)
WAITING = Loss(Share(0.3, (0.28, 0.32)), (part(0.3, "take", "a C or C++ mutex"),), 90)
STACKS = {
    "held": (
        Stack(("statement (<statement>:1)", "decode", "parse_header"), 0.22),
        Stack(("statement (<statement>:1)", "decode", "a;b</script>"), 0.02),
    ),
    "waiting": (Stack(("statement (<statement>:1)", "take"), 0.3),),
    "inflation": (Stack(("spin",), 0.7, 0.5), Stack(("shrinks",), 0.5, 0.6)),
}


def found(**changes):
    form = {
        "workload": Workload("codec.decode(data) # <b>"),
        "host": HOST,
        "threads": 2,
        "held": HELD,
        "waiting": NOTHING,
        "inflation": NOTHING,
        "stacks": STACKS,
        "hints": ("build it with names",),
    }
    return Where(**{**form, **changes})


def test_the_sentence_names_the_largest_function_and_what_called_it():
    assert where_sentence(found()) == (
        "It holds the GIL for 24 % of the time, 22 points of it in `parse_header`, "
        "called from `Codec.decode`."
    )


def test_what_may_be_larger_is_told_so():
    least = replace(HELD, at_least=True)

    lines = list(where_lines(found(held=least)))

    assert lines[0].startswith("It holds the GIL for at least 24 % of the time")
    assert lines[2].startswith("GIL held: at least 24.0 % of the time of 1 thread (99 %: ")


def test_the_sentence_is_about_the_larger_loss():
    said = "2 threads wait for 30 % of the time, all of it for a C or C++ mutex in `take`, called from "

    assert where_sentence(found(held=NOTHING, waiting=WAITING)) == f"{said}`<statement>:1`."


def test_growth_that_is_certain_comes_before_less_waiting():
    grown = Loss(Share(0.5, (0.4, 0.6)), (part(0.45, "count", "atomics"), part(0.05, "y")), 500)

    said = where_sentence(found(held=NOTHING, inflation=grown))

    assert said.startswith("With 2 threads a call takes 50 % more CPU time, 45 points of it in `count`")


def test_a_call_that_takes_less_is_said_to_take_less():
    less = Loss(Share(-0.121, (-0.35, 0.108)), (), 280)
    more = Loss(Share(0.5, (0.4, 0.6)), (), 500)

    titles = [loss_title(found(inflation=one), "inflation") for one in (less, more)]

    told = "CPU time per call with 2 threads than with 1"
    assert titles == [
        f"Inflation: 12.1 % less {told} (99 %: 35.0 % less to 10.8 % more; 280 samples)",
        f"Inflation: 50.0 % more {told} (99 %: 40.0 % to 60.0 %; 500 samples)",
    ]


def test_code_of_no_library_is_named_once():
    made = Part(HELD.total, Function("[made at run time]", "[made at run time]"), None, "", "", LINE, 100)

    lines = list(where_lines(found(held=Loss(HELD.total, (made,), 500))))

    assert "  24.0 %  22.0 to 26.0  [made at run time] ← <statement>:1" in lines


def test_nothing_lost_is_said():
    assert where_sentence(found(held=NOTHING)).startswith("No loss worth a search")


WITHOUT_GIL = replace(HOST, python_version="3.14.0", gil=False, free_threaded=True)


@pytest.mark.parametrize(
    ("inflation", "said"),
    [
        (NOTHING, "No loss worth a search: it does not wait, and calls take no more CPU time."),
        (
            Loss(Share(0.05, (-0.1, 0.2)), (), 500),
            "It does not wait; whether calls take more CPU time needs a larger --budget.",
        ),
    ],
)
def test_while_the_gil_is_off_nothing_is_said_of_holding_it(inflation, said):
    """Although a thread is then attached in most of its samples."""
    free = found(held=NOTHING, inflation=inflation, host=WITHOUT_GIL)

    assert where_sentence(free) == said
    told = [*where_lines(free), flame_graph_page(free), *(write(free) for write in STACK_FORMATS.values())]
    assert not any("GIL held" in text or "holds the GIL" in text for text in told)


@pytest.mark.parametrize(
    ("forced", "why"),
    [
        (False, "an import switched it on, of an extension that does not declare Py_mod_gil"),
        (True, "PYTHON_GIL=1"),
    ],
)
def test_a_free_threaded_build_with_its_gil_on_is_said_to_be_one(forced, why):
    told = found(host=replace(HOST, free_threaded=True, gil_forced=forced))

    lines = list(where_lines(told))

    assert "Python:   3.11.7 (free-threaded, GIL enabled); CPUs allowed: 2" in lines
    assert any(line.startswith(f"Note:     this build can do without a GIL, but {why}") for line in lines)
    assert told.to_json()["python"] == {"version": "3.11.7", "gil": True, "free_threaded": True}


def test_a_nearest_name_is_marked():
    near = Loss(HELD.total, (part(0.24, "ZSTD_compress+0x40", nearest=True),), 500)

    assert "`near ZSTD_compress+0x40`" in where_sentence(found(held=near))


def test_the_text_has_the_losses_their_functions_and_the_hints():
    lines = list(where_lines(found()))

    assert "GIL held: 24.0 % of the time of 1 thread (99 %: 22.0 % to 26.0 %; 500 samples)" in lines
    row = "  22.0 %  21.0 to 23.0  parse_header (codec.so, codec.c:42) ← Codec.decode ← <statement>:1"
    assert row in lines
    assert lines[-1] == "Hint:     build it with names"


def test_collapsed_stacks_keep_one_frame_between_semicolons():
    """Only what loses something is told, in millionths."""
    assert collapsed(found()).splitlines() == [
        "GIL held;statement (<statement>:1);decode;parse_header 220000",
        "GIL held;statement (<statement>:1);decode;a,b</script> 20000",
        "waiting;statement (<statement>:1);take 300000",
        "inflation;spin 200000",
    ]


def test_speedscope_has_a_profile_for_each_loss():
    form = json.loads(speedscope(found()))

    names = [frame["name"] for frame in form["shared"]["frames"]]
    held = form["profiles"][0]
    assert [names[i] for i in held["samples"][0]] == list(STACKS["held"][0].frames)
    assert held["weights"] == [220000, 20000]
    assert held["endValue"] == 240000


def test_the_firefox_profile_leads_back_to_the_stacks():
    thread = json.loads(firefox(found()))["threads"][0]

    def frames(stack):
        while stack is not None:
            function = thread["frameTable"]["func"][thread["stackTable"]["frame"][stack]]
            yield thread["stringArray"][thread["funcTable"]["name"][function]]
            stack = thread["stackTable"]["prefix"][stack]

    stacks = [tuple(frames(stack))[::-1] for stack in thread["samples"]["stack"]]
    assert stacks == [stack.frames for stack in STACKS["held"]]
    for name in ("stackTable", "frameTable", "funcTable", "samples"):
        columns = [column for column in thread[name].values() if isinstance(column, list)]
        assert {len(column) for column in columns} == {thread[name]["length"]}


@pytest.mark.parametrize("ending", STACK_FORMATS)
def test_a_format_is_known_by_the_ending(ending):
    assert format_of(f"/tmp/Some.Thing{ending.upper()}") is STACK_FORMATS[ending]
    assert format_of("some.xyz") is None


def test_the_page_tells_what_the_text_tells():
    """Whether others disturbed it, every hint, and of growth only what is certain."""
    doubtful = Loss(Share(0.2, (0.1, 0.3)), (part(0.15, "grows"), part(0.005, "may_not")), 300)
    told = found(inflation=doubtful, disturbed=True, hints=("build it <again>",))

    page, lines = flame_graph_page(told), list(where_lines(told))

    assert "Note: other programs disturbed it throughout: intervals are wide" in page
    assert "Hint: build it &lt;again&gt;" in page
    assert lines[-2:] == [
        "Note:     other programs disturbed it throughout: intervals are wide",
        "Hint:     build it <again>",
    ]
    for text in (page, "\n".join(lines)):
        assert ("grows" in text, "may_not" in text, text.count("everything else")) == (True, False, 1)
    assert "<td>5.0 %</td><td></td><td>everything else</td>" in page


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "found.html"
    path.write_text(flame_graph_page(found()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser_instance, file):
    opened = browser_instance.new_page()
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: errors.append(request.url) if request.url[:4] == "http" else None)
    opened.goto(file)
    yield opened
    opened.close()
    assert errors == []


def test_the_page_draws_the_loss_searches_and_zooms(page):
    boxes = page.locator("#graph .box")
    assert boxes.all_inner_texts() == [
        "GIL held", "statement (<statement>:1)", "decode", "parse_header", "a;b</script>",
    ]  # fmt: skip
    page.fill("#search", "PARSE")
    assert page.locator(".found").all_inner_texts() == ["parse_header"]
    assert page.inner_text("#told") == "22.0 % in functions with “parse”"
    page.keyboard.press("Escape")
    page.click("text=parse_header >> nth=1")
    assert "above" in page.locator("#graph .box").first.get_attribute("class")
    assert page.inner_text("#told").startswith("parse_header: 22.0 %")


def test_the_focus_stays_in_the_graph_when_the_keyboard_zooms(page):
    page.locator("#graph .box", has_text="decode").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "decode"
    page.keyboard.press("Enter")  # once more leads up again
    assert page.evaluate("document.activeElement.textContent") == "statement (<statement>:1)"
    page.focus("#search")
    page.keyboard.type("take")
    assert page.evaluate("document.activeElement.id") == "search"


def test_without_scripts_nothing_is_shown_that_needs_them(browser_instance, file):
    opened = browser_instance.new_page(java_script_enabled=False)
    opened.goto(file)
    shown = [opened.locator(place).is_visible() for place in ("#search", "#graph", ".key", "table >> nth=0")]
    opened.close()
    assert shown == [False, False, False, True]


def test_the_page_colours_growth(page):
    page.click("#tabs button:nth-child(3)")

    assert "warm" in page.locator("#graph .box", has_text="spin").get_attribute("class")
    assert "cold" in page.locator("#graph .box", has_text="shrinks").get_attribute("class")
    page.hover("#graph .box >> nth=1")
    assert "20.0 % more than with one thread" in page.locator("#graph .box").nth(1).get_attribute("title")
