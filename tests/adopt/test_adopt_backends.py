"""What init writes for every build backend and layout; one of them followed to its page.

`tools/adopt_backends.py` follows them all.
"""

import json
import shlex
import sys

import pytest
from backends import CASES, SETUP, STATEMENT, make_case
from printed import environment, follow, init

from antigil.adopt import building, checkout
from antigil.commands import main as cli

pytest.importorskip("asv")

ISOLATED = ["python -mpip wheel --no-deps -w {build_cache_dir} {build_dir}"]
#: What asv is left to do where the suite was there and says nothing of it.
WRITTEN = dict.fromkeys(CASES, ISOLATED) | {
    **dict.fromkeys([name for name, case in CASES.items() if case.suite is not None], None),
    "build requirement in the matrix": [
        "python -mpip install 'setuptools>=77'",
        "python -mpip wheel --no-deps --no-build-isolation -w {build_cache_dir} {build_dir}",
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_asv_is_told_how_to_build_each(tmp_path, monkeypatch, capsys, name):
    case, root = CASES[name], tmp_path / "project"
    make_case(root, case)
    monkeypatch.chdir(root / case.folder)
    assert cli.main(["init", "-s", SETUP, STATEMENT]) == 0
    (path,) = root.glob("**/asv.conf.json")
    config = json.loads(path.read_text())
    assert config.get("build_command") == WRITTEN[name]
    assert config["branches"] == [case.branch]
    assert checkout.look_at(root / case.folder).backend is not None
    said = capsys.readouterr().out
    assert f"antigil compare {case.branch}~1 {case.branch}\n" in said
    assert "--no-build-isolation to" not in said


PIP, BUILD = ("pip", "--no-build-isolation"), ("build", "--no-isolation")


@pytest.mark.parametrize(
    ("backend", "requires", "installed"),
    [
        ("mesonpy", ("meson-python>=0.15", "Cython"), "python -mpip install 'meson-python>=0.15' ninja"),
        ("scikit_build_core", ("x", "cython"), "python -mpip install x cmake ninja"),
        ("setuptools", ("Cython>=3",), None),
    ],
)
def test_without_isolation_what_the_backend_asks_for_is_installed(backend, requires, installed):
    config = {"matrix": {"req": {"pip+CYTHON": ["3.0"]}}}
    *first, wheel = building.build_command(backend, requires, config)
    assert first == ([installed] if installed else [])
    assert "--no-build-isolation" in wheel


@pytest.mark.parametrize(
    "config",
    [
        {"matrix": {"cython": ["3.0"]}},
        {"include": [{"python": "3.13", "req": {"Cython": "3.0"}}]},
        {"matrix": {"env": {"A": ["b"]}, "req": {"cython": ["3.0"]}}},
    ],
)
def test_the_matrix_is_read_in_each_of_asvs_forms(config):
    assert building.varied_in(("cython>=3", "six"), config) == ["cython"]
    assert building.varied_in(("six",), config) == []


@pytest.mark.parametrize(
    ("versions", "varies"),
    [([], False), ("", False), ([""], False), ("1.26", True), (["1", "2"], True), (["", "2"], True)],
)
@pytest.mark.parametrize("form", [lambda told: told, lambda told: {"req": told}])
def test_only_a_certain_version_or_several_vary_a_build(versions, varies, form):
    """One that is named without a version is the newest, as it is in an isolated build."""
    matrix = form({"numpy": versions, "pybind11": None})
    assert building.varied_in(("numpy>=1", "pybind11"), {"matrix": matrix}) == (["numpy"] if varies else [])


@pytest.mark.parametrize(
    "told", [3, ["numpy"], "numpy", {"req": 3}, {"req": ["numpy"]}, {"req": {"numpy": {}}}]
)
def test_a_matrix_that_is_none_of_asvs_is_read_without_a_crash(told):
    assert building.varied_in(("six",), {"matrix": told, "include": [told]}) == []


@pytest.mark.parametrize(
    ("command", "isolated"),
    [
        (ISOLATED[0], PIP),
        ("python -m build --wheel -o {build_cache_dir} {build_dir}", BUILD),
        ("in-dir={build_dir} {env_dir}/bin/python3.13 -Im build -onew", BUILD),
        ("pyproject-build", ("pyproject-build", "--no-isolation")),
        ("python -m build -wnx -o {build_cache_dir} {build_dir}", None),
        ("python -mbuild -n", None),
        ("python -m build --no-isolation {build_dir}", None),
        ("pip wheel -n {build_dir}", PIP),
        ("pip wheel --no-build-isolation {build_dir}", None),
        ("PIP_NO_BUILD_ISOLATION=off python -mpip wheel .", None),
        ("PIP_NO_BUILD_ISOLATION=1 python -mpip wheel .", PIP),  # pip reads it so
        ("python -mpip install build numpy", None),
        ("python setup.py bdist_wheel", None),
        ("uv build {build_dir}", ("uv", "--no-build-isolation")),
        ("UV_NO_BUILD_ISOLATION=1 uv build {build_dir}", None),
        ("PIP_NO_BUILD_ISOLATION=0 uv build .", ("uv", "--no-build-isolation")),  # which uv does not read
        ("pip3.13 wheel -w {build_cache_dir} ./", PIP),
        ("python -W ignore -X dev -m pip wheel {build_dir}", PIP),
        ("make wheel", None),
        ("A=b", None),
        ("python", None),
    ],
)
def test_whether_a_build_is_isolated_is_read_from_its_command(command, isolated):
    assert building.isolating([command]) == ([] if isolated is None else [isolated])


def test_of_several_commands_each_is_judged_for_itself():
    ours = "python -mpip wheel --no-build-isolation -w {build_cache_dir} {build_dir}"
    assert building.isolating(["python -mpip install cython", ours]) == []
    assert building.isolating([ours, "python -mbuild {build_dir}"]) == [BUILD]
    both = ["python -mbuild {build_dir}", "pip wheel {build_dir}", "pip wheel ."]
    assert building.isolating(both) == [BUILD, PIP]


def test_a_build_command_that_hides_the_matrix_is_told(tmp_path, monkeypatch, capsys):
    case = CASES["build requirement in the matrix"]
    make_case(tmp_path / "project", case._replace(suite={**case.suite, "build_command": ISOLATED}))
    monkeypatch.chdir(tmp_path / "project")
    assert cli.main(["init", "--dry-run"]) == 0
    capsys.readouterr()
    assert cli.main(["init"]) == 0
    assert "The matrix varies cython" in capsys.readouterr().out
    assert json.loads((tmp_path / "project/asv_bench/asv.conf.json").read_text())["build_command"] == ISOLATED


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are a shell's")
def test_what_init_prints_works_as_it_is_printed(tmp_path):
    """Built by meson-python, on a branch master, below the top; asv measures the first workload."""
    case = CASES["branch master"]._replace(folder="bindings/python")
    make_case(tmp_path / "project", case)
    root = tmp_path / "project" / case.folder
    env = environment(tmp_path / "home", ANTIGIL_PROCESSES="1")
    _, commands = init(root, env, "-s", SETUP, STATEMENT)
    *wanted, compare = [one for one in commands if not one.startswith("antigil measure")]
    assert shlex.split(compare) == ["antigil", "compare", "master~1", "master"]
    shorter = [one.replace("asv run ", "asv run --bench First.track_ ") for one in wanted]
    for command, done, _ in follow(shorter, root, env):
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    (path,) = root.glob(".asv/results/*/*-virtualenv-*.json")
    assert json.loads(path.read_text())["results"]["thread_scaling.First.track_gil_held"][0][0] < 0.5
    assert (root / ".asv/html/speedup/thread_scaling.First.html").exists()
