"""Somebody's checkout."""

import pytest
from backends import git


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return what makes a checkout with some files, and goes there."""

    def make(files, branch="main"):
        root = tmp_path / "project"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        git(tmp_path, "init", "-q", "-b", branch, str(root))
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", "all of it")
        monkeypatch.chdir(root)
        return root

    return make
