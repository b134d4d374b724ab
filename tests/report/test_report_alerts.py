"""Alerts in every format, and what is refused as alerts: the file comes from a job that ran measured code."""

import json

import pytest
from nights import LOSES, lost_from

from antigil.errors import UserError
from antigil.report.document import read_alerts
from antigil.report.formats import render_alerts

EVIL = "@everyone <img src=x> [link](https://example.org) #1\n::error::no"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return the JSON form of a night's alerts: a loss that held, a gain, and workloads with pages."""
    from generated import Plan
    from nights import History

    with pytest.MonkeyPatch.context() as patch:
        plan = Plan(commits=9, samples=8, workloads=LOSES, options={"site_url": "https://example.org/speed"})
        history = History(tmp_path_factory.mktemp("alerts") / "project", patch, plan)
        history.shows = lost_from(8)
        return history.document()


@pytest.fixture
def document(told):
    return json.loads(json.dumps(told))


def read(document, tmp_path):
    """Write and read a document."""
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return read_alerts(str(file))


def test_what_the_guard_writes_is_read_back_as_it_was(document, tmp_path):
    assert {alert["counts"] for alert in document["alerts"]} == {True, False}
    assert read(document, tmp_path) == document


@pytest.mark.parametrize("form", ["text", "markdown", "github"])
def test_the_held_share_of_a_build_without_a_gil_has_another_name(document, form):
    assert {alert["gil"] for alert in document["alerts"]} == {True}
    for alert in document["alerts"]:
        alert["gil"] = False

    said = render_alerts(document, form)

    assert "other threads stopped" in said
    assert "GIL" not in said


def loss(document):
    return next(alert for alert in document["alerts"] if alert["counts"])


@pytest.mark.parametrize(
    "forge",
    [
        lambda d: d.update(status=3),
        lambda d: d.pop("since"),
        lambda d: d.update(extra=1),
        lambda d: d.update(problems=[1]),
        lambda d: d["workloads"][0].update(page="javascript:alert(1)"),
        lambda d: d["workloads"][0].update(page="https://example.org/ @everyone"),
        lambda d: loss(d).update(identity="aa --> @everyone"),
        lambda d: loss(d).update(standing="**lost** @everyone"),
        lambda d: loss(d).update(measured_on="@everyone"),
        lambda d: loss(d)["commit"].update(hash="`@everyone`"),
        lambda d: loss(d)["before"].update(hash="main"),
        lambda d: loss(d)["commit"].update(date="today"),
        lambda d: loss(d).update(between=-1),
        lambda d: loss(d).update(held="yes"),
        lambda d: loss(d)["effects"][0].update(quantity="<script>"),
        lambda d: loss(d)["effects"][0].update(outcome="| a |"),
        lambda d: loss(d)["effects"][0].update(base=float("nan")),
        lambda d: loss(d)["effects"][0].update(threads=10**400),
        lambda d: loss(d).update(title="\ud800"),
        lambda d: loss(d).update(workload="work.One\n\n# @everyone"),
        lambda d: d["workloads"][0].update(name="work.\u202eenO"),
    ],
)
def test_anything_else_is_refused_in_one_line(document, forge, tmp_path):
    forge(document)

    with pytest.raises(UserError, match="holds no alerts of antigil"):
        read(document, tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"schema": 1}'])
def test_what_is_no_json_or_another_json_is_refused(tmp_path, content):
    file = tmp_path / "alerts.json"
    file.write_bytes(content)

    with pytest.raises(UserError, match="holds no alerts of antigil"):
        read_alerts(str(file))


def test_foreign_texts_are_shown_as_code_in_markdown_and_start_no_command(document, tmp_path):
    """Every text that a shape lets through whatever it says."""
    for alert in document["alerts"]:
        alert.update(
            workload=EVIL.replace("\n", " "),
            title=EVIL,
            environment=EVIL,
            excuse=EVIL,
            given_up=EVIL,
            new=True,
        )
        alert["commit"].update(subject=EVIL, author=EVIL)
    document.update(problems=[EVIL])
    document = read(document, tmp_path)

    markdown, github = (render_alerts(document, form) for form in ("markdown", "github"))

    outside = "".join(markdown.split("`")[::2])
    assert "@everyone" in markdown
    assert "@everyone" not in outside
    assert "<img" not in outside
    assert "link" not in outside
    assert {line.split("::")[1].split()[0] for line in github.splitlines() if line.startswith("::")} == {
        "warning", "error", "notice",
    }  # fmt: skip
    assert "\n::error::no" not in github
