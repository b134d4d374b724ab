"""The demonstration that `make site` measures: its commits do to the GIL what they are there for."""

import subprocess
import sys
from pathlib import Path

import pytest
from marks import needs_gil

from antigil.scaling import Workload, probe_gil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import demonstration  # noqa: E402

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the Makefile is for systems with a POSIX shell"
)


def test_the_commits_are_the_same_everywhere_and_written_once(tmp_path, monkeypatch):
    heads = []
    for name in ("one", "other"):
        monkeypatch.setenv("GIT_AUTHOR_NAME", name)
        demonstration.write_project(tmp_path / name, tmp_path / "html")
        demonstration.write_project(tmp_path / name, tmp_path / "html")
        heads.append(demonstration.git(tmp_path / name, "rev-list", "main").split())

    assert heads[0] == heads[1]
    assert len(heads[0]) == 6


@pytest.mark.parametrize("after", ["init", "fast-import"])
def test_a_project_that_was_broken_off_is_completed(tmp_path, monkeypatch, after):
    whole = demonstration.git

    def broken_off(folder, *words, **more):
        whole(folder, *words, **more)
        if words[0] == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(demonstration, "git", broken_off)
    with pytest.raises(KeyboardInterrupt):
        demonstration.write_project(tmp_path / "project", tmp_path / "html")
    monkeypatch.undo()

    demonstration.write_project(tmp_path / "project", tmp_path / "html")

    assert len(demonstration.git(tmp_path / "project", "rev-list", "main").split()) == 6
    assert "demonstration" in (tmp_path / "project/setup.py").read_text()


@pytest.mark.timing
@needs_gil
def test_the_third_commit_holds_the_gil_and_the_fifth_releases_it_again(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "demonstration")  # the extension takes the tool's name
    demonstration.write_project(tmp_path / "project", tmp_path / "html")
    held = []
    for commit in ("main~4", "main~3", "main~1"):
        folder = tmp_path / commit
        demonstration.git(tmp_path / "project", "worktree", "add", "--quiet", str(folder), commit)
        build = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        subprocess.run(build, cwd=folder, check=True, capture_output=True)
        (built,) = folder.glob("demonstration.*.so")
        load = (
            "from importlib.util import module_from_spec, spec_from_file_location\n"
            f"spec = spec_from_file_location('demonstration', {str(built)!r})\n"
            "module = module_from_spec(spec)\nspec.loader.exec_module(module)\ntotal = module.total"
        )
        held.append(probe_gil(Workload("total(1_000_000)", load), 0.3).share)

    assert held[0] < 0.2
    assert held[1] > 0.8
    assert held[2] < 0.2


@pytest.mark.parametrize(
    "page", ['<main><section aria-labelledby="workloads"></section></main>', "<main></main>"]
)
def test_the_picture_stands_before_the_workloads_or_at_the_end(tmp_path, page):
    overview = tmp_path / "index.html"
    overview.write_text(page, encoding="utf-8")

    demonstration.show(overview)

    figure = f"<main>{demonstration.FIGURE}"
    assert overview.read_text(encoding="utf-8") == page.replace("<main>", figure)
