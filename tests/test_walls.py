"""The walls between the rooms, from the import statements.

Each wall is a function from a module's imports to the imports that break it. Every one is tried on sources
that break it, too: a wall that lets everything through is no wall.
"""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent

#: What a room may take beside the standard library. Those that are not named here take nothing.
LIBRARIES = {
    "guard": {"numpy"},
    "history": {"asv", "numpy"},
    "laws": {"numpy", "scipy"},
    "measurement_plot": {"matplotlib"},
    "pytest_plugin": {"pytest"},
    "site": {"bokeh", "jinja2", "numpy"},
    "where": {"elftools"},
}
MOST_MODULES = 15  # of a room, its __init__ included
MOST_LINES = 300  # of a module


@dataclass(frozen=True)
class Import:
    """One imported name.

    Parameters
    ----------
    name
        The full dotted name; of ``from a import b``, ``a.b``.
    relative
        Whether it was written with leading dots.
    lazy
        Whether it stands inside a function, and so runs only when that is called.
    """

    name: str
    relative: bool
    lazy: bool

    @property
    def top(self) -> str:
        """The outermost package."""
        return self.name.partition(".")[0]

    def within(self, *modules: str) -> bool:
        """Tell whether it is one of ``modules`` or part of one."""
        return any(self.name == module or self.name.startswith(f"{module}.") for module in modules)


class _Collector(ast.NodeVisitor):
    """Collects the imports of one module, those by a literal `import_module` too."""

    def __init__(self, path: PurePosixPath) -> None:
        self.package = path.parent.parts
        self.depth = 0
        self.found: list[Import] = []

    def _add(self, name: str, *, relative: bool = False) -> None:
        self.found.append(Import(name, relative, lazy=self.depth > 0))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self.package[: len(self.package) + 1 - node.level] if node.level else ()
        for alias in node.names:
            self._add(".".join(filter(None, [*above, node.module, alias.name])), relative=node.level > 0)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            self._add(node.args[0].value)
        self.generic_visit(node)

    def _visit_function(self, node: ast.AST) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def visit_If(self, node: ast.If) -> None:
        """Pass over what only a type checker reads."""
        only_types = ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for part in node.orelse if only_types else ast.iter_child_nodes(node):
            self.visit(part)


def imports(path: PurePosixPath, source: str) -> list[Import]:
    """Return what a module of the repository imports."""
    collector = _Collector(path)
    collector.visit(ast.parse(source))
    return collector.found


def drawing(text: str) -> dict[str, list[str]]:
    """Return the rooms in CONTRIBUTING.md's drawing, from the top, each with those it imports from."""
    block = text.partition("## The house")[2].partition("```\n")[2].partition("```")[0]
    rows = [line.partition("→") for line in block.splitlines()]
    return {room.strip(): other.replace(",", " ").split() for room, _, other in rows if room.strip()}


