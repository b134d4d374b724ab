"""asv's own choice of environments, for interpreters that are found and never run."""

from antigil.history.asv_adapter import running


def let_asv_choose(monkeypatch, folder, *pythons):
    """Put interpreters on the PATH, and leave out of asv's installing all that comes after the choice."""
    folder.mkdir()
    for python in pythons:
        (folder / f"python{python}").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(running.Setup, "perform_setup", lambda environments, parallel: None)
    monkeypatch.setattr(running, "_install", lambda conf, repo, env, commit: None)
