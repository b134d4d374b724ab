"""One commit under several interpreters: which of asv's environments are compared, and which cannot be."""

import json
from pathlib import Path

import pytest
from comparisons import STEADY, WORKLOADS, readings
from generated import Plan, generate
from made_up_environments import let_asv_choose

from antigil.commands import main as cli
from antigil.guard import comparison, interleaved_visits
from antigil.guard.interpreters import compare_pythons
from antigil.history.project import open_project

#: As where a package has wheels for some interpreters only.
APART = {"req": {"numpy": ["1", "2"]}}
NOT_BOTH = [{"python": "3.98", "req": {"numpy": "1"}}, {"python": "3.99", "req": {"numpy": "2"}}]


@pytest.fixture
def commits(tmp_path, monkeypatch):
    """Return the hashes of a project that has environments for three interpreters, and go there."""
    root = tmp_path / "project"
    hashes = generate(Plan(commits=3, tags={"2.0": 1}), root)
    let_asv_choose(monkeypatch, tmp_path / "bin", "3.97", "3.98", "3.99")
    monkeypatch.chdir(root)
    return hashes


def configure(**changes):
    """Change asv's configuration."""
    file = Path("asv.conf.json")
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


@pytest.mark.parametrize("pythons", [("3.98", "3.99"), ("3.98", "3.97", "3.99")])
def test_an_interpreter_with_nothing_in_common_is_refused_in_one_line(commits, capsys, pythons):
    configure(matrix=APART, exclude=NOT_BOTH)

    assert cli.main(["compare", "--pythons", *pythons]) == 2

    assert capsys.readouterr().err.splitlines()[1:] == [
        "antigil: error: nothing to compare under 3.98 and 3.99: asv.conf.json gives them no requirements and"
        " variables in common (virtualenv-py3.98-numpy2, virtualenv-py3.99-numpy1)"
    ]


class Suite(dict):
    """A suite as asv finds it."""

    def filter_out(self, names):
        """Return the rest."""
        return Suite({name: what for name, what in self.items() if name not in names})


def test_environments_without_a_counterpart_are_named(commits, monkeypatch):
    """Both have NumPy 1, and each has another one for itself."""
    quantity = {"antigil_quantity": "slowdown", "params": [["1", "2"]], "param_names": ["threads"]}
    suite = Suite({f"{name}.track_slowdown": quantity for name in WORKLOADS})

    def measure_both(place, sides, workloads, progress):
        return tuple(readings(STEADY, n=len(sides) // 2) for _ in range(2))

    monkeypatch.setattr(interleaved_visits, "discover", lambda *asked: suite)
    monkeypatch.setattr(interleaved_visits, "surroundings_of", lambda installation: {})
    monkeypatch.setattr(comparison, "measure_both", measure_both)
    exclude = [{"python": "3.98", "req": {"numpy": "2"}}, {"python": "3.99", "req": {"numpy": "3"}}]
    configure(matrix={"req": {"numpy": ["1", "2", "3"]}}, exclude=exclude)
    project = open_project()

    found = compare_pythons(project, project.revision("main"), ["3.98", "3.99", "3.97"])

    assert [one.environment for one in found.comparisons] == [
        "virtualenv-py3.98-numpy1 → virtualenv-py3.99-numpy1",
        "virtualenv-py3.98-numpy1 → virtualenv-py3.97-numpy1",
        "virtualenv-py3.98-numpy3 → virtualenv-py3.97-numpy3",
    ]
    assert [one.verdict.notes for one in found.comparisons] == [
        (
            "virtualenv-py3.98-numpy3 is compared with nothing: 3.99 has no environment like it",
            "virtualenv-py3.99-numpy2 is compared with nothing: 3.98 has no environment like it",
            "virtualenv-py3.97-numpy2 is compared with nothing: 3.98 has no environment like it",
        ),
        (),
        (),
    ]


def test_a_commit_before_the_interpreters_is_one_even_if_named_like_them(commits, capsys):
    configure(matrix=APART, exclude=NOT_BOTH)

    assert cli.main(["compare", "2.0", "--pythons", "3.98", "3.99"]) == 2

    assert f"installing {commits[1][:8]} for 3.98, 3.99" in capsys.readouterr().err
