"""Importing antigil: light, lazy, and possible before the C extension is built."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import antigil.kernels

PACKAGE = Path(__file__).parents[1] / "antigil"


def python(script, *options, cwd=None):
    """Run a script in a fresh interpreter and return its standard output."""
    command = [sys.executable, *options, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def modules_added(statement):
    """Return the names of the modules that a statement adds to a fresh interpreter's."""
    script = f"import importlib, json, sys; a = set(sys.modules); {statement}; b = set(sys.modules); "
    return set(json.loads(python(script + "print(json.dumps(sorted(b - a)))")))


def test_importing_the_package_adds_only_the_package():
    assert modules_added("import antigil") == {"antigil"}


def test_the_first_use_of_a_kernel_loads_the_extension():
    assert modules_added("from antigil import calcular_com_gil") == {
        "antigil",
        "antigil.kernels",
        "antigil.kernels._native",
    }


def import_microseconds(environment):
    """Return the time to import each module, its own imports included, by name."""
    command = [sys.executable, "-X", "importtime", "-c", "import antigil, argparse"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    rows = [line.split("|") for line in run.stderr.splitlines()[1:]]
    return {row[2].strip(): int(row[1]) for row in rows}


def test_importing_costs_less_than_a_module_that_any_command_line_needs(tmp_path):
    """With both compiled already, as after an installation."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    import_microseconds(environment)
    runs = [import_microseconds(environment) for _ in range(5)]
    assert min(run["antigil"] for run in runs) < min(run["argparse"] for run in runs)


@pytest.fixture
def unbuilt(tmp_path):
    """Return a folder that holds the package's Python files, and no extension."""
    shutil.copytree(PACKAGE, tmp_path / "antigil", ignore=lambda _, names: {n for n in names if is_built(n)})
    return tmp_path


def is_built(name):
    return name == "__pycache__" or name.endswith((".so", ".pyd"))


def test_the_package_works_unbuilt_until_a_kernel_is_used(unbuilt):
    script = f"""
import sys
sys.path.insert(0, {str(unbuilt)!r})
import antigil
assert antigil.__file__.startswith({str(unbuilt)!r}), antigil.__file__
assert "calcular_com_gil" in dir(antigil)
try:
    antigil.calcular_com_gil
except ImportError as error:
    print(error)
"""
    expected = (
        "calcular_com_gil needs the C extension, which is not built: "
        "run 'pip install .' (or 'pip install -e .') with a C compiler\n"
    )
    assert expected == python(script, "-I", "-S")


def test_an_error_inside_the_extension_is_not_taken_for_a_missing_build(unbuilt):
    (unbuilt / "antigil" / "kernels" / "_native.py").write_text("import no_such_module\n", "utf-8")
    script = f"""
import sys
sys.path.insert(0, {str(unbuilt)!r})
import antigil
try:
    antigil.calcular_com_gil
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert python(script, "-I", "-S") == "no_such_module\n"


def test_every_public_name_is_there():
    for package in (antigil, antigil.kernels):
        for name in package.__all__:
            assert getattr(package, name) is not None
        assert set(package.__all__) <= set(dir(package))


def test_the_documentation_lists_the_public_names():
    table = (PACKAGE.parent / "docs" / "api.md").read_text("utf-8").partition("```")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")][1:]
    assert set(re.findall(r"`(\w+)", " ".join(cells))) == set(antigil.__all__)


def test_a_module_is_loaded_when_it_is_first_used():
    added = modules_added("import antigil; antigil.kernels")
    assert added == {"antigil", "antigil.kernels"}


def test_an_unknown_name_is_an_attribute_error():
    for package in (antigil, antigil.kernels):
        with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'calcular'"):
            package.calcular  # noqa: B018


def test_the_type_stub_names_what_the_extension_has():
    stub = ast.parse((PACKAGE / "kernels" / "_native.pyi").read_text("utf-8"))
    typed = {node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    from antigil.kernels import _native

    assert typed == {name for name in dir(_native) if not name.startswith("_")}
    assert typed == set(antigil.kernels.__all__)


@pytest.mark.parametrize(
    ("package", "module", "names"),
    [
        (antigil, "antigil", antigil._MODULES),
        *((antigil, f"antigil.{module}", names) for module, names in antigil._NAMES.items()),
        (antigil.kernels, "antigil.kernels._native", antigil.kernels.__all__),
    ],
)
def test_the_type_checker_sees_the_same_names_as_the_interpreter(package, module, names):
    tree = ast.parse(Path(package.__file__).read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    typed = {alias.name for node in imports if node.module == module for alias in node.names}
    assert typed == set(names)
