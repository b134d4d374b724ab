"""What init finds out of a checkout, what it writes there, and what it leaves as it is."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile

import pytest

from antigil.adopt import checkout, config_text, file_edits, instrument_wheel
from antigil.commands import main as cli
from antigil.errors import UserError

PYPROJECT = '[build-system]\nbuild-backend = "{backend}"\n[project]\nname = "{name}"\n'
COMMENTED = """{
    // what is measured
    "version": 1,
    "repo": "..",
    "html_dir": "html", /* "plugins": ["old"] */
    // "plugins": ["none"],
    "matrix": {"req": {"numpy": ["1.26", "2.0"]}},
    "url": "https://example.org//a", // an address
}
"""


def git(folder, *words):
    """Run git."""
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("backend", "known"),
    [
        ("setuptools.build_meta", "setuptools"),
        ("setuptools.build_meta:__legacy__", "setuptools"),
        ("mesonpy", "mesonpy"),
        ("scikit_build_core.build", "scikit_build_core"),
        ("maturin", "maturin"),
        ("flit_core.buildapi", None),
    ],
)
def test_what_builds_a_project_is_found(project, backend, known):
    root = project({"pyproject.toml": PYPROJECT.format(backend=backend, name="Fast-Thing")})
    found = checkout.look_at(root)
    assert (found.project, found.module, found.backend) == ("Fast-Thing", "fast_thing", known)


@pytest.mark.parametrize("branch", ["master", "main", "trunk"])
def test_the_main_branch_is_the_one_that_is_there(project, branch):
    root = project({"setup.py": ""}, branch)
    assert checkout.look_at(root).branch == branch


def test_the_main_branch_is_what_the_remote_says(project, tmp_path):
    root = project({"setup.py": ""}, "develop")
    git(tmp_path, "clone", "-q", str(root), "copy")
    git(tmp_path / "copy", "checkout", "-q", "-b", "main")
    assert checkout.look_at(tmp_path / "copy").branch == "develop"


def test_a_main_branch_that_was_renamed_after_the_clone_is_not_taken(project, tmp_path):
    root = project({"setup.py": ""}, "master")
    git(tmp_path, "clone", "-q", str(root), "copy")
    git(root, "branch", "-m", "master", "trunk")
    git(tmp_path / "copy", "fetch", "-q", "--prune")
    git(tmp_path / "copy", "checkout", "-q", "trunk")
    git(tmp_path / "copy", "branch", "-D", "-q", "master")
    assert checkout.look_at(tmp_path / "copy").branch == "trunk"


@pytest.mark.parametrize("name", ["asv.conf.json", "asv.conf.jsonc"])
def test_an_existing_suite_in_a_folder_is_completed_and_keeps_its_comments(project, capsys, name):
    root = project({"setup.py": "", f"asv_bench/{name}": COMMENTED, "asv_bench/benchmarks/a.py": ""})
    assert cli.main(["init", "f()", "-s", "from project import f"]) == 0
    assert [path.name for path in root.rglob("asv.conf.*")] == [name]
    text = (root / f"asv_bench/{name}").read_text()
    assert [line for line in COMMENTED.splitlines() if line not in text.splitlines()] == []
    found = config_text.parse(text, "it")
    assert found["plugins"] == [".antigil.asv_plugin"]
    assert found["install_command"][:-1] == file_edits.INSTALL_PROJECT
    assert "{conf_dir}/antigil-wheels" in found["install_command"][-1]
    assert found["matrix"] == {"req": {"numpy": ["1.26", "2.0"]}}
    assert found["url"] == "https://example.org//a"
    suite = root / "asv_bench/benchmarks/thread_scaling.py"
    assert 'Workload("f()", "from project import f")' in suite.read_text()
    assert (root / ".gitignore").read_text() == "/asv_bench/env/\n/asv_bench/results/\n/asv_bench/html/\n"
    said = capsys.readouterr().out
    assert "    cd asv_bench\n" in said
    assert '    asv run --machine "$(antigil ci machine)" --bench thread_scaling HEAD^!\n' in said


@pytest.mark.parametrize("others", [{}, {"benchmarks/__init__.py": ""}])
def test_a_suite_without_other_benchmarks_is_run_as_a_whole(project, capsys, others):
    project({"setup.py": "", **others})
    assert cli.main(["init"]) == 0
    assert '    asv run --machine "$(antigil ci machine)" HEAD^!\n' in capsys.readouterr().out


def test_what_is_there_is_kept_and_a_second_time_changes_nothing(project, capsys):
    mine = "# mine\n"
    root = project(
        {
            "setup.py": "",
            "asv.conf.json": '{"version": 1, "plugins": ["asv.plugins.x"], "install_command": ["a", "b"]}',
            "benchmarks/__init__.py": mine,
            "benchmarks/thread_scaling.py": mine,
            ".gitignore": "env\nresults/\n*.html",
        }
    )
    assert cli.main(["init"]) == 0
    found = json.loads((root / "asv.conf.json").read_text())
    assert found["plugins"] == ["asv.plugins.x", ".antigil.asv_plugin"]
    assert found["install_command"][:2] == ["a", "b"]
    assert len(found["install_command"]) == 3
    assert (root / "benchmarks/__init__.py").read_text() == mine
    assert (root / "benchmarks/thread_scaling.py").read_text() == mine
    assert (root / ".gitignore").read_text() == "env\nresults/\n*.html\n/html/\n"
    held = {
        path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git/" not in str(path)
    }
    capsys.readouterr()
    assert cli.main(["init"]) == 0
    assert "Nothing to write" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in held} == held


@pytest.mark.parametrize("ignored", ["*\n!.gitignore\n", "asv_bench/\n", "/asv_bench/env\nresults/\nhtml"])
def test_what_git_ignores_in_whatever_words_is_not_listed_again(project, ignored):
    root = project({"setup.py": ""})
    (root / "asv_bench").mkdir()
    (root / "asv_bench/asv.conf.json").write_text("{}")
    (root / ".gitignore").write_text(ignored)
    assert cli.main(["init", "--config", "asv_bench/asv.conf.json"]) == 0
    assert (root / ".gitignore").read_text() == ignored


@pytest.mark.parametrize(
    ("held", "added"),
    [
        ("# für uns\n*.o\n".encode("latin-1"), b"/.asv/\n"),
        (b"*.o\r\n*.so\r\n", b"/.asv/\r\n"),
        (b"*.o\r\n*.so", b"\r\n/.asv/\r\n"),
    ],
    ids=["in Latin-1", "with line endings of Windows", "without the last of them"],
)
def test_a_line_is_added_to_the_bytes_that_are_ignored_so_far(project, capsys, held, added):
    root = project({"setup.py": ""})
    (root / ".gitignore").write_bytes(held)
    assert cli.main(["init"]) == 0
    assert (root / ".gitignore").read_bytes() == held + added
    shown = capsys.readouterr().out.partition("+++ .gitignore\n")[2].partition("\n\n")[0].splitlines()
    assert [line for line in shown if line.startswith(("-", "+"))] == ["+/.asv/"]


def test_a_configuration_with_line_endings_of_windows_keeps_them(project):
    root = project({"setup.py": ""})
    (root / "asv.conf.json").write_bytes(COMMENTED.replace("\n", "\r\n").encode())
    assert cli.main(["init"]) == 0
    text = (root / "asv.conf.json").read_bytes().decode()
    assert text.count("\n") == text.count("\r\n") > COMMENTED.count("\n")
    assert config_text.parse(text, "it")["plugins"] == [".antigil.asv_plugin"]


@pytest.mark.parametrize("name", [".gitignore", "asv.conf.json"])
def test_a_folder_in_the_place_of_a_file_is_told_in_one_line(project, capsys, name):
    root = project({"setup.py": ""})
    (root / name).mkdir()
    assert cli.main(["init"]) == 2
    said = capsys.readouterr().err
    assert (said.count("\n"), f"{name} cannot be read" in said) == (1, True)


def test_without_git_it_says_so(project, capsys, monkeypatch, tmp_path):
    project({"setup.py": ""})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["init"]) == 2
    assert capsys.readouterr().err == "antigil: error: git: No such file or directory\n"


def test_a_configuration_that_git_ignores_gets_no_second_one_beside_it(project):
    root = project({"setup.py": "", ".gitignore": "*.jsonc\n"})
    (root / "asv.conf.jsonc").write_text("{}")
    assert cli.main(["init"]) == 0
    assert [path.name for path in root.glob("asv.conf.*")] == ["asv.conf.jsonc"]


def test_results_that_a_project_tracks_are_not_ignored(project):
    root = project({"setup.py": "", "asv.conf.json": "{}", "results/here/1.json": "{}"})
    assert cli.main(["init"]) == 0
    assert (root / ".gitignore").read_text() == "/env/\n/html/\n"


def test_a_statement_stands_in_the_suite_as_it_was_given(project):
    root = project({"setup.py": ""})
    statement = "f('\u00e9 \U0001f600 \"{x}\"')\ng()"
    assert cli.main(["init", statement]) == 0
    suite = ast.parse((root / "benchmarks/thread_scaling.py").read_text(encoding="utf-8"))
    assert statement in [node.value for node in ast.walk(suite) if isinstance(node, ast.Constant)]


def test_a_dry_run_shows_everything_and_writes_nothing(project, capsys):
    root = project({"setup.py": ""})
    before = sorted(root.rglob("*"))
    assert cli.main(["init", "--dry-run", "f()"]) == 0
    shown = capsys.readouterr().out
    for name in ("asv.conf.json", "benchmarks/thread_scaling.py", ".gitignore", instrument_wheel.file_name()):
        assert f"+++ {name}" in shown or f"+++ antigil-wheels/{name}" in shown
    assert sorted(path for path in root.rglob("*") if ".git/" not in str(path)) == [
        path for path in before if ".git/" not in str(path)
    ]
    assert cli.main(["init"]) == 0
    capsys.readouterr()
    assert cli.main(["init", "--dry-run"]) == 0
    assert capsys.readouterr().out == "\nNothing was written, and nothing would be: the suite is there.\n"


@pytest.mark.parametrize(
    ("files", "words", "said"),
    [
        ({"README": ""}, [], "neither a setup.py nor a pyproject.toml"),
        (
            {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
            [],
            "neither a setup.py nor a pyproject.toml",
        ),
        (
            {"python/setup.py": "", "b/c/setup.py": "", "tools/pyproject.toml": ""},
            [],
            "that have: python, b/c\n",
        ),
        ({"py/setup.py": "", "bad/pyproject.toml": "["}, [], "that have: py\n"),
        ({"pyproject.toml": "[project"}, [], "cannot be read"),
        ({"setup.py": "", "a/asv.conf.json": "{}", "b/asv.conf.json": "{}"}, [], "name one with --config"),
        ({"setup.py": "", "asv.conf.json": "{"}, [], "is not JSON"),
        ({"setup.py": "", "asv.conf.json": "[]"}, [], "is not a JSON object"),
        ({"setup.py": ""}, ["--config", "setup.py"], "is no asv.conf.json"),
        ({"setup.py": "", "asv.conf.json": "{}", "asv.conf.jsonc": "{}"}, [], "name one with --config"),
        ({"setup.py": "", "asv.conf.jsonc": "{}"}, ["--config", "asv.conf.json"], "asv refuses two of them"),
    ],
)
def test_what_cannot_be_taken_up_is_refused_in_one_line(project, capsys, files, words, said):
    root = project(files)
    before = {path: path.read_bytes() for path in root.glob("*") if path.is_file()}
    assert cli.main(["init", *words]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
    assert {path: path.read_bytes() for path in root.glob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "environment",
    [
        {"venv/pyvenv.cfg": "", "venv/lib/python3.11/site-packages/asv/template/asv.conf.json": "{}"},
        {"here/pyvenv.cfg": "", "here/share/asv.conf.json": "{}"},
        {"conda/conda-meta/history": "", "conda/pkgs/asv/asv.conf.json": "{}"},
        {"lib/python3/site-packages/asv/template/asv.conf.json": "{}"},
    ],
    ids=lambda files: next(iter(files)),
)
def test_what_lies_in_an_environment_that_git_does_not_ignore_is_not_the_projects_suite(project, environment):
    root = project({"setup.py": ""})
    for name, text in environment.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert checkout.look_at(root).config == root / "asv.conf.json"
    assert cli.main(["init"]) == 0
    assert {name: (root / name).read_text() for name in environment} == environment


WORDS = {
    "pyproject.toml": "[tool.towncrier]\n",
    "python/words/pyproject.toml": PYPROJECT.format(backend="maturin", name="words"),
    "python/words/src/lib.rs": "",
}


@pytest.mark.parametrize("where", ["python/words", "python/words/src"])
def test_a_package_below_the_top_gets_a_suite_of_its_own(project, monkeypatch, capsys, where):
    root = project(WORDS)
    monkeypatch.chdir(root / where)
    assert cli.main(["init", "search()", "-s", "from words import search"]) == 0
    found = json.loads((root / "python/words/asv.conf.json").read_text())
    assert (found["project"], found["repo"], found["repo_subdir"]) == ("words", "../..", "python/words")
    assert (root / "python/words/benchmarks/thread_scaling.py").exists()
    assert (root / ".gitignore").read_text() == "/python/words/.asv/\n"
    said = capsys.readouterr().out
    (added,) = re.findall(r"git add --force (.*)", said)
    git(root / where, "add", "--force", *shlex.split(added))
    git(root / where, "commit", "-q", "-m", "Track how it scales")
    assert re.findall(r"    cd (.*)", said) == ([] if where == "python/words" else [".."])
    assert cli.main(["init"]) == 0
    assert "Nothing to write" in capsys.readouterr().out


def test_a_suite_of_a_package_that_builds_the_top_is_told_what_it_lacks(project, monkeypatch, capsys):
    root = project({**WORDS, "python/words/asv.conf.json": '{"version": 1}'})
    monkeypatch.chdir(root / "python/words")
    assert cli.main(["init"]) == 2
    said = capsys.readouterr().err
    assert f"name the package in {root / 'python/words/asv.conf.json'}, as repo_subdir\n" in said


def test_a_suite_of_another_package_is_left_alone(project):
    text = '{"version": 1, "repo": "../..", "repo_subdir": "python/words"}'
    root = project({**WORDS, "setup.py": "", "python/words/asv.conf.json": text})
    assert cli.main(["init"]) == 0
    assert (root / "python/words/asv.conf.json").read_text() == text
    assert "repo_subdir" not in json.loads((root / "asv.conf.json").read_text())


def test_a_configuration_elsewhere_that_cannot_be_read_hinders_nothing(project, monkeypatch):
    root = project({**WORDS, "template/asv.conf.json": "{% t %}"})
    monkeypatch.chdir(root / "python/words")
    assert cli.main(["init"]) == 0
    assert (root / "python/words/asv.conf.json").exists()


@pytest.mark.parametrize("where", [".", "python/words"])
def test_a_suite_that_names_the_package_below_the_top_is_completed(project, monkeypatch, where):
    text = '{"version": 1, "repo": "..", "repo_subdir": "python/words", "matrix": {}}'
    root = project({**WORDS, "asv_bench/asv.conf.json": text, "other/asv.conf.json": "{}"})
    monkeypatch.chdir(root / where)
    words = ["--config", str(root / "asv_bench/asv.conf.json")] if where == "." else []
    assert cli.main(["init", *words]) == 0
    found = json.loads((root / "asv_bench/asv.conf.json").read_text())
    assert (found["repo_subdir"], found["plugins"]) == ("python/words", [".antigil.asv_plugin"])
    assert (root / "other/asv.conf.json").read_text() == "{}"
    assert not (root / "python/words/asv.conf.json").exists()


def test_a_suite_with_a_build_of_its_own_is_completed_whatever_pip_could_build(project):
    own = '{"version": 1, "build_command": ["make -C src wheel"]}'
    root = project({"README": "", "asv.conf.json": own})
    assert cli.main(["init"]) == 0
    assert json.loads((root / "asv.conf.json").read_text())["build_command"] == ["make -C src wheel"]


def test_a_checkout_that_is_an_environment_itself_has_its_suite(project):
    root = project({"setup.py": "", "pyvenv.cfg": "", "bench/asv.conf.json": "{}"})
    assert checkout.look_at(root).config == root / "bench/asv.conf.json"


def test_a_suite_that_is_begun_in_a_folder_finds_its_repository(project):
    root = project({"setup.py": ""})
    assert cli.main(["init", "--config", "asv_bench/asv.conf.json"]) == 0
    assert json.loads((root / "asv_bench/asv.conf.json").read_text())["repo"] == ".."


@pytest.mark.parametrize(
    "named",
    [
        {"pythons": ["3.10", "3.13"]},
        {"pythons": ["3.13"], "include": [{"python": "3.8", "req": {"numpy": "1.20"}}]},
    ],
)
def test_a_suite_for_a_python_without_the_instrument_is_left_alone_and_one_begun_beside_it(
    project, capsys, named
):
    text = json.dumps({"version": 1, "repo": ".", **named})
    root = project({"setup.py": "", "asv.conf.json": text, "benchmarks/a.py": ""})
    files = sorted(root.rglob("[!.]*"))
    assert cli.main(["init"]) == 2
    said = capsys.readouterr().err
    assert (said.count("\n"), "the instrument needs 3.11" in said) == (1, True)
    assert (root / "asv.conf.json").read_text() == text
    assert sorted(root.rglob("[!.]*")) == files
    (command,) = re.findall(r"antigil (init .*)", said)
    assert cli.main(shlex.split(command)) == 0
    assert (root / "antigil-bench/benchmarks/thread_scaling.py").exists()
    assert json.loads((root / "antigil-bench/asv.conf.json").read_text())["repo"] == ".."
    assert (root / "asv.conf.json").read_text() == text


@pytest.mark.parametrize(
    ("others", "folder"),
    [
        ({"benchmarks/bench_hash.py": "import pytest\n"}, "benchmarks/antigil_bench"),
        ({"benchmarks/cold/run.py": "", "asv_bench/old.py": ""}, "benchmarks/antigil_bench"),
        ({"benchmarks/figures.csv": "", "benchmarks/__init__.py": ""}, "benchmarks"),
        ({"benchmarks/thread_scaling.py": "", "benchmarks/more.py": ""}, "benchmarks"),
    ],
)
def test_scripts_that_asv_was_never_to_import_are_in_no_suite(project, others, folder):
    root = project({"setup.py": "", **others})
    assert cli.main(["init"]) == 0
    assert json.loads((root / "asv.conf.json").read_text()).get("benchmark_dir", "benchmarks") == folder
    assert {path.parent for path in root.rglob("thread_scaling.py")} == {root / folder}
    assert {name: (root / name).read_text() for name in others} == others
    assert cli.main(["init", "--dry-run"]) == 0


@pytest.mark.parametrize(
    ("told", "added"),
    [
        ({}, {"environment_type": "virtualenv", "branches": ["trunk"]}),
        ({"conda_channels": ["defaults"]}, {"environment_type": "conda", "branches": ["trunk"]}),
        ({"environment_type": "uv", "branches": ["a", "b"]}, {}),
        ({"environment_type": None, "branches": ["a"]}, {"environment_type": "virtualenv"}),
    ],
)
def test_what_asv_cannot_do_without_is_added_to_a_suite(project, told, added):
    root = project({"setup.py": "", "asv.conf.json": json.dumps(told)}, "trunk")
    assert cli.main(["init"]) == 0
    found = json.loads((root / "asv.conf.json").read_text())
    wanted = {**told, **added}
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("make 'wheel", ""),
        ("python -m build 'a b", "build isolates the build from it: add\n--no-isolation to"),
        ("pip wheel {build_dir}", "pip isolates the build from it: add\n--no-build-isolation to"),
        (None, ""),
    ],
)
def test_a_build_command_of_one_line_is_read_as_one(project, capsys, command, told):
    """For asv it is a list of one; what its quotes are worth is seen when it builds."""
    suite = {"build_command": command, "matrix": {"req": {"setuptools": ["80"]}}, "include": None}
    root = project({"setup.py": "", "asv.conf.json": json.dumps(suite)})
    assert cli.main(["init"]) == 0
    said = capsys.readouterr().out
    assert told in said
    assert ("isolates the build" in said) is bool(told)
    found = json.loads((root / "asv.conf.json").read_text())["build_command"]
    assert found == command if command else "--no-build-isolation" in found[-1]


@pytest.mark.parametrize(
    ("told", "line", "is_told"),
    [
        ("Fast thing benchmarks", "in-dir={env_dir} python -m pip install {wheel_file}", True),
        ("Fast thing benchmarks", "python -m pip install --no-deps --force-reinstall {wheel_file}", False),
        ("Fast thing benchmarks", "python -m pip install {build_dir}", False),
        ("Quick_Sums", "in-dir={env_dir} python -m pip install {wheel_file}", False),
    ],
)
def test_a_suite_under_whose_name_pip_knows_nothing_is_told_that_builds_stay(
    project, capsys, told, line, is_told
):
    config = {"version": 1, "repo": ".", "project": told, "install_command": [line]}
    top = project({"setup.py": "setup(name='quick.sums')", "asv.conf.json": json.dumps(config)})
    assert cli.main(["init"]) == 0, capsys.readouterr()
    assert ("put quick.sums there" in capsys.readouterr().out) is is_told
    assert line in json.loads((top / "asv.conf.json").read_text())["install_command"]


def test_an_earlier_instrument_is_replaced_and_that_is_told(project, monkeypatch, capsys):
    root = project({"setup.py": "", "asv.conf.json": '{"install_command": ["mine"]}'})
    monkeypatch.setattr(instrument_wheel, "version", lambda: "0.0.1")
    assert cli.main(["init"]) == 0
    wheel = root / "antigil-wheels" / instrument_wheel.file_name()
    monkeypatch.setattr(instrument_wheel, "build", lambda: b"a later\0build")
    capsys.readouterr()
    assert cli.main(["init"]) == 0
    assert f"+++ antigil-wheels/{wheel.name} (13 bytes, in the place of " in capsys.readouterr().out
    assert wheel.read_bytes() == b"a later\0build"
    monkeypatch.setattr(instrument_wheel, "version", lambda: "0.0.2")
    assert cli.main(["init"]) == 0
    assert f"No longer needed: antigil-wheels/{wheel.name}.\n" in capsys.readouterr().out
    mine, ours = json.loads((root / "asv.conf.json").read_text())["install_command"]
    assert (mine, ours.rpartition(" ")[2]) == ("mine", "antigil-instrument==0.0.2")


@pytest.mark.parametrize(
    "attributes", ["* text eol=crlf\n", "* text=auto\n*.whl filter=lfs diff=lfs merge=lfs -text\n"]
)
def test_git_hands_out_the_wheel_as_it_was_written_whatever_the_project_says_of_its_files(
    project, tmp_path, attributes
):
    root = project({"setup.py": "", ".gitattributes": attributes})
    git(root, "config", "filter.lfs.clean", "wc -c")
    assert cli.main(["init"]) == 0
    wheel = f"antigil-wheels/{instrument_wheel.file_name()}"
    written = (root / wheel).read_bytes()
    git(root, "add", "--force", ".")
    git(root, "commit", "-q", "-m", "Track how it scales")
    git(tmp_path, "clone", "-q", str(root), "copy")
    assert (tmp_path / "copy" / wheel).read_bytes() == written
    with zipfile.ZipFile(tmp_path / "copy" / wheel) as archive:
        assert archive.testzip() is None


def test_what_a_project_says_of_its_wheels_stays(project):
    root = project({"setup.py": "", "antigil-wheels/.gitattributes": "*.whl binary\n"})
    assert cli.main(["init"]) == 0
    assert (root / "antigil-wheels/.gitattributes").read_text() == "*.whl binary\n"


def wheel_of(folder, name, version, holding, needs=""):
    """Write a wheel with one module of one line."""
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"FOUND = {holding!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{one},,\n" for one in [*files, f"{about}/RECORD"])
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in files.items():
            archive.writestr(one, text)
    return path


def test_another_commit_of_the_same_version_is_installed_and_no_newer_dependency(tmp_path):
    """Where asv does not know a distribution by its name, it does not uninstall it either."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    python = next((tmp_path / "env").glob("[bS]*/python*"))
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index")}

    def install(command, **filled):
        _, _, *words = shlex.split(command)
        words = [word.format(**filled) for word in words if word != "-mpip"]
        pip = [sys.executable, "-m", "pip", "--python", str(python), *words]
        subprocess.run(pip, env=environment, check=True, capture_output=True)

    for version in ("1", "2"):
        wheel_of(tmp_path / "index", "needed", version, version)
    install("in-dir=. python -mpip install needed==1")
    for commit in ("earlier", "later"):
        built = wheel_of(tmp_path / commit, "quick", "1.0", commit, "Requires-Dist: needed\n")
        for command in file_edits.INSTALL_PROJECT:
            install(command, wheel_file=built.as_posix())
    code = "import needed, quick; print(needed.FOUND, quick.FOUND)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 later\n"