DRAWN = drawing((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


def room_of(path: PurePosixPath) -> str:
    """Return the room of one of antigil's modules; a module of its own is a room, too."""
    return path.parts[1].removesuffix(".py")


def breaks_instrument(path: PurePosixPath, found: Import) -> bool:
    """Wall 1: scaling/ takes the standard library, and itself only relatively: it is loaded by path."""
    if not path.is_relative_to("antigil/scaling"):
        return False
    if found.relative:
        return not found.within("antigil.scaling")
    return found.top not in sys.stdlib_module_names


def breaks_library(path: PurePosixPath, found: Import) -> bool:
    """Wall 2: a room takes the standard library, and of other packages only what `LIBRARIES` grants it.

    asv imports all of benchmarks/ wherever it runs: there, a workload's own package is imported lazily.
    """
    if found.relative or found.top == "antigil" or found.top in sys.stdlib_module_names:
        return False
    if path.is_relative_to("benchmarks"):
        return not found.lazy
    return found.top not in LIBRARIES.get(room_of(path), set())


def breaks_drawing(path: PurePosixPath, found: Import) -> bool:
    """Wall 3: a room takes from others only as CONTRIBUTING.md draws it, which is downwards."""
    if not path.is_relative_to("antigil") or found.top != "antigil" or not is_module(found):
        return False
    room, other = room_of(path), found.name.split(".")[1]
    return room in DRAWN and other not in {room, *DRAWN[room]}


def breaks_adapter(path: PurePosixPath, found: Import) -> bool:
    """Wall 2, too: what is used of asv's inside stands in one place."""
    inside = path.is_relative_to("antigil/history/asv_adapter") or not path.is_relative_to("antigil")
    return not inside and found.top in {"asv", "asv_runner"}


def breaks_git(path: PurePosixPath, found: Import) -> bool:
    """Wall 4: one module runs git; what else starts a process is named here."""
    starts = {
        "antigil/git.py",
        "antigil/ci/github.py",
        "antigil/ci/measure_job.py",
        "antigil/commands/arguments.py",
        "antigil/scaling/mixes_and_processes/fleet.py",
        "antigil/scaling/own_work/processes.py",  # ends one
        "antigil/scaling/process.py",
        "antigil/where/build.py",
    }
    return path.is_relative_to("antigil") and str(path) not in starts and found.top == "subprocess"


def breaks_unbuilt(path: PurePosixPath, found: Import) -> bool:
    """Wall 5: the package's kernels and other lazy names are looked up when they are used."""
    if not path.is_relative_to("antigil") or found.lazy:
        return False
    if found.within("antigil.kernels"):
        return found.name != "antigil.kernels"
    return found.name.count(".") == 1 and found.top == "antigil" and not is_module(found)


def breaks_suite(path: PurePosixPath, found: Import) -> bool:
    """Wall 6: benchmarks/ takes from the installed package only functions, and when it runs."""
    if not path.is_relative_to("benchmarks") or found.top != "antigil":
        return False
    return not found.lazy or (is_module(found) and not found.within("antigil.kernels"))


def breaks_base_class(path: PurePosixPath, found: Import) -> bool:
    """Wall 6, too: suite.py is loaded by path with scaling/, and takes nothing else of antigil."""
    if path != PurePosixPath("antigil/suite.py"):
        return False
    if found.relative:
        return not found.within("antigil.scaling")
    return found.top not in sys.stdlib_module_names


def is_module(found: Import) -> bool:
    """Tell whether an import is of one of antigil's modules or from one, not of a name of antigil itself."""
    _, _, rest = found.name.partition(".")
    first = ROOT / "antigil" / rest.partition(".")[0]
    return bool(rest) and (first.is_dir() or first.with_suffix(".py").is_file())


WALLS = (
    breaks_instrument,
    breaks_library,
    breaks_drawing,
    breaks_adapter,
    breaks_git,
    breaks_unbuilt,
    breaks_suite,
    breaks_base_class,
)


def sources() -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the path within the repository and the text of each module behind a wall."""
    for room in ("antigil", "benchmarks"):
        for path in sorted((ROOT / room).rglob("*.py")):
            yield PurePosixPath(path.relative_to(ROOT).as_posix()), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("breaks", WALLS)
def test_wall_stands(breaks):
    broken = [
        f"{path}: {found}"
        for path, source in sources()
        for found in imports(path, source)
        if breaks(path, found)
    ]

    assert broken == []


@pytest.mark.parametrize(
    ("breaks", "path", "source"),
    [
        (breaks_instrument, "antigil/scaling/rounds.py", "import numpy as np"),
        (breaks_instrument, "antigil/scaling/rounds.py", "def f():\n    import numpy"),
        (breaks_instrument, "antigil/scaling/rounds.py", "from antigil.scaling import host"),
        (breaks_instrument, "antigil/scaling/rounds.py", "from .. import laws"),
        (breaks_instrument, "antigil/scaling/rounds.py", "from ..laws import amdahl"),
        (breaks_instrument, "antigil/scaling/__init__.py", "from antigil import kernels"),
        (breaks_library, "antigil/report/text.py", "import numpy as np"),
        (breaks_library, "antigil/ci/issues.py", "def f():\n    import asv"),
        (breaks_library, "antigil/testing.py", "def f():\n    from bokeh.plotting import figure"),
        (breaks_library, "antigil/laws/fit_measurement.py", "import_module('asv.results')"),
        (breaks_library, "antigil/guard/alerts.py", "from jinja2 import Template"),
        (breaks_drawing, "antigil/report/text.py", "from antigil.guard import alerts"),
        (breaks_drawing, "antigil/report/text.py", "from ..guard.alerts import Alert"),
        (breaks_drawing, "antigil/history/series.py", "def f():\n    from antigil.site import pages"),
        (breaks_drawing, "antigil/history/series.py", "def f():\n    import_module('antigil.guard.alerts')"),
        (breaks_drawing, "antigil/testing.py", "import antigil.history"),
        (breaks_drawing, "antigil/errors.py", "from antigil import laws"),
        (breaks_library, "benchmarks/article.py", "from jinja2 import Template"),
        (breaks_adapter, "antigil/history/change_detection.py", "from asv import step_detect"),
        (breaks_adapter, "antigil/asv_plugin.py", "from asv.publishing import OutputPublisher"),
        (breaks_adapter, "antigil/guard/interleaved_visits.py", "def f():\n    import asv_runner.statistics"),
        (breaks_git, "antigil/guard/interleaved_visits.py", "import subprocess"),
        (breaks_git, "antigil/ci/results_branch.py", "from subprocess import run"),
        (breaks_unbuilt, "antigil/commands/demo.py", "from antigil.kernels import calcular_com_gil"),
        (breaks_unbuilt, "antigil/commands/demo.py", "from antigil import calcular_com_gil"),
        (breaks_unbuilt, "antigil/commands/demo.py", "from ..kernels import _native"),
        (breaks_unbuilt, "antigil/__init__.py", "import_module('antigil.kernels._native')"),
        (
            breaks_unbuilt,
            "antigil/asv_plugin.py",
            "try:\n    from antigil import __version__\nfinally:\n    pass",
        ),
        (breaks_base_class, "antigil/suite.py", "import asv_runner"),
        (breaks_base_class, "antigil/suite.py", "from antigil.scaling import measure"),
        (breaks_base_class, "antigil/suite.py", "def f():\n    from . import laws"),
        (breaks_suite, "benchmarks/article.py", "import antigil"),
        (breaks_suite, "benchmarks/article.py", "class Com:\n    from antigil import calcular_com_gil"),
        (breaks_suite, "benchmarks/article.py", "def setup():\n    from antigil.scaling import measure"),
        (breaks_suite, "benchmarks/article.py", "def setup():\n    from antigil import scaling"),
    ],
)
def test_breach_is_seen(breaks, path, source):
    path = PurePosixPath(path)

    assert any(breaks(path, found) for found in imports(path, source))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("antigil/scaling/rounds.py", "import os.path\nfrom . import host\nfrom .host import affinity"),
        ("antigil/scaling/__init__.py", "from .rounds import measure"),
        (
            "antigil/asv_plugin.py",
            "from antigil.history import page\nfrom .history import page",
        ),
        ("antigil/suite.py", "import os\nfrom .scaling import measure"),
        ("antigil/history/asv_adapter/stored.py", "from asv.results import Results"),
        ("antigil/git.py", "import subprocess"),
        ("antigil/commands/compare.py", "def run():\n    from antigil.history import page"),
        (
            "antigil/commands/demo.py",
            "import antigil\nfrom antigil.scaling.host import cpus_allowed\nfrom antigil import laws",
        ),
        ("antigil/commands/demo.py", "def f():\n    from antigil import calcular_com_gil"),
        ("antigil/__init__.py", "if TYPE_CHECKING:\n    from antigil.kernels import calcular_com_gil"),
        ("benchmarks/article.py", "import hashlib\nfrom .checkout.suite import Scaling"),
        (
            "benchmarks/article.py",
            "def setup():\n    import antigil\n    from antigil import calcular_com_gil",
        ),
    ],
)
def test_what_a_room_may_import_breaks_no_wall(path, source):
    path = PurePosixPath(path)

    assert [found for found in imports(path, source) for breaks in WALLS if breaks(path, found)] == []


def test_the_drawing_shows_every_room_and_every_arrow():
    """Nothing is drawn that is not there: `breaks_drawing` sees what is there and not drawn."""
    arrows: dict[str, set[str]] = {}
    for path, source in sources():
        if path.is_relative_to("antigil") and room_of(path) not in ("__init__", "__main__"):
            own = arrows.setdefault(room_of(path), set())
            own.update(
                found.name.split(".")[1]
                for found in imports(path, source)
                if found.top == "antigil" and is_module(found)
            )
            own.discard(room_of(path))

    assert {room: sorted(others) for room, others in DRAWN.items()} == {
        room: sorted(others) for room, others in arrows.items()
    }


def test_arrows_are_drawn_downwards_only():
    below = list(DRAWN)
    for room, others in DRAWN.items():
        below.remove(room)
        assert set(others) <= set(below), room


def test_a_room_is_small_and_says_what_it_is_for():
    rooms = sorted(path.parent for path in (ROOT / "antigil").rglob("__init__.py"))
    for room in rooms:
        first = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
        assert first, f"{room.name}/__init__.py does not say what lives there"
        assert len(list(room.glob("*.py"))) <= MOST_MODULES, room.name


def test_a_module_is_short():
    long = {str(path): n for path, source in sources() if (n := source.count("\n")) >= MOST_LINES}

    assert long == {}


INSTALLED = sysconfig.get_path("purelib")
IMPORT_ALL = """if True:
    import importlib, pkgutil, sys
    package = importlib.import_module(sys.argv[1])
    names = [package.__name__]
    names += [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    for name in names:
        if not name.endswith(".__main__"):
            print(importlib.import_module(name).__file__)
    print({"antigil.kernels._native", "antigil.where._sampler"} & set(sys.modules) != set())
"""


def import_all(package, root, libraries=INSTALLED):
    """Import every module of a package under ``root``, where no antigil is installed, and return the output.

    -S keeps an editable install of antigil away; the other installed packages are put back by hand.
    """
    environment = {**os.environ, "PYTHONPATH": libraries, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-S", "-c", IMPORT_ALL, package]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    *files, kernels_loaded = done.stdout.splitlines()
    assert all(Path(file).is_relative_to(root) for file in files), files
    modules = (root / package.replace(".", "/")).rglob("*.py")
    assert len(files) == len([path for path in modules if path.name != "__main__.py"])
    return kernels_loaded


@pytest.fixture
def unbuilt(tmp_path):
    """Copy the sources without what a build leaves among them."""
    built = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    for room in ("antigil", "benchmarks"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=built)
    return tmp_path


def test_every_module_can_be_imported_unbuilt(unbuilt):
    assert import_all("antigil", unbuilt) == "False"


@pytest.mark.parametrize("room", ["antigil.ci", "antigil.report", "antigil.scaling"])
def test_a_room_beside_a_token_or_a_measurement_loads_nothing_that_is_installed(unbuilt, room):
    """The walls look at a room's own imports; this runs those of the rooms below it as well."""
    assert import_all(room, unbuilt, libraries="") == "False"


def test_suite_can_be_imported_where_the_package_cannot(unbuilt):
    """Every module that asv imports stands beside whatever antigil a commit has."""
    (unbuilt / "antigil/__init__.py").write_text("raise ImportError('the commit under test is broken')")

    assert import_all("benchmarks", unbuilt) == "False"
