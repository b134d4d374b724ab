"""Names and subjects that try to become code are shown as text, in every file that is written."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from generated import Behaviour, Planned, generate, publish, standard_plan

ODD = "\x1b[31m \u202e $$x$$"
SUBJECT = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">' + ODD
TITLE = "{{ 7 * 7 }} <b onclick='window.hacked=1'>Loses</b> & \"more\"\u2028\ud800" + ODD
NAME = "work.Lo<svg onload=window.hacked=1>ses"


def shown(text):
    """Return what stands in a file: no control character, and half a character by none."""
    return text.replace("\x1b", "\ufffd").replace("\ud800", "\ufffd")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile") / "project"
    workload = Planned(NAME, TITLE, {0: Behaviour(), 12: Behaviour(serial=1.0)}, expected=TITLE)
    plan = standard_plan(20, workloads=(workload,), subjects={12: SUBJECT}, tags={"v<b>1": 5})
    generate(plan, root)
    conf = json.loads((root / "asv.conf.json").read_text())
    (root / "asv.conf.json").write_text(json.dumps({**conf, "project": f"my {ODD}"}))
    done = publish(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html" / "speedup"


def test_pages_hold_no_element_that_the_names_ask_for(pages):
    for page in pages.glob("*.html"):
        text = page.read_text()
        assert "<script>window" not in text
        assert not re.search(r"<(img|svg onload|b onclick)", text)
        assert "49" not in re.sub(r"[0-9a-f]{8,40}|\d+\.\d+", "", text.split("</h1>")[0])


def test_file_names_are_plain(pages):
    names = [p.name for p in pages.rglob("*") if p.is_file()]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)


def test_data_files_hold_no_angle_bracket(pages):
    for path in (pages / "data").glob("*.js"):
        text = path.read_text()
        assert not set(text) & set("<>&\u2028")
    text = (pages / "data" / "commits.js").read_text()
    assert json.loads(text[text.index("{") : text.rindex(")")])["subject"][12] == shown(SUBJECT)


def test_feed_is_well_formed_and_tells_the_title_as_text(pages):
    root = ET.parse(pages / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = root.findall(f"{atom}entry")
    assert entry.find(f"{atom}title").text.startswith("{{ 7 * 7 }} <b onclick=")
    assert "<script>" not in entry.find(f"{atom}content").text
    assert shown(ODD) in entry.find(f"{atom}content").text
    assert root.find(f"{atom}title").text == f"my {shown(ODD)}: changes of speedup over threads"


def test_picture_is_well_formed(pages):
    root = ET.parse(pages / "history.svg").getroot()
    assert root.find("{http://www.w3.org/2000/svg}title").text.startswith("{{ 7 * 7 }} <b onclick=")
    assert root.find("{http://www.w3.org/2000/svg}title").text.count(shown(ODD)) == 1
    assert root.find(".//{http://www.w3.org/2000/svg}b") is None


def test_no_file_holds_a_control_character(pages):
    for path in [*pages.glob("*.*"), *(pages / "data").iterdir()]:
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", path.read_text()), path.name
