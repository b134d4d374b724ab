"""An asv.conf.json in all that asv reads: JSON5, word for word what asv's own reader makes of it."""

import pytest

from antigil.adopt import config_text
from antigil.errors import UserError

json5 = pytest.importorskip("json5")

WRITTEN = [
    "{version: 1, 'repo': '.', \"project\": 'it\\'s \"mine\"'}",
    "{'html_dir': 'a\\x2fb', // isn't it\n matrix: {req: {numpy: ['1.26', '2.0',],},},}",
    "{timeout: .5, other: +3, third: 0x1F, fourth: 5., fifth: -1.5e3, sixth: null, seventh: true}",
    "{ 'plugins': ['a' /* 'b', */, ], matrix: {plugins: ['no'], install_command: ['no']} }",
    "{\"plugins\": [ // none so far\n  ],\n  install_command: 'make install'\n}",
    "{'build_command': 'one line \\\n and its end'}",
    "{plugins: null, environment_type: null}",
    "\ufeff{\ufeff'repo': '.', project\ufeff: 'it'}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_read_is_what_asv_reads(text):
    assert config_text.parse(text, "it") == json5.loads(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_added_stands_beside_all_that_was_there(text):
    before = config_text.parse(text, "it")

    added = config_text.with_plugin(text, "x", "it")
    added = config_text.with_install_command(added, ["first"], "install ours==1", "ours==", "it")
    added = config_text.with_missing(added, "environment_type", "virtualenv", "it")

    found = json5.loads(added)
    assert found == config_text.parse(added, "it")
    assert found.pop("plugins") == [*(before.pop("plugins", None) or []), "x"]
    commands = config_text.listed(before, "install_command") or ["first"]
    assert found.pop("install_command") == [*commands, "install ours==1"]
    assert found.pop("environment_type") == "virtualenv"
    left_out = ("install_command", "environment_type")
    assert found == {key: value for key, value in before.items() if key not in left_out}


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_later_line_takes_the_place_of_the_earlier_one(quote):
    line = f"{quote}install ours==1{quote}"
    text = f"{{'install_command': ['make', {line}, // ours\n 'last']}}"

    again = config_text.with_install_command(text, [], "install ours==2", "ours==", "it")

    assert again == text.replace(line, '"install ours==2"')
    assert config_text.with_install_command(again, [], "install ours==2", "ours==", "it") == again


@pytest.mark.parametrize("text", ["{'a: 1}", "{a b}", "{a: tr/ue}", "{]}", "{a: 'b' 'c'}", "[" * 100_000])
def test_what_asv_would_not_read_is_told_in_one_line(text):
    with pytest.raises(UserError, match=r"^it is not JSON: [^\n]*$"):
        config_text.parse(text, "it")
