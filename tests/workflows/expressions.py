"""GitHub's expressions, as far as the workflows use them; anything else is an error.

A name that no context has is an error too, where GitHub takes it for null: a misspelt one shows. What only
events of one kind have is null in the others.
"""

import json
import re

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>==|!=|&&|\|\||[!().,*\[\]]))"
)
WORDS = {"true": True, "false": False, "null": None}
OF_SOME_EVENTS = {"pull_request", "merge_group"}
STATUS = re.compile(r"\b(success|failure|cancelled|always)\(\)")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def evaluate(text, contexts, status):
    """Return an expression's value.

    Parameters
    ----------
    contexts
        Dictionaries by name: ``github``, ``needs``, …
    status
        What ``success()``, ``failure()``, ``cancelled()`` return by name; ``always()`` is true.
    """
    parser = _Parser(text, contexts, {**status, "always": True})
    value = parser.any_of()
    assert parser.next is None, text
    return value


def holds(condition, contexts, status):
    """Tell whether an ``if:`` holds; without a word on the status, ``success()`` is meant as well."""
    text = str(condition).strip()
    whole = EXPRESSION.fullmatch(text)
    text = whole.group(1) if whole else text
    if not STATUS.search(text) and not status["success"]:
        return False
    return bool(evaluate(text, contexts, status))


def fill(value, contexts, status):
    """Return a value of a workflow with its expressions evaluated; a whole one keeps its type."""
    whole = EXPRESSION.fullmatch(value.strip()) if isinstance(value, str) else None
    if whole and "${{" not in whole.group(1):
        return evaluate(whole.group(1), contexts, status)
    if isinstance(value, str):
        return EXPRESSION.sub(lambda found: shown(evaluate(found.group(1), contexts, status)), value)
    return value


def shown(value):
    """Return a value as text."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: ""}[value]
    return str(value)


class _Parser:
    def __init__(self, text, contexts, status):
        self.contexts, self.status = contexts, status
        self.tokens, end = [], 0
        while text[end:].strip():
            found = TOKEN.match(text, end)
            assert found, text[end:]
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            end = found.end()
        self.place = 0

    @property
    def next(self):
        return self.tokens[self.place][1] if self.place < len(self.tokens) else None

    def take(self, expected=None):
        kind, text = self.tokens[self.place]
        assert expected in (None, text), f"{text} where {expected} should be"
        self.place += 1
        return kind, text

    def any_of(self):
        value = self.all_of()
        while self.next == "||":
            self.take()
            other = self.all_of()
            value = value or other
        return value

    def all_of(self):
        value = self.equal()
        while self.next == "&&":
            self.take()
            other = self.equal()
            value = value and other
        return value

    def equal(self):
        value = self.single()
        while self.next in ("==", "!="):
            sign = self.take()[1]
            same = _same(value, self.single())
            value = same if sign == "==" else not same
        return value

    def single(self):
        kind, text = self.take()
        if text == "!":
            return not self.single()
        if text == "(":
            value = self.any_of()
            self.take(")")
            return value
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        assert kind == "name", text
        if self.next == "(":
            return self.call(text)
        return self.along(WORDS[text] if text in WORDS else self.contexts[text])

    def call(self, name):
        self.take("(")
        given = []
        while self.next != ")":
            given.append(self.any_of())
            if self.next == ",":
                self.take()
        self.take(")")
        if name in self.status:
            return self.status[name]
        return FUNCTIONS[name](*given)

    def along(self, value):
        """Follow ``.name`` and ``.*``."""
        each = False
        while self.next == ".":
            self.take()
            name = self.take()[1]
            if name == "*":
                each = True
            else:
                value = [one[name] for one in value or ()] if each else _part(value, name)
        return value


def _part(value, name):
    """Return what has a name in something; nothing has a part of nothing."""
    if value is None or (name in OF_SOME_EVENTS and name not in value):
        return None
    return value[name]


def _same(one, other):
    """Compare as GitHub does: texts whatever their case."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return one == other


FUNCTIONS = {
    "contains": lambda where, what: any(_same(one, what) for one in where),
    "fromJSON": json.loads,
}
