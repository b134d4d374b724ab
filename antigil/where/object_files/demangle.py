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
_RUST_V0 = re.compile(r"_R[A-Z0-9]")
_CYTHON = re.compile(r"__pyx_(pw|pf|f)_")
_OPERATOR = re.compile(
    r"(?<!\w)operator(?!\w)( (?:new|delete)(?:\[\])?| co_await|\"\" ?\w+|\(\)|\[\]"
    r"|->\*?|<=>|<<=?|>>=?|&&|\|\||\+\+|--"
    r"|[-+*/%^&|!=<>]=?|[~,])?"
)
"""An operator of C++ by its sign or word; without one, the type follows that it converts to."""
_SUFFIX = re.compile(r"(\.(llvm\.\d+|lto_priv\.\d+|constprop\.\d+|isra\.\d+|part\.\d+|cold|\d+))+$")


@cache
def demangle(name: str) -> str:
    """Return the name in its language, without what compilers add; unchanged where it is not mangled."""
    name = _SUFFIX.sub("", name.partition("@")[0])
    if name.startswith(("_ZN", "__ZN")) and "17h" in name and (rust := _rust_legacy(name)):
        return rust
    if _RUST_V0.match(name):
        return _rust_v0(name)
    if cython := _CYTHON.match(name):
        return _cython(name[cython.end() :]) or name
    if name.startswith("_Z"):
        return _plain(_cxa_demangle(name) or name)
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


def _rust_v0(name: str) -> str:
    """Return the path in a name, without types and hashes: identifiers in their order.

    Rust has no library for it that could be loaded here. The whole grammar is in RFC 2603.
    """
    found = []
    at = 2
    while at < len(name):
        if skipped := re.match(r"(s|B)[0-9a-zA-Z]*_", name[at:]):  # a hash, or what has been named before
            at += skipped.end()
        digits = re.match(r"(\d+)_?", name[at:])
        if digits and int(digits[1]) and at + digits.end() + int(digits[1]) <= len(name):
            at += digits.end()
            found.append(name[at : at + int(digits[1])])
            at += int(digits[1])
        else:
            at += 1
    return "::".join(found) or name


def _first_outside(name: str, char: str, start: int) -> int:
    """Return where a character stands first that is in no template's arguments; the end if nowhere."""
    depth = 0
    for i in range(start, len(name)):
        if depth == 0 and name[i] == char:
            return i
        depth += {"<": 1, ">": -1}.get(name[i], 0)
    return len(name)


def _plain(name: str) -> str:
    """Return a C++ name without its arguments, those of templates included."""
    kept: list[str] = []
    depth = 0
    i = 0
    while i < len(name):
        char = name[i]
        if depth == 0 and (operator := _OPERATOR.match(name, i)):
            # What precedes it is where it is defined, and before that what it returns.
            end = operator.end() if operator[1] else _first_outside(name, "(", operator.end())
            return "".join(kept).rpartition(" ")[2] + name[i:end]
        if char in "<(" and not name.startswith("(anonymous namespace)", i):
            depth += 1
        elif name.startswith("(anonymous namespace)", i):
            i += len("(anonymous namespace)")
            kept.append("{anonymous}" if depth == 0 else "")
            continue
        elif char in ">)" and depth:
            depth -= 1
        elif depth == 0:
            kept.append(char)
        i += 1
    words = "".join(kept).strip().removesuffix(" const")
    return words.rpartition(" ")[2] or name


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
