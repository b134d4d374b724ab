"""The asv suite: what asv finds in it, and what a real run takes from the checkout and from the commit."""

import dataclasses
import importlib
import inspect
import json
import math
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLONED_FROM_THE_TREE = ("benchmarks", "antigil/scaling", "antigil/suite.py", "asv.conf.json")

PER_COUNT = {"slowdown", "waiting", "queued", "inflation"}
QUANTITIES = PER_COUNT | {"gil_held", "stall", "gil_enabled", "cpus_allowed", "cores_alike"}


@pytest.fixture(scope="module")
def suite():
    """Return the modules of the suite by name, imported as asv does: as a package of the checkout."""
    before = sys.path[:]
    sys.path.insert(0, str(ROOT))
    try:
        package = importlib.import_module("benchmarks")
        names = [module.name for module in pkgutil.iter_modules(package.__path__)]
        return {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    finally:
        sys.path[:] = before


@pytest.fixture(scope="module")
def workloads(suite):
    """Return the workload classes of the suite, by asv's name for them."""
    found = {}
    for name, module in suite.items():
        for label, value in vars(module).items():
            if inspect.isclass(value) and hasattr(value, "workload") and not inspect.isabstract(value):
                found[f"{name}.{label}"] = value
    return found


def tracked(owner):
    return {name: value for name, value in inspect.getmembers(owner) if name.startswith("track_") and value}


def test_the_articles_pair_and_the_controls_are_there(workloads):
    assert {"article.ComGil", "article.SemGil", "controls.Sha256", "controls.PythonLoop"} <= set(workloads)


def test_every_number_of_a_workload_says_what_it_is_of(workloads):
    for name, workload in workloads.items():
        numbers = tracked(workload)
        assert numbers, name
        for function in numbers.values():
            assert function.antigil_quantity in QUANTITIES
            assert function.antigil_title == tracked(workload)["track_slowdown"].antigil_title
            assert function.unit
            assert function.__doc__
            assert (getattr(function, "param_names", None) == ["threads"]) is (
                function.antigil_quantity in PER_COUNT
            )


def test_titles_tell_workloads_apart(workloads):
    titles = [tracked(workload)["track_slowdown"].antigil_title for workload in workloads.values()]
    assert len(set(titles)) == len(titles)
    assert all(titles)


def test_every_workload_of_the_suite_says_what_is_expected(workloads):
    for workload in workloads.values():
        told = {function.antigil_expected for function in tracked(workload).values()}
        assert len(told) == 1
        assert all(told)


def test_controls_alone_are_marked_as_such(workloads):
    for name, workload in workloads.items():
        marks = {bool(function.antigil_control) for function in tracked(workload).values()}
        assert marks == {name.startswith("controls.")}


def test_asv_measures_each_workload_by_itself(workloads):
    """Those that share a key share a measurement; asv makes it of the module and the line."""
    base = pytest.importorskip("asv_runner.benchmarks._base")
    keys = [base.get_setup_cache_key(workload().setup_cache) for workload in workloads.values()]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith(f"{name}():") for key, name in zip(keys, workloads, strict=True))


def test_surroundings_are_recorded(suite):
    quantities = {f.antigil_quantity for f in tracked(suite["surroundings"].Surroundings).values()}
    assert quantities == {"gil_enabled", "cpus_allowed", "cores_alike"}


def test_the_instrument_comes_from_the_checkout_under_its_own_name(suite):
    from benchmarks.checkout.suite import Scaling

    import antigil.scaling
    import benchmarks

    instrument = benchmarks.instrument
    assert Path(instrument.__file__) == ROOT / "antigil" / "scaling" / "__init__.py"
    assert instrument is not antigil.scaling
    assert instrument.__name__ == "benchmarks.checkout.scaling"
    assert issubclass(suite["article"].SemGil, Scaling)
    assert Path(inspect.getfile(Scaling)) == ROOT / "antigil" / "suite.py"


KERNEL = "from time import sleep as sleep_holding\n"
#: An editable install of antigil finds its modules in every package of that name.
NOT_EDITABLE = "import sys\nsys.meta_path = [f for f in sys.meta_path if 'ditable' not in str(f)]\n"


@pytest.fixture
def in_commit(suite, tmp_path):
    """Return a function that sets up ``SleepHolding`` where a commit's files are installed, given by path."""

    def set_up(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, "utf-8")
        original = suite["kernels"].SleepHolding.workload

        class Here(suite["kernels"].Known):
            workload = dataclasses.replace(
                original, setup=NOT_EDITABLE + original.setup, path=(str(tmp_path),)
            )

        measured = Here().setup_cache()
        Here().setup(measured)
        return measured

    return set_up


@pytest.mark.parametrize(
    "files",
    [{"antigil/__init__.py": "", "antigil/kernels.py": KERNEL}, {"antigil/__init__.py": KERNEL}],
    ids=["in their own room", "at the top"],
)
def test_a_kernel_is_found_where_its_commit_has_it(in_commit, files):
    assert [point["threads"] for point in in_commit(files)["points"]] == [1, 2, 4]


