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
HISTORY_ONLY = {"asv", "asv_runner", "bokeh", "jinja2"}
HISTORY_ROOMS = ("commands", "ci", "site", "guard", "history", "report")


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


def breaks_instrument(path: PurePosixPath, found: Import) -> bool:
    """Wall 1: scaling/ takes the standard library, and itself only relatively: it is loaded by path."""
    if not path.is_relative_to("antigil/scaling"):
        return False
    if found.relative:
        return not found.within("antigil.scaling")
    return found.top not in sys.stdlib_module_names


def breaks_history(path: PurePosixPath, found: Import) -> bool:
    """Wall 3: only the rooms of the history take asv, what draws, and each other."""
    if any(path.is_relative_to(f"antigil/{room}") for room in HISTORY_ROOMS):
        return False
    if path == PurePosixPath("antigil/asv_plugin.py"):
        return False
    if found.within("antigil.history"):
        return True
    return found.top in HISTORY_ONLY


def breaks_adapter(path: PurePosixPath, found: Import) -> bool:
    """Wall 3, too: what is used of asv's inside stands in one place."""
    inside = path.is_relative_to("antigil/history/asv_adapter") or not path.is_relative_to("antigil")
    return not inside and found.top in {"asv", "asv_runner"}


def breaks_git(path: PurePosixPath, found: Import) -> bool:
    """One module runs git, and whatever else the history's rooms start as a process has a name here."""
    starts = {"antigil/ci/github.py", "antigil/ci/measuring.py"}
    rooms = any(path.is_relative_to(f"antigil/{room}") for room in HISTORY_ROOMS)
    return rooms and str(path) not in starts and found.top == "subprocess"


def breaks_unbuilt(path: PurePosixPath, found: Import) -> bool:
    """Wall 4: the package's kernels and other lazy names are looked up when they are used."""
    if not path.is_relative_to("antigil") or found.lazy:
        return False
    if found.within("antigil.kernels"):
        return found.name != "antigil.kernels"
    return found.name.count(".") == 1 and found.top == "antigil" and not is_module(found)


def breaks_suite(path: PurePosixPath, found: Import) -> bool:
    """Wall 5: benchmarks/ takes from the installed package only functions, and when it runs."""
    if not path.is_relative_to("benchmarks") or found.top != "antigil":
        return False
    return not found.lazy or (is_module(found) and not found.within("antigil.kernels"))


def breaks_base_class(path: PurePosixPath, found: Import) -> bool:
    """Wall 5, too: suite.py is loaded by path with scaling/, and takes nothing else of antigil."""
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
    breaks_history,
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
        (breaks_instrument, "antigil/scaling/rounds.py", "from antigil.scaling import cpus"),
        (breaks_instrument, "antigil/scaling/rounds.py", "from .. import laws"),
        (breaks_instrument, "antigil/scaling/rounds.py", "from ..laws import amdahl"),
        (breaks_instrument, "antigil/scaling/__init__.py", "from antigil import kernels"),
        (breaks_history, "antigil/laws.py", "import asv"),
        (breaks_history, "antigil/testing.py", "def f():\n    from bokeh.plotting import figure"),
        (breaks_history, "antigil/testing.py", "from antigil.history import page"),
        (breaks_history, "antigil/testing.py", "import antigil.history"),
        (breaks_history, "antigil/testing.py", "def f():\n    from .history import page"),
        (breaks_history, "antigil/testing.py", "def f():\n    import_module('antigil.history')"),
        (breaks_history, "benchmarks/article.py", "from jinja2 import Template"),
        (breaks_adapter, "antigil/history/changes.py", "from asv import step_detect"),
        (breaks_adapter, "antigil/asv_plugin.py", "from asv.publishing import OutputPublisher"),
        (breaks_adapter, "antigil/guard/visits.py", "def f():\n    import asv_runner.statistics"),
        (breaks_git, "antigil/guard/visits.py", "import subprocess"),
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
        ("antigil/scaling/rounds.py", "import os.path\nfrom . import cpus\nfrom .cpus import affinity"),
        ("antigil/scaling/__init__.py", "from .rounds import measure"),
        (
            "antigil/asv_plugin.py",
            "import bokeh\nfrom antigil.history import page\nfrom .history import page",
        ),
        ("antigil/suite.py", "import os\nfrom .scaling import measure"),
        ("antigil/history/asv_adapter/stored.py", "from asv.results import Results"),
        ("antigil/git.py", "import subprocess"),
        ("antigil/commands/compare.py", "def run():\n    from antigil.history import page"),
        (
            "antigil/commands/demo.py",
            "import antigil\nfrom antigil.scaling.cpus import cpus_allowed\nfrom antigil import laws",
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


IMPORT_ALL = """if True:
    import importlib, pkgutil, sys
    package = importlib.import_module(sys.argv[1])
    names = [package.__name__]
    names += [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    for name in names:
        if not name.endswith(".__main__"):
            print(importlib.import_module(name).__file__)
    print("antigil.kernels._native" in sys.modules)
"""


def import_all(package, root):
    """Import every module of a package under ``root``, where no antigil is installed, and return the output.

    -S keeps an editable install of antigil away; the other installed packages are put back by hand.
    """
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-S", "-c", IMPORT_ALL, package]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    *files, kernels_loaded = done.stdout.splitlines()
    assert all(Path(file).is_relative_to(root) for file in files), files
    assert len(files) == len([path for path in (root / package).rglob("*.py") if path.name != "__main__.py"])
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


def test_suite_can_be_imported_where_the_package_cannot(unbuilt):
    """Every module that asv imports stands beside whatever antigil a commit has."""
    (unbuilt / "antigil/__init__.py").write_text("raise ImportError('the commit under test is broken')")

    assert import_all("benchmarks", unbuilt) == "False"
