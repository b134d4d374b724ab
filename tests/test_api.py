"""What `import antigil` offers: what it takes, what it refuses, and how a measurement shows itself."""

import html.parser
import json
import re
import threading

import pytest

import antigil
from antigil import notebook
from antigil.report.measurement.page import shares


@pytest.fixture(scope="module")
def found():
    """Return a short measurement of a statement whose text is markup."""
    return antigil.measure("len('<b>&')", (1, 2), setup="import os", budget=1.0, processes=2, rounds=1)


def test_a_function_is_called_with_its_arguments_and_what_each_thread_made():
    made, calls = [], set()

    def own():
        made.append(threading.get_ident())
        return [threading.get_ident()]

    def function(shared, own):
        calls.add((shared, own[0] == threading.get_ident()))

    found = antigil.measure(function, (1, 2), args=("a",), per_thread=own, budget=0.4, rounds=1)
    assert calls == {("a", True)}
    assert len(set(made)) >= 2
    assert [point.threads for point in found.points] == [1, 2]


@pytest.mark.parametrize(
    ("what", "given", "said"),
    [
        (len, {"setup": "x = 1"}, "are a statement's"),
        ("pass", {"args": (1,)}, "are a function's"),
        ("pass", {"per_thread": list}, "are a function's"),
        (antigil.Workload("pass"), {"setup": "x = 1"}, "set-up of its own"),
        (7, {}, "not int"),
        (None, {}, "not NoneType"),
    ],
)
def test_what_does_not_go_together_is_a_type_error(what, given, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        antigil.measure(what, **given)


def test_print_shows_the_table_and_ends_with_the_verdict(found):
    lines = str(found).splitlines()
    assert lines[0].split()[:2] == ["threads", "calls/s"]
    assert lines[-1].endswith(".")


def test_the_json_form_leads_back_to_one_that_shows_itself(found):
    form = json.loads(json.dumps(found.to_json()))
    assert (form["scaling"], str(found).endswith(form["sentence"])) == (found.scaling, True)
    again = antigil.Measurement.from_json(form)
    assert again == found
    assert str(again) == str(found)


class Checker(html.parser.HTMLParser):
    """Sees whether every element is closed, and what would be loaded from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded = [], []

    def handle_starttag(self, tag, attrs):
        """Open an element."""
        if tag not in {"meta", "link"}:
            self.open.append(tag)
        self.loaded += [value for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_startendtag(self, tag, attrs):
        """Open and close one."""

    def handle_endtag(self, tag):
        """Close the element that was opened last."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("form", ["to_html", "_repr_html_"])
def test_html_is_whole_loads_nothing_and_escapes_the_statement(found, form):
    text = getattr(found, form)()
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert set(checker.loaded) <= {"data:,"}
    assert "<b>" not in text
    if form == "to_html":
        assert "antigil measure -t 1,2 -s &#x27;import os&#x27;" in text


def test_where_the_time_went_adds_up(found):
    for point in found.points:
        parts = shares(point)
        assert sum(parts.values()) == pytest.approx(1.0)
        assert all(share >= -1e-9 for share in parts.values())


def test_a_magic_measures_with_the_names_of_the_session():
    names = {"n": 20_000}
    found = notebook.antigil("-t 1,2 --budget 0.4 sum(range(n))", None, names)
    assert [point.threads for point in found.points] == [1, 2]
    cell = notebook.antigil("-t 1,2 --budget 0.4 m = n // 2", "x = sum(range(m))\nx + 1\n", names)
    assert cell.point(2).rate > 0
    assert names == {"n": 20_000}, "what a measurement assigns does not stay"


@pytest.mark.parametrize("options", ["--threads=1 --budget 0.1", "-t1 --budget=0.1", "--budget=0.1 -t 1"])
def test_a_magic_takes_values_that_are_written_with_their_options(options):
    """And a name that what it compiles has as well."""
    found = notebook.antigil(f"{options} sum(range(statement))", None, {"statement": 20_000})
    assert [point.threads for point in found.points] == [1]


@pytest.mark.parametrize("line", ["", "-t 1,2", "-t 2,1 pass", "--budget none pass", "--no-such 1 pass"])
def test_a_magic_refuses_in_words_and_does_not_end_the_session(line):
    with pytest.raises(ValueError, match=r"nothing to measure|usage: %antigil"):
        notebook.antigil(line, None, {})


def test_ipython_knows_the_magics_once_the_extension_is_loaded():
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell()
    shell.run_line_magic("load_ext", "antigil")
    shell.run_cell("n = 20_000", silent=True)
    done = shell.run_cell("found = %antigil -t 1,2 --budget 0.4 sum(range(n))", silent=True)
    assert done.success
    assert isinstance(shell.user_ns["found"], antigil.Measurement)
    shell.run_cell("seen = [None]", silent=True)
    done = shell.run_cell("found = %antigil -t 1 --budget 0.1 seen.__setitem__(0, ({n}, '$n'))", silent=True)
    assert done.success
    assert shell.user_ns["seen"] == [({20_000}, "$n")], "a statement is measured as it is written"
