"""What README and CONTRIBUTING tell a reader to type exists and gives what they show."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from antigil.commands import main as cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "README.pt.md", "CONTRIBUTING.md")


def commands(document):
    """Return the shell code in a Markdown file: spans in backticks, and the indented blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL)
    return "\n".join(re.findall(r"`[^`]+`|^    .*", text, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document):
    named = set(re.findall(r"\bmake ([a-z]+)", commands(document)))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert named
    assert named <= targets


@pytest.mark.parametrize("document", ["README.md", "README.pt.md"])
def test_antigil_commands_exist(document):
    named = set(re.findall(r"\bantigil ([a-z]+)\b(?! import)", commands(document)))

    assert named
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


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md", "docs/adopt.md"])
def test_links_and_pictures_lead_to_files_that_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|(?:src|href)=\"([^\":#]+)\"", text)

    near = (ROOT / document).parent
    assert [target for pair in targets for target in pair if target and not (near / target).exists()] == []
