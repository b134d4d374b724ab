"""Which pages `asv publish` replaces, and what it refuses to replace, without asv's own work."""

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from asv.config import Config
from asv.util import UserError

from antigil.history.asv_adapter import publishing

REALLY_RENAME = os.rename


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Return what publishes to ``html`` beside a project's other folders, or as the configuration says."""
    command = SimpleNamespace()
    monkeypatch.setattr(publishing, "Publish", command)
    monkeypatch.setattr(publishing, "_publish", written)
    monkeypatch.setattr(publishing, "harden", lambda: None)
    publishing.check_before_publishing(lambda conf: None)
    (tmp_path / "project/results").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")

    def publish(**told):
        conf = Config.from_json({"repo": ".", **told})
        command.run(conf)

    return publish


def written(conf):
    """Write what stands for asv's pages and ours."""
    if os.path.exists(conf.html_dir):
        shutil.rmtree(conf.html_dir)
    os.makedirs(conf.html_dir)
    Path(conf.html_dir, "index.html").write_text("new")


def here():
    """Return the names of all that lies in the project's folder."""
    return sorted(one.name for one in Path().iterdir())


def old_pages():
    """Make pages that are there already."""
    Path("html").mkdir()
    Path("html/index.html").write_text("old")


def test_new_pages_replace_old_ones_and_nothing_is_left_beside_them(publish):
    old_pages()

    publish()

    assert Path("html/index.html").read_text() == "new"
    assert here() == ["html", "results"]


@pytest.mark.parametrize("name", ["html.new", "html.old", "html.bak"])
def test_what_others_have_beside_the_pages_stays(publish, name):
    old_pages()
    Path(name).mkdir()
    Path(name, "kept").touch()

    publish()

    assert here() == ["html", name, "results"]
    assert Path(name, "kept").exists()


def test_old_pages_that_were_put_aside_by_a_process_that_was_killed_are_put_back(publish, monkeypatch):
    def stopped(conf):
        raise KeyboardInterrupt

    old_pages()
    Path("html").rename(".html.antigil-old")
    monkeypatch.setattr(publishing, "_publish", stopped)

    with pytest.raises(KeyboardInterrupt):
        publish()

    assert Path("html/index.html").read_text() == "old"
    assert here() == ["html", "results"]


def test_what_was_left_of_old_pages_beside_complete_ones_goes(publish):
    old_pages()
    Path(".html.antigil-old").mkdir()
    Path(".html.antigil-old", "half").touch()

    publish()

    assert here() == ["html", "results"]


def test_another_process_that_publishes_meanwhile_keeps_what_it_has_written(publish, monkeypatch):
    """What nobody has touched for long is of one that was killed."""
    folders = []

    def two_at_once(conf):
        written(conf)
        os.utime(conf.html_dir, (0, 0))  # as asv does, which copies a template
        folders.append(Path(conf.html_dir))
        if len(folders) == 1:
            publish()
            assert (folders[0] / "index.html").exists()

    monkeypatch.setattr(publishing, "_publish", two_at_once)
    Path(".html.antigil-new-1700000000-killed").mkdir()

    publish()

    assert Path("html/index.html").read_text() == "new"
    assert folders[0] != folders[1]
    assert here() == ["html", "results"]


def test_a_link_that_leads_to_nothing_yet_is_filled(publish, tmp_path):
    Path("html").symlink_to(tmp_path / "served")

    publish()

    assert (tmp_path / "served/index.html").read_text() == "new"
    assert Path("html").is_symlink()


@pytest.mark.parametrize("error", [UserError("no"), KeyboardInterrupt()])
def test_what_stops_leaves_the_old_pages_alone(publish, monkeypatch, error):
    def stopped(conf):
        written(conf)
        raise error

    old_pages()
    monkeypatch.setattr(publishing, "_publish", stopped)

    with pytest.raises(type(error)):
        publish()

    assert Path("html/index.html").read_text() == "old"
    assert here() == ["html", "results"]


@pytest.mark.parametrize("html", [".", "", "..", "results"])
def test_no_folder_that_holds_the_project_or_its_results_is_replaced(publish, html):
    with pytest.raises(UserError, match=r"html_dir cannot be /.*: that is replaced, and /.* lies there"):
        publish(html_dir=html)

    assert here() == ["results"]


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to(path.name)])
def test_what_is_no_folder_is_not_replaced(publish, make):
    make(Path("html"))

    with pytest.raises(UserError, match="no folder") as raised:
        publish()

    assert here() == ["html", "results"]
    assert len(str(raised.value).splitlines()) == 1


def test_a_mount_point_is_refused_before_pages_are_written(publish, monkeypatch):
    old_pages()
    monkeypatch.setattr("os.path.ismount", lambda path: path == os.path.abspath("html"))

    with pytest.raises(UserError, match=r"html_dir cannot be \S+html: .* it is a mount point"):
        publish()

    assert here() == ["html", "results"]


def test_where_no_new_pages_can_be_written_is_told(publish):
    Path("file").touch()

    with pytest.raises(
        UserError, match=r"new pages cannot be written: \S+file/\.html\.antigil-new-\S+: Not a dir"
    ):
        publish(html_dir="file/html")


def test_pages_that_turn_out_to_be_busy_are_told_and_the_new_ones_kept(publish, monkeypatch):
    """A folder that is bound to another of the same file system cannot be told beforehand."""

    def rename(source, target):
        if source == os.path.abspath("html"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), source, None, target)
        REALLY_RENAME(source, target)

    old_pages()
    monkeypatch.setattr("os.rename", rename)

    with pytest.raises(UserError, match=r"html cannot be replaced: .* busy; the new pages are \S+/\.html\."):
        publish()

    assert Path("html/index.html").read_text() == "old"
    (new,) = Path().glob(".html.antigil-new-*")
    assert (new / "index.html").read_text() == "new"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("project", None, "must be a string, not null"),
        ("project", 5, "must be a string, not 5"),
        ("show_commit_url", None, "must be a string, not null"),
        ("hash_length", "8", 'must be a whole number, not "8"'),
        ("html_dir", None, "must be a string, not null"),
        ("results_dir", ["a"], r'must be a string, not \["a"\]'),
        ("repo", 5, "must be a string, not 5"),
        ("env_dir", None, "must be a string, not null"),
        ("branches", "main", 'must be a list of strings, not "main"'),
        ("branches", [5], r"must be a list of strings, not \[5\]"),
        ("regressions_first_commits", None, "must be an object of strings, not null"),
        ("regressions_first_commits", {"a": 5}, r'must be an object of strings, not \{"a": 5\}'),
    ],
)
def test_a_value_of_another_type_is_refused_by_name_before_anything_is_replaced(publish, key, value, said):
    old_pages()

    with pytest.raises(UserError, match=f'^"{key}" in asv.conf.json {said}$'):
        publish(**{key: value})

    assert Path("html/index.html").read_text() == "old"
    assert here() == ["html", "results"]


def test_null_stays_the_name_of_the_default_branch_and_of_no_first_commit(publish):
    publish(branches=[None], regressions_first_commits={"slow": None})
