"""The pages' scripts: modules that TypeScript's checker accepts, joined into one script per kind of page."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from antigil.site import script_bundle
from antigil.site.pages import KINDS
from antigil.site.script_bundle import EXPORT, IMPORT, SCRIPTS, bundle

ROOT = Path(__file__).parents[2]
MODULES = sorted(SCRIPTS.glob("*.js"))


def tool(name):
    """Return the path of a program of npm's in this folder, or on the PATH."""
    path = shutil.which(name, path=os.pathsep.join([str(ROOT / "node_modules/.bin"), os.environ["PATH"]]))
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_module_imports_and_exports_in_the_form_that_is_joined(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// @ts-check\n")
    assert len(IMPORT.findall(text)) == len(re.findall(r"^import\b", text, re.MULTILINE))
    assert len(EXPORT.findall(text)) == len(re.findall(r"^export\b", text, re.MULTILINE))
    assert not re.search(r"\bimport\(", re.sub(r"/\*.*?\*/|//.*", "", text, flags=re.DOTALL))
    assert "ts-ignore" not in text


def test_every_module_is_in_a_page_and_no_other():
    """What no page loads is left over."""
    headings = {path.stem: f"modules.{path.stem} = (() => {{\n" for path in MODULES}
    scripts = [bundle(kind) for kind in KINDS]
    assert all(any(heading in script for script in scripts) for heading in headings.values())
    assert "modules.chart" not in bundle("overview")


@pytest.mark.parametrize("kind", KINDS)
def test_joined_script_is_a_classic_one_without_globals(kind, tmp_path):
    script = bundle(kind)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert script.startswith('(() => {\n"use strict";\n')
    assert set(re.findall(r"\bwindow\.(\w+)(?:\.\w+)* =[^=]", script)) <= {"antigil"}
    path = tmp_path / f"{kind}.cjs"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([tool("node"), "--check", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_modules_come_after_what_they_import_and_keep_their_own_names(tmp_path, monkeypatch):
    (tmp_path / "one.js").write_text('import {\n  two,\n  Three,\n} from "./two.js";\nconst own = two();\n')
    (tmp_path / "two.js").write_text(
        'import { own } from "./three.js";\nexport function two() {\n  return own;\n}\n'
        "export class Three {}\nexport const word = 1;\n"
    )
    (tmp_path / "three.js").write_text("export const own = 3;\nconst two = 2;\nconsole.log(two);\n")
    monkeypatch.setattr(script_bundle, "SCRIPTS", tmp_path)
    script = bundle("one")
    assert re.findall(r"^modules\.(\w+) =", script, re.MULTILINE) == ["three", "two", "one"]
    path = tmp_path / "bundle.cjs"
    path.write_text(script)
    done = subprocess.run([tool("node"), str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_checker_would_find_a_misspelt_name(tmp_path):
    """That it finds nothing in the scripts themselves is for `make lint` to say."""
    for path in (*MODULES, SCRIPTS / "types.d.ts"):
        shutil.copy(path, tmp_path)
    page = tmp_path / "page.js"
    page.write_text(page.read_text().replace("this.model.environments", "this.model.enviroments"))
    config = tmp_path / "tsconfig.json"
    config.write_text((ROOT / "tsconfig.json").read_text().replace("antigil/site/scripts", "."))
    command = [tool("tsc"), "--project", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode != 0
    assert "error TS2551: Property 'enviroments' does not exist" in done.stdout


def test_linter_would_find_a_comparison_that_is_never_true(tmp_path):
    """As above: what it says of the scripts themselves, `make lint` tells."""
    page = tmp_path / "page.js"
    page.write_text((SCRIPTS / "page.js").read_text() + "export const never = (value) => value === NaN;\n")
    command = [tool("oxlint"), "--deny-warnings", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode != 0
    assert "use-isnan" in done.stdout
