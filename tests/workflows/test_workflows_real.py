"""The history's workflow with nothing simulated but GitHub: asv builds a commit and measures it."""

import json
import subprocess
import sys

import pytest
from histories import finished
from runs import GitHub
from sample_project import FIRST, configuration, generate_project, git

pytestmark = pytest.mark.long


def test_a_push_is_built_measured_and_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("REHEARSAL_PYTHON", sys.executable)
    origin, work = tmp_path / "origin.git", tmp_path / "author"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(origin)], check=True)
    generate_project(work, {"article": FIRST["article"]}, (), {"article": 1.0, "loop": 1.0})
    folders = {f"{name}_dir": f".asv/{name}" for name in ("results", "html", "env")}
    conf = {**configuration(), **folders, "antigil": {"backfill": 1}}
    (work / "asv.conf.json").write_text(json.dumps(conf))
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "bench: measure")
    git(work, "push", "-q", str(origin), "main")

    run = finished(GitHub(tmp_path, origin, measures=True).run("history"), until="store")

    assert run.called["backlog"].results == {"plan": "success", "measure": "success", "store": "success"}
    names = git(origin, "ls-tree", "-r", "--name-only", "results").split()
    (name,) = (one for one in names if git(work, "rev-parse", "--short=8", "main") in one)
    rows = json.loads(git(origin, "show", f"results:{name}"))["results"]
    (held,) = rows["work.Article.track_gil_held"][0]
    assert held > 0.5  # `calcular_com_gil` keeps it throughout
