"""The real ``asv publish`` writes the pages, and leaves asv's own as they were."""

import json
import shutil

import pytest
from generated import generate, publish, standard_plan


def test_overview_is_linked_from_asvs_navigation(published):
    assert '<a href="speedup/index.html">Speedup</a>' in (published / "index.html").read_text()
    assert 'href="speedup/index.html"' in (published / "error.html").read_text()
    assert (published / "speedup" / "index.html").is_file()


def test_bokeh_lies_beside_the_pages_once(published):
    assert [p.parent.name for p in published.rglob("bokeh.min.js")] == ["static"]


def test_pages_name_nothing_elsewhere(published):
    """No page loads anything from another host; links to commits are the only absolute ones."""
    for page in (published / "speedup").glob("*.html"):
        text = page.read_text()
        assert 'src="http' not in text
        assert "<link" in text
        assert text.count("http") == text.count('href="https://example.org/commit/') + text.count(
            'data-commit-url="https://example.org/commit/"'
        )


def test_asvs_own_output_is_untouched(history, published, tmp_path):
    root, _ = history
    plain = tmp_path / "plain"
    shutil.copytree(root, plain, ignore=shutil.ignore_patterns("html"))
    conf = json.loads((plain / "asv.conf.json").read_text())
    (plain / "asv.conf.json").write_text(json.dumps({**conf, "plugins": []}))
    assert publish(plain).returncode == 0

    def files(folder):
        return {p.relative_to(folder) for p in folder.rglob("*") if p.is_file()}

    mine = {p for p in files(published) if p.parts[0] == "speedup"}
    assert files(published) - mine == files(plain / "html")
    changed = {"index.html", "error.html", "index.json", "info.json", "regressions.xml"}
    for path in files(plain / "html"):
        if path.name not in changed:
            assert (published / path).read_bytes() == (plain / "html" / path).read_bytes(), path
    ours, theirs = (json.loads((f / "index.json").read_text()) for f in (published, plain / "html"))
    assert [p for p in ours.pop("pages") if p[0] != "speedup"] == theirs.pop("pages")
    assert ours == theirs


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("antigil", {"tresholds": {}}, 'unknown option "tresholds" under "antigil" in asv.conf.json'),
        ("show_commit_url", None, '"show_commit_url" in asv.conf.json must be a string, not null'),
    ],
)
def test_what_the_configuration_may_not_say_is_told_in_one_line_before_anything_is_written(
    tmp_path, key, value, said
):
    root = tmp_path / "project"
    generate(standard_plan(3, tags={}), root)
    conf = json.loads((root / "asv.conf.json").read_text())
    (root / "asv.conf.json").write_text(json.dumps({**conf, key: value}))
    (root / "html").mkdir()
    (root / "html" / "old").touch()
    done = publish(root)
    assert done.returncode == 1
    (line,) = (done.stdout + done.stderr).splitlines()
    assert said in line
    assert [p.name for p in (root / "html").iterdir()] == ["old"]


def test_a_link_stays_and_the_folder_that_it_leads_to_is_replaced_each_time(tmp_path):
    root, served = tmp_path / "project", tmp_path / "served"
    generate(standard_plan(3, tags={}), root)
    served.mkdir()
    (root / "html").symlink_to(served)
    for _ in range(2):
        (served / "stale").touch()

        done = publish(root)

        assert done.returncode == 0, done.stdout + done.stderr
        assert (root / "html").is_symlink()
        assert (served / "speedup/index.html").is_file()
        assert not (served / "stale").exists()
        assert sorted(one.name for one in tmp_path.iterdir()) == ["project", "served"]
        assert not [one.name for one in root.iterdir() if one.name.startswith("html.")]


def test_a_workloads_page_has_what_is_kept_of_functions_at_its_commit(tmp_path):
    root = tmp_path / "project"
    hashes = generate(standard_plan(3, tags={}), root)
    share = {"value": 0.0, "low": 0.0, "high": 0.01}
    held = {"loss": "held", "before": share, "after": {**share, "value": 0.5}, "functions": []}
    where = {"python": "3.13", "threads": 2, "hints": [], "losses": [held]}
    line = {"workload": "work.Loses", "base": hashes[1], "head": hashes[2], "where": where}
    (root / "results" / "antigil-functions.jsonl").write_text(json.dumps(line))

    assert publish(root).returncode == 0

    text = (root / "html/speedup/data/work.Loses.js").read_text()
    told = json.loads(text[text.index("{") : text.rindex(")")])
    assert list(told["environments"][0]["functions"].values()) == [
        ["By function: held 0.00 → 0.50, spread over many functions."]
    ]
