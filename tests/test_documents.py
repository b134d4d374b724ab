"""What README and CONTRIBUTING tell a reader to type exists and gives what they show."""

import argparse
import dataclasses
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.commands import main as cli
from antigil.history.options import Options
from antigil.suite import Scaling

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "README.pt.md", "CONTRIBUTING.md")


def commands(document):
    """Return the shell code in a Markdown file: spans in backticks, and the indented blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL)
    return "\n".join(re.findall(r"`[^`]+`|^    .*", text, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document):
    named = set(re.findall(r"\bmake ([a-z-]+)", commands(document)))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert named
    assert named <= targets


def test_antigil_commands_exist():
    named = {command for page in pages() for command, _ in command_lines(page)}

    assert len(named) > 5
    assert named <= set(cli.COMMANDS)


def test_asv_commands_exist():
    asv = subprocess.run([sys.executable, "-m", "asv", "--help"], capture_output=True, text=True, timeout=60)
    known = set(re.findall(r"^    ([a-z]+) ", asv.stdout, re.MULTILINE))
    named = set(re.findall(r"\basv ([a-z]+)", commands("README.md")))

    assert {"run", "publish"} <= named <= known


def test_python_examples_give_what_they_show():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    sessions = [block for block in blocks if ">>>" in block]
    examples = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, "README.md", None, None)

    done = doctest.DocTestRunner().run(examples)

    assert done.attempted > 0
    assert done.failed == 0
    defined = {}
    for module in set(blocks) - set(sessions):
        exec(module, defined)  # what it imports has to be there; its tests take their time elsewhere
    assert {"test_the_hash_lets_other_threads_run", "Compress"} <= defined.keys()


def pages():
    """Return every Markdown file of the repository, by its path from the top."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


def anchors(document):
    """Return what links may name in a Markdown file: its headings, as GitHub writes them."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", pages())
def test_links_and_pictures_lead_to_files_and_headings_that_exist(document):
    path = ROOT / document
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^):]+)\)|(?:src|srcset|href)=\"([^\":]+)\"", text)

    broken = []
    for link in ("".join(pair) for pair in links):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_of_evidence_is_in_its_index():
    index = (ROOT / "docs/evidence/README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| \[[^]]+\]\(([^)]+)\)", index, re.MULTILINE))

    assert named == {file.name for file in (ROOT / "docs/evidence").glob("*.md")} - {"README.md"}


def first_cells(document, heading):
    """Return the first cells of the rows below a heading of a table, without their backticks."""
    text = (ROOT / document).read_text(encoding="utf-8")
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[- |:]*\n((?:\|.*\n)*)", text, re.MULTILINE)
    return set(re.findall(r"^\| `([^`]+)` \|", table[1], re.MULTILINE))


def test_the_settings_of_a_suite_are_those_that_a_class_takes():
    takes = {
        name
        for name, one in inspect.signature(Scaling.__init_subclass__).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }

    assert first_cells("docs/adopt.md", "setting") == takes


def test_every_option_of_the_configuration_is_documented_and_every_documented_one_exists():
    known = {one.name for one in dataclasses.fields(Options)}
    told = {word for page in pages() for word in re.findall(r"`(\w+)`", (ROOT / page).read_text("utf-8"))}

    assert first_cells("docs/site.md", "option") <= known <= told


def options_of(parser):
    """Return every option of a parser and of its own commands."""
    own = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            own = own.union(*map(options_of, action.choices.values()))
    return own


def command_lines(document):
    """Yield command and arguments of each command line of ours in a Markdown file, without what is quoted."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.findall(r"^(?: {4}|\$ )antigil ([a-z-]+)\b(.*)$", text, re.MULTILINE)
    found += re.findall(r"`antigil ([a-z-]+)\b([^`]*)`", text)
    for command, words in found:
        yield command, re.sub(r"\s#.*|\"[^\"]*\"", "", words)


def test_options_in_command_lines_exist():
    asked = {
        (command, option)
        for page in pages()
        for command, words in command_lines(page)
        for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", words)
    }
    known = {command: options_of(cli.build_parser(command)) for command in cli.COMMANDS}

    assert len(asked) > 10
    assert [one for one in sorted(asked) if one[1] not in known[one[0]]] == []


def tool_lines():
    """Yield each tool that a Markdown file names, with what follows on its line, up to another tool."""
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        yield from re.findall(r"tools/(\w+\.py)\b((?:(?!tools/)[^`\n])*)", text)


def source_of(tool):
    """Return the text of a tool and of those that it imports: one of them may read the command line."""
    text = tool.read_text(encoding="utf-8")
    imported = [
        tool.with_name(f"{name}.py") for name in re.findall(r"^from (\w+) import", text, re.MULTILINE)
    ]
    return "".join([text, *(one.read_text(encoding="utf-8") for one in imported if one.exists())])


def test_tools_and_their_options_in_documents_exist():
    named = sorted(set(tool_lines()))
    tools = {tool: ROOT / "tools" / tool for tool, _ in named}

    assert len(tools) > 20
    assert [tool for tool, path in tools.items() if not path.exists()] == []
    options = {
        (tool, one) for tool, words in named for one in re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", words)
    }
    assert len(options) > 20
    assert [one for one in sorted(options) if f'"{one[1]}"' not in source_of(tools[one[0]])] == []
