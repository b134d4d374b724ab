"""Where the generated histories and the sample project are, and a stand-in for ``gh``."""

import json
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
for room in ("guard", "history"):
    sys.path.insert(0, str(TESTS / room))

#: The stand-in is a shell script.
collect_ignore = (
    ["test_ci_github.py", "test_ci_post_comment.py", "test_ci_synchronise.py"]
    if sys.platform == "win32"
    else []
)


class GitHub:
    """What the stand-in keeps, in files."""

    def __init__(self, folder):
        self.folder = folder

    def kept(self, name):
        """Return what is kept under a name."""
        file = self.folder / f"{name}.json"
        return json.loads(file.read_text()) if file.exists() else []

    def keep(self, name, content):
        """Keep something under a name."""
        (self.folder / f"{name}.json").write_text(json.dumps(content))

    def refuse(self, match, times=1, said="Server Error (HTTP 500)"):
        """Refuse calls whose method and address contain a text."""
        self.keep("refusals", [{"match": match, "times": times, "said": said}])

    @property
    def calls(self):
        """The calls so far."""
        return (self.folder / "calls.txt").read_text().splitlines()


@pytest.fixture
def github(tmp_path, monkeypatch):
    """Put a ``gh`` onto the PATH that plays GitHub with files, for a token that may write issues."""
    folder, programs = tmp_path / "github", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    gh = programs / "gh"
    gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{TESTS}/workflows/github_recorder.py" "$@"\n')
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("REHEARSAL_GITHUB", str(folder))
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/project")
    monkeypatch.setenv("GH_TOKEN", "issues:write pull-requests:write contents:read")
    return GitHub(folder)
