"""The names of C++ and Rust functions as their source has them.

C++ is left to the C++ library, where one is installed. Of Rust's newer names (``_R...``) the words are told.
Rust's older names are those of C++ with a hash at the end and a few signs spelt out. Cython's hold the
module's name, each part with its length.
"""

from __future__ import annotations

import ctypes
import re
from functools import cache

_HASH = re.compile(r"::h[0-9a-f]{16}$")
_SIGN = re.compile(r"\$([A-Z]+|u[0-9a-f]+)\$")
_SIGNS = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}
_RUST_V0 = re.compile(r"_R\d*[CMXYNIB]\w*?Cs[0-9a-zA-Z]*_\d")
"""A path to a crate, which has a hash: names of C may begin like one, too."""
_NOT_WORDS = re.compile(r"(?<=C)s[0-9a-zA-Z]*_|s[0-9a-zA-Z]{0,2}_|[BLG][0-9a-zA-Z]*_|(K[a-z]n?|j)[0-9a-f]*_")
"""A hash, a number among equal names, what was named before, a lifetime, a constant, an array's length."""
_LENGTH = re.compile(r"(\d+)_?")
_CYTHON = re.compile(r"__pyx_(pw|pf|f)_")
_OPERATOR = re.compile(
    r"(?<!\w)operator(?!\w)( (?:new|delete)(?:\[\])?| co_await|\"\" ?\w+|\(\)|\[\]"
    r"|->\*?|<=>|<<=?|>>=?|&&|\|\||\+\+|--"
    r"|[-+*/%^&|!=<>]=?|[~,])?"
)
"""An operator of C++ by its sign or word; without one, the type follows that it converts to."""
_SUFFIX = re.compile(
    r"(\.(llvm|lto_priv|constprop|isra|part|__uniq|_omp_fn|_omp_cpyfn|cold|warm|hot|localalias"
    r"|resolver|ifunc|default|(avx|sse|arch_|_M)\w+|fma\w*|popcnt|bmi2?|\d+))+$"
)
_QUALIFIERS = re.compile(r"\)(?: const| volatile| ?&&?| noexcept)+(?=::|$| requires )")
"""Of a method; what stands in it may follow, such as a lambda."""
_ANONYMOUS = "(anonymous namespace)"
_IN_RESULT = re.compile(r"(?<= )(?<!decltype )\([\w:]*[*&]+")
"""The type of a pointer to a function stands around the name of the one that returns it: ``int (*f())()``."""


@cache
def demangle(name: str) -> str:
    """Return the name in its language, without what compilers add; unchanged where it is not mangled."""
    name = name.partition("@")[0]
    if name.startswith(("_ZN", "__ZN")) and "17h" in name and (rust := _rust_legacy(name)):
        return rust
    if name.startswith("_Z"):
        name = name.partition(".")[0]
        return _plain(_cxa_demangle(name) or name)
    name = _SUFFIX.sub("", name)
    if _RUST_V0.match(name) and (rust := _rust_v0(name)):
        return rust
    if cython := _CYTHON.match(name):
        return _cython(name[cython.end() :]) or name
    return name


def _cython(rest: str) -> str | None:
    """Return the dotted name in what follows Cython's prefix; None where it is another one."""
    parts = []
    while (digits := re.match(r"(\d+)", rest)) and len(rest) > digits.end() + int(digits[1]):
        end = digits.end() + int(digits[1])
        if rest[end] != "_":
            break
        parts.append(rest[digits.end() : end])
        rest = rest[end + 1 :]
    last = re.sub(r"^\d+", "", rest)
    return ".".join([*parts, last]) if parts and last else None


def _rust_legacy(name: str) -> str | None:
    at, parts = name.index("_ZN") + 3, []
    while at < len(name) and (digits := re.match(r"\d+", name[at:])):
        at += digits.end()
        size = int(digits[0])
        parts.append(name[at : at + size])
        at += size
    joined = "::".join(part.removeprefix("_") if part.startswith("_$") else part for part in parts)
    if not _HASH.search(joined):
        return None
    return _SIGN.sub(_sign, _HASH.sub("", joined)).replace("..", "::")


def _sign(match: re.Match[str]) -> str:
    word = match[1]
    return chr(int(word[1:], 16)) if word.startswith("u") else _SIGNS.get(word, match[0])


def _rust_v0(name: str) -> str | None:
    """Return the path in a name, without types and hashes: identifiers in their order; None if it is none.

    Rust has no library for it that could be loaded here. The whole grammar is in RFC 2603.
    """
    found = []
    at = 2
    while at < len(name):
        if skipped := _NOT_WORDS.match(name, at):
            at = skipped.end()
        elif (digits := _LENGTH.match(name, at)) and int(digits[1]):
            at = digits.end() + int(digits[1])
            found.append(name[digits.end() : at])
        else:
            at += 1
    return "::".join(found) if at == len(name) else None


def _plain(name: str) -> str:
    """Return a C++ name without its arguments, those of templates included."""
    text = _QUALIFIERS.sub(")", name)
    found, kept, at = "", "", 0
    while at < len(text) and not text.startswith(" requires ", at):
        if text.startswith(_ANONYMOUS, at):
            kept += "{anonymous}"
            at += len(_ANONYMOUS)
        elif operator := _OPERATOR.match(text, at):
            # What precedes it is where it is defined, and before that what it returns.
            end = operator.end() if operator[1] else _type_end(text, operator.end())
            found += kept.rpartition(" ")[2] + text[at:end]
            kept, at = "", end
        elif text[at] in "<(":
            end = _bracket_end(text, at)
            if not found and (pointer := _IN_RESULT.match(text, at)):
                return _plain(text[pointer.end() : end - 1])
            at = end
        else:
            kept += text[at]
            at += 1
    return found.strip() + kept.strip().rpartition(" ")[2] or name


def _bracket_end(text: str, at: int) -> int:
    """Return where what a bracket opens has ended; within round ones, another one may be an operator."""
    opened: list[str] = []
    while at < len(text):
        operator = _OPERATOR.match(text, at)
        if text[at] in "<(":
            opened.append(text[at])
        elif text[at] == ")":
            while opened and opened.pop() != "(":
                pass
        elif text[at] == ">" and opened[-1] == "<":
            opened.pop()
        at = operator.end() if operator else at + 1
        if not opened:
            break
    return at


def _type_end(text: str, at: int) -> int:
    """Return where the arguments begin of an operator that converts to a type."""
    while at < len(text) and text[at] != "(":
        at = _bracket_end(text, at) if text[at] == "<" else at + 1
    return at


@cache
def _library() -> ctypes.CDLL | None:
    for name in ("libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"):
        try:
            library = ctypes.CDLL(name)
            library.__cxa_demangle.restype = ctypes.c_void_p
        except (OSError, AttributeError):
            continue
        return library
    return None


def _cxa_demangle(name: str) -> str | None:
    library = _library()
    if library is None:
        return None
    status = ctypes.c_int()
    text = library.__cxa_demangle(name.encode(), None, None, ctypes.byref(status))
    if not text:
        return None
    told = ctypes.string_at(text).decode(errors="replace")
    ctypes.CDLL(None).free(ctypes.c_void_p(text))
    return told
