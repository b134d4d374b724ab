"""Two comparisons in one checkout would put their builds in each other's place: the second is refused."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from nights import LOSES, lost_from

from antigil.commands import main as cli
from antigil.errors import UserError
from antigil.guard.profile.sampling import Sampling
from antigil.history.asv_adapter import running
from antigil.history.asv_adapter.running import only_user

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no lock on Windows")

HOLD = """
import sys
from types import SimpleNamespace
from antigil.history.asv_adapter.running import only_user

with only_user(SimpleNamespace(env_dir=sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def another():
    """Return what starts another process that holds a folder of environments, until the test ends."""
    started = []

    def hold(env_dir):
        command = [sys.executable, "-c", HOLD, str(env_dir)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield hold
    for process in started:
        process.communicate()


def test_a_folder_is_held_by_one_process_until_that_has_ended(tmp_path, another):
    conf = SimpleNamespace(env_dir=str(tmp_path / "env"))
    process = another(tmp_path / "env")

    with pytest.raises(UserError, match=r"^another comparison measures builds in .*env: wait for its end$"):
        only_user(conf).__enter__()

    process.kill()
    process.wait()
    with only_user(conf):
        pass


def test_other_folders_are_free(tmp_path, another):
    another(tmp_path / "env")

    with only_user(SimpleNamespace(env_dir=str(tmp_path / "other"))):
        pass


def test_who_holds_it_may_hold_it_again_and_what_it_started_does_not(tmp_path, another):
    conf = SimpleNamespace(env_dir=str(tmp_path / "env"))
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]

    with only_user(conf):
        with only_user(SimpleNamespace(env_dir=f"{tmp_path}/./env")):
            pass
        with pytest.raises(AssertionError):
            another(tmp_path / "env")
        child = subprocess.Popen(command, stdin=subprocess.PIPE, close_fds=False)
    another(tmp_path / "env")
    assert child.poll() is None
    child.communicate()


def test_a_failure_lets_go_of_it(tmp_path, another):
    conf = SimpleNamespace(env_dir=str(tmp_path / "env"))

    with pytest.raises(ZeroDivisionError), only_user(conf):
        raise ZeroDivisionError
    another(tmp_path / "env")


def test_a_file_system_without_locks_is_told_and_measured_on(tmp_path, monkeypatch, capsys):
    def no_locks(file, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(running.fcntl, "flock", no_locks)

    with only_user(SimpleNamespace(env_dir=str(tmp_path))):
        pass

    told = capsys.readouterr().err
    assert told.startswith("antigil: note: No locks available: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "main~1", "main"),
        ("compare", "--pythons", "3.97", "3.98", "main"),
        ("bisect", "main~3", "main", "work.One"),
        ("alert", "--confirm"),
    ],
)
def test_a_second_comparison_is_refused_in_one_line_and_measures_nothing(history, capsys, another, words):
    another(history.root / "env")

    assert cli.main([*words]) == 2

    assert capsys.readouterr().err == (
        "antigil: error: another comparison measures builds in env: wait for its end\n"
    )
    assert history.asked == []


def test_where_nothing_is_asked_the_alert_waits_for_nobody(make_history, capsys, another):
    history = make_history(LOSES[1:])
    another(history.root / "env")

    assert cli.main(["alert", "--confirm"]) == 0

    assert capsys.readouterr().out.startswith("Nothing lost\n")


def test_a_search_holds_it_from_one_comparison_to_the_next(make_history, capsys, another, monkeypatch):
    history = make_history(commits=9)
    history.shows, held = lost_from(6), []
    measure_both = running_in(history, held)
    monkeypatch.setattr("antigil.guard.comparison.measure_both", measure_both)

    assert cli.main(["bisect", *(history.hashes[i] for i in (0, 8)), "work.One"]) == 1

    assert len(history.asked) > 2
    assert set(held) == {True}
    another(history.root / "env")


def running_in(history, held):
    """Return what measures as the history does, and notes whether the folder of environments is held."""

    def measure_both(*args, **options):
        held.append(running._held == {Path(history.root, "env", running.LOCK).resolve()})
        return history.measure_both(*args, **options)

    return measure_both


def test_it_is_held_while_what_lost_is_sampled(history, monkeypatch):
    history.shows, held = lost_from(8), []

    def add_functions(self, place, compared):
        held.append(len(running._held))
        return compared

    monkeypatch.setattr(Sampling, "add_functions", add_functions)

    assert cli.main(["compare", "main~1", "main"]) == 1
    assert (held, running._held) == ([1], set())
