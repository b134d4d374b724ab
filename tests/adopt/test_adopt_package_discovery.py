"""A suite is not installed with the project: what setuptools itself finds, and what is told of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import Distribution
from setuptools.discovery import ConfigDiscovery, PackageFinder, PEP420PackageFinder

from antigil.commands import main as cli

TABLE = '[project]\nname = "quick"\nversion = "1"\n'
SCRIPTS = {"benchmarks/run.py": "raise SystemExit('no benchmark of asv')\n"}
SETUP = "from setuptools import find_namespace_packages, find_packages, setup\n"
PACKAGE = {**SCRIPTS, "benchmarks/__init__.py": ""}
FIND = "[tool.setuptools.packages.find]\n"


def found_untold():
    """Return what setuptools finds here where nothing says what there is."""
    distribution = Distribution()
    distribution.src_root = os.getcwd()
    ConfigDiscovery(distribution)(name=False)
    return sorted({*(distribution.packages or ()), *(distribution.py_modules or ())})


@pytest.mark.parametrize("own", ["quick.py", "quick/__init__.py", "src/quick/__init__.py"])
@pytest.mark.parametrize("others", [{}, SCRIPTS, PACKAGE])
@pytest.mark.parametrize("words", [[], ["--config", "antigil-bench/asv.conf.json"]])
def test_what_setuptools_finds_untold_is_the_same_as_before(project, own, others, words):
    root = project({"pyproject.toml": TABLE, own: "", **others})
    before = found_untold()
    assert cli.main(["init", *words]) == 0
    assert (found_untold(), before) == (["quick"], ["quick"])
    config = root / (words[-1] if words else "asv.conf.json")
    folder = json.loads(config.read_text()).get("benchmark_dir", "benchmarks")
    assert (config.parent / folder / "thread_scaling.py").exists()


@pytest.mark.parametrize("others", [SCRIPTS, {**PACKAGE, "benchmarks/__init__.py": "1 / 0\n"}])
def test_asv_finds_the_suite_among_scripts_and_imports_none_of_them(project, others):
    pytest.importorskip("asv_runner")
    root = project({"pyproject.toml": TABLE, "quick.py": "", **others})
    assert cli.main(["init"]) == 0
    suite = root / json.loads((root / "asv.conf.json").read_text())["benchmark_dir"]
    code = "import sys; from asv_runner.discovery import list_benchmarks as f; f(sys.argv[1], sys.stdout)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(suite)],
        cwd=root.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    names = [one["name"] for one in json.loads(done.stdout)]
    assert "thread_scaling.First.track_slowdown" in names
    assert {name.partition(".")[0] for name in names} == {"thread_scaling"}


@pytest.mark.parametrize("others", [{}, SCRIPTS, PACKAGE])
@pytest.mark.parametrize(
    ("files", "finder", "given"),
    [
        ({"setup.py": f"{SETUP}setup(packages=find_packages())"}, PackageFinder, {}),
        (
            {"setup.py": f"{SETUP}setup(packages=find_packages('.', exclude=('tests', 'docs')))"},
            PackageFinder,
            {"exclude": ("tests", "docs")},
        ),
        (
            {"setup.py": f"{SETUP}setup(packages=find_packages(exclude=['tests', 'benchmarks']))"},
            PackageFinder,
            {"exclude": ("tests", "benchmarks")},
        ),
        ({"setup.py": f"{SETUP}setup(packages=find_namespace_packages())"}, PEP420PackageFinder, {}),
        ({"setup.py": "", "setup.cfg": "[options]\npackages = find:\n"}, PackageFinder, {}),
        ({"setup.py": "", "setup.cfg": "[options]\npackages = find_namespace:\n"}, PEP420PackageFinder, {}),
        ({"pyproject.toml": f'{TABLE}{FIND}where = ["."]\n'}, PEP420PackageFinder, {}),
        ({"pyproject.toml": f"{TABLE}{FIND}namespaces = false\n"}, PackageFinder, {}),
    ],
)
def test_that_setuptools_would_install_the_suite_is_told_where_it_would(
    project, capsys, files, finder, given, others
):
    """And no longer, once it is told what to leave out."""
    root = project({"pyproject.toml": TABLE, "quick/__init__.py": "", **files, **others})
    assert cli.main(["init"]) == 0
    (suite,) = (path.parent for path in root.rglob("thread_scaling.py"))
    name = ".".join(suite.relative_to(root).parts)
    said, finds = capsys.readouterr().out, name in finder.find(root, **given)
    assert (f"setuptools would install {name} with the project" in said) is finds
    for left_out in re.findall(r"exclude=\['(.*)'\]", said):
        assert name not in finder.find(root, exclude=[left_out])


@pytest.mark.parametrize(
    "setup",
    [
        "setup(packages=find_packages('src'))",
        "setup(packages=find_packages(where='lib'))",
        "setup(packages=find_packages(include=['quick', 'quick.*']))",
        "setup(packages=find_packages(exclude=['tests', 'benchmarks*']))",
        "setup(packages=find_packages(exclude=EXCLUDED))",
        "setup(packages=find_packages(exclude=['tests', BENCH]))",
        "setup(packages=find_packages(**WORDS))",
        "setup(packages=['quick'])",
        "print 'Python 2'",
    ],
)
def test_nothing_is_told_where_setuptools_looks_elsewhere_or_has_been_told_what_to_take(
    project, capsys, setup
):
    project({"setup.py": SETUP + setup, "quick/__init__.py": ""})
    assert cli.main(["init"]) == 0
    assert "setuptools would install" not in capsys.readouterr().out