def test_what_git_says_of_a_checkout_that_it_cannot_read_is_passed_on(project, capsys):
    root = project({"setup.py": ""})
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: nowhere\n")
    assert cli.main(["init"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("antigil: error: git finds no checkout: fatal: not a git repository: ")
    assert said.count("\n") == 1


def test_outside_a_checkout_and_without_a_commit_it_says_so(tmp_path):
    with pytest.raises(UserError, match="in no checkout"):
        checkout.look_at(tmp_path)
    git(tmp_path, "init", "-q")
    with pytest.raises(UserError, match="no commit yet"):
        checkout.look_at(tmp_path)


def test_a_list_that_is_none_is_left_to_its_owner():
    with pytest.raises(UserError, match="by hand"):
        config_text.with_install_command('{"install_command": {"a": 1}}', [], "x", "x==", "it")


@pytest.mark.parametrize("text", ['{"plugins": []}', '{"plugins": ["a",]}', '{\n  "a": 1\n}', "{}"])
def test_a_plugin_is_added_once_wherever_it_can_stand(text):
    once = config_text.with_plugin(text, "x", "it")
    assert config_text.parse(once, "it")["plugins"][-1] == "x"
    assert config_text.with_plugin(once, "x", "it") == once


def test_the_wheel_serves_an_interpreter_that_has_nothing_else(tmp_path):
    data = instrument_wheel.build()
    assert data == instrument_wheel.build()
    wheel = tmp_path / instrument_wheel.file_name()
    wheel.write_bytes(data)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".so", ".c"))]
    target = tmp_path / "site"
    install = ["pip", "install", "-q", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    code = (
        "from antigil.suite import Scaling, Workload; import antigil;"
        "from antigil.scaling import measure; print(antigil.__file__)"
    )
    environment = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.startswith(str(target)), done.stderr