@pytest.mark.parametrize("files", [{"antigil/kernels.py": ""}, {}], ids=["a room without it", "no room"])
def test_a_commit_that_has_a_kernel_in_neither_place_is_skipped(in_commit, files):
    with pytest.raises(NotImplementedError, match=r"^not in this commit: cannot import name 'sleep_holding'"):
        in_commit({"antigil/__init__.py": "", **files})


@pytest.mark.parametrize(
    "kernels",
    [
        "import module_of_a_broken_release",
        "raise ImportError('_core.so: undefined symbol: sum_all')",
        "def sleep_holding(seconds):\n    import module_of_a_broken_release\n",
    ],
    ids=["what it imports is missing", "the extension cannot be loaded", "inside a call"],
)
def test_a_commit_that_has_a_kernel_and_cannot_import_it_fails(in_commit, kernels):
    with pytest.raises(ImportError, match=r"broken_release|undefined symbol"):
        in_commit({"antigil/__init__.py": "", "antigil/kernels.py": kernels})


# A real run. A benchmark of the test's own tells where the worker's kernels and the instrument lie.

WHEREABOUTS = """
import json
import sys
from pathlib import Path

from . import instrument

RAISE = "raise RuntimeError(_native.__file__)"


class Whereabouts:
    def setup_cache(self):
        try:
            workload = instrument.Workload(RAISE, "from antigil.kernels import _native")
            instrument.measure(workload, (1,), budget=0.1, processes=1)
        except RuntimeError as error:
            found = {"kernels": str(error), "prefix": sys.prefix, "instrument": instrument.__file__}
            Path(__file__).with_suffix(".json").write_text(json.dumps(found))

    def track_found(self):
        return 1
"""

BENCHMARKS = (
    r"^article\.(ComGil\.track_gil_held|SemGil\.track_slowdown|SemGil\.time_call)",
    r"^whereabouts\.",
)


@pytest.fixture(scope="module")
def asv(tmp_path_factory):
    """Return a function that runs asv in a clone whose newest commit lacks ``calcular_sem_gil``."""
    pytest.importorskip("asv")
    home, clone = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("checkout") / "antigil"
    for name in (".config", ".pip", ".cache"):
        if (Path.home() / name).exists():
            (home / name).symlink_to(Path.home() / name)
    environment = {**os.environ, "HOME": str(home), "ANTIGIL_PROCESSES": "1"}

    def run(*command):
        return subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=3600
        )

    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "-B", "main"], cwd=clone, check=True)
    names = clone / "antigil" / "kernels" / "__init__.py"
    lines = names.read_text().splitlines(keepends=True)
    names.write_text("".join(line for line in lines if line.strip() != '"calcular_sem_gil",'))
    subprocess.run(["git", "commit", "--quiet", "-m", "kernels: lose one", str(names)], cwd=clone, check=True)
    for name in CLONED_FROM_THE_TREE:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, clone / name)
        else:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, clone / name, dirs_exist_ok=True, ignore=ignored)
    (clone / "benchmarks" / "whereabouts.py").write_text(WHEREABOUTS)
    machine = run(sys.executable, "-m", "asv", "machine", "--yes", "--machine", "here")
    assert machine.returncode == 0, machine.stdout + machine.stderr
    return lambda *arguments: (clone, run(sys.executable, "-m", "asv", *arguments))


@pytest.fixture(scope="module")
def ran(asv):
    """Return the clone, what asv said, and the results of the newest commit by benchmark."""
    benches = [argument for pattern in BENCHMARKS for argument in ("--bench", pattern)]
    clone, run = asv("run", "--machine", "here", *benches, "HEAD^!")
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    (path,) = (clone / ".asv" / "results" / "here").glob("*-*.json")
    return clone, said, json.loads(path.read_text())["results"]


def values(results, name):
    return results[name][0]


@pytest.mark.long
def test_a_workload_that_a_commit_lacks_is_skipped_and_not_failed(ran):
    """For every thread count; asv writes NaN for skipped, and null for failed."""
    _, said, results = ran
    for name, count in (("article.SemGil.track_slowdown", 4), ("article.SemGil.time_call", 1)):
        found = values(results, name)
        assert len(found) == count, said
        assert all(value is not None and math.isnan(value) for value in found), said


@pytest.mark.long
def test_the_other_workloads_of_that_commit_are_measured(ran):
    _, said, results = ran
    assert all(0.0 <= value <= 1.0 for value in values(results, "article.ComGil.track_gil_held")), said


@pytest.mark.long
def test_the_kernels_come_from_the_commit_and_the_instrument_from_the_checkout(ran):
    """The first lie in asv's environment, in the worker process too; the second in the checkout."""
    clone, said, results = ran
    assert values(results, "whereabouts.Whereabouts.track_found") == [1], said
    found = json.loads((clone / "benchmarks" / "whereabouts.json").read_text())
    assert Path(found["prefix"]).is_relative_to(clone / ".asv" / "env")
    assert Path(found["kernels"]).is_relative_to(found["prefix"])
    assert Path(found["instrument"]) == clone / "antigil" / "scaling" / "__init__.py"


@pytest.mark.long
def test_asv_finds_no_fault_with_the_suite(asv, ran):
    """It looks at the parameters that each benchmark takes, in the environment of the run."""
    _, run = asv("check")
    assert run.returncode == 0, run.stdout + run.stderr
