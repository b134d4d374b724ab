"""Python's frames, as the handler reads them: none but the user's, with their files and lines."""

from raw import told

from antigil.where.records import read_records

CONSTRUCTING = """
class Thing:
    def __init__(self):
        for _ in range(3000): pass

def construct():
    for _ in range(3000): Thing()

tell(sampled(construct))
"""


def test_what_the_interpreter_runs_behind_an_init_is_not_told(sampler):
    """It has a code object, which calls itself __init__, in no file."""
    stacks = told(CONSTRUCTING)

    frames = {tuple(frame) for stack in stacks for frame in stack}
    assert any(name == "Thing.__init__" for _, _, name in frames)
    assert all(line > 0 for _, line, _ in frames), frames


NAMED = """
def spin_in(file, qualname):
    names = {}
    exec(compile("def spin():\\n    for _ in range(3_000_000): pass", file, "exec"), names)
    code = names["spin"].__code__.replace(co_qualname=qualname)
    names["spin"].__code__ = code
    return [stack[0] for stack in sampled(names["spin"]) if stack[0][2].startswith(qualname[:5])]

tell([spin_in(*both) for both in %s])
"""


def test_wide_characters_take_no_more_of_a_name(sampler):
    file, name = "/模块" * 120 + "/last.py", "Größe" * 100

    (found,) = told(NAMED % [(file, name)])

    assert found
    assert {(one[0], one[2]) for one in found} == {(file, name)}


def test_of_a_file_that_is_too_long_the_end_is_told(sampler):
    wide, narrow = "/文" * 400 + "/last.py", "/src" * 400 + "/last.py"

    stacks = told(NAMED % [(wide, "first"), (narrow, "begins" * 400)])

    for found, file in zip(stacks, (wide, narrow), strict=True):
        assert {one[0] for one in found} == {"…" + file[-512:]}
    assert {one[2] for one in stacks[1]} == {("begins" * 400)[:512] + "…"}


LONG = """
names = {}
exec("def spin(x):\\n" + "    x = x\\n" * 60_000 + "    for _ in range(2_000_000): pass\\n", names)
assert len(names["spin"].__code__.co_linetable) > 1 << 16
tell([stack[0][1] for stack in sampled(lambda: names["spin"](0)) if stack[0][2] == "spin"])
"""


def test_a_function_of_many_lines_is_told_with_its_lines(sampler):
    lines = told(LONG)

    assert lines.count(60_002) > len(lines) / 2


def test_records_end_where_one_is_still_to_be_written():
    assert list(read_records(bytes(4096), 17, {})) == []
