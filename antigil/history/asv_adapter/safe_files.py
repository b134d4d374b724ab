"""asv's own files: written whole or not at all, and read whatever stands in them, or refused in one line.

asv writes in place: a process that is killed, or a full disk, leaves half a file where a whole one was. It
takes what it reads for what it wrote, and ends with a traceback where it is not. `harden` mends that.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asv import util
from asv.benchmarks import Benchmarks
from asv.commands import publish
from asv.console import log
from asv.results import Results
from asv.util import UserError as AsvUserError

from antigil.errors import one_line
from antigil.files import MOST_BYTES, write_whole

#: The last moment that a date can tell, in milliseconds since 1970.
LAST_DATE = datetime.datetime.max.replace(tzinfo=datetime.UTC).timestamp() * 1000
#: A number beyond this was measured by nobody, and sums of such overflow.
LARGEST = 1e100
#: What GitHub's runner takes for a command.
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)

_asv_load_json = util.load_json
_asv_load_results = Results.load.__func__
_asv_load_benchmarks = Benchmarks.load.__func__
_asv_machine_files = publish.iter_machine_files
_asv_warning = log.warning


def harden() -> None:
    """Let asv write its files whole, and refuse in its own error what is none of them. Twice is once."""
    util.write_json, util.load_json = _write_json, _load_json
    Results.load, Benchmarks.load = classmethod(_load_results), classmethod(_load_benchmarks)
    publish.iter_machine_files = _machine_files
    log.warning = _warning


def _warning(text: str, *args: Any, **keywords: Any) -> None:
    """Warn as asv does, of a name that is no command to GitHub's runner."""
    _asv_warning(one_line(text) if COMMAND.search(text) else text, *args, **keywords)


def _write_json(path: str, data: Any, api_version: int | None = None, compact: bool = False) -> None:
    """Write what asv writes."""
    content = data if api_version is None else {**data, "version": api_version}
    style: dict[str, Any] = {} if compact else {"indent": 4, "sort_keys": True}
    try:
        write_whole(Path(path), json.dumps(content, **style))
    except OSError as error:
        raise AsvUserError(one_line(f"cannot write {path}: {error.strerror or error}")) from error


def _load_json(path: str, *args: Any, **keywords: Any) -> Any:
    """Read what asv reads, if it is not too large for that."""
    if os.path.getsize(path) > MOST_BYTES:
        raise _refusal(path, ValueError(f"larger than {MOST_BYTES} bytes"))
    return _refusing(path, lambda: _asv_load_json(path, *args, **keywords))


def _load_results(cls: Any, path: str, machine_name: str | None = None) -> Any:
    """Read one file of results, in which every value is of its type."""
    try:
        found = _refusing(path, lambda: _asv_load_results(cls, path, machine_name))
    except OSError as error:  # such as a link that leads nowhere
        raise _refusal(path, ValueError(error.strerror)) from error
    with _checking(path):
        _check(found)
    return found


def _load_benchmarks(cls: Any, conf: Any, regex: Any = None) -> Any:
    """Read ``benchmarks.json``."""
    path = cls.get_benchmark_file_path(conf.results_dir)
    found = _refusing(path, lambda: _asv_load_benchmarks(cls, conf, regex))
    with _checking(path):
        for name, told in found.items():
            _check_benchmark(name, told)
    return found


def _machine_files(results_dir: str) -> Iterator[str]:
    """Yield the machine files that name a machine; what lies beside others is left out as well."""
    for path in _asv_machine_files(results_dir):
        try:
            found = _load_json(path)
        except AsvUserError:
            continue  # named where results are read
        if isinstance(found, dict) and isinstance(found.get("machine"), str):
            yield path


def _refusing(path: str, load: Callable[[], Any]) -> Any:
    """Return what asv reads of a file; refuse in one line of asv's own kind whatever it stumbles over."""
    try:
        return load()
    except AsvUserError as error:
        raise AsvUserError(one_line(str(error))) from error
    except OSError:
        raise
    except Exception as error:  # whatever comes of a file that asv did not write
        raise _refusal(path, error) from error


@contextmanager
def _checking(path: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, LookupError) as error:
        raise _refusal(path, error) from error


def _refusal(path: str, error: Exception) -> AsvUserError:
    said = "nested too deeply" if isinstance(error, RecursionError) else str(error) or type(error).__name__
    return AsvUserError(one_line(f"Error loading file '{path}': {said}"))


def _check(found: Any) -> None:
    """Refuse results with a value of another type, and take numbers that nobody measured for skipped ones."""
    check_date(found.date)
    _expect(
        isinstance(found.commit_hash, str) and re.fullmatch(r"[0-9a-f]{7,64}", found.commit_hash),
        "commit_hash",
    )
    _expect(isinstance(found._python, str) and isinstance(found.env_name, str), "python")
    for told in (found.params, found.env_vars):
        _expect(isinstance(told, dict), "params")
        _expect(all(isinstance(value, str | int | float | None) for value in told.values()), "params")
    for name in list(found.get_all_result_keys()):
        _expect(_are_parameters(found._benchmark_params[name] or []), f"the parameters of {name}")
        found._results[name] = _numbers(found._results[name], name)
        for stats in found._stats[name] or []:
            _expect(_are_statistics((stats or {}).values()), f"statistics of {name}")
        for samples in found._samples[name] or []:
            _expect(samples is None or _are_sound(samples), f"samples of {name}")


def _check_benchmark(name: object, told: Any) -> None:
    """Refuse a benchmark that is not described as asv does it."""
    _expect(isinstance(name, str) and isinstance(told, dict), "a benchmark")
    params, names = told.get("params"), told.get("param_names")
    _expect(isinstance(params, list) and _are_parameters(params), f"the parameters of {name}")
    _expect(isinstance(names, list) and len(names) == len(params), f"the parameters of {name}")


def check_date(date: object) -> None:
    """Refuse what is no moment in milliseconds since 1970."""
    if isinstance(date, bool) or not isinstance(date, int | float) or not 0 <= date < LAST_DATE:
        raise ValueError(f"its date is no time in milliseconds since 1970: {date!r}")


def _expect(met: object, what: str) -> None:
    if not met:
        raise ValueError(f"{what}: not as asv writes it")


def _are_parameters(params: Any) -> bool:
    return all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in params)


def _numbers(values: Any, name: str) -> Any:
    """Return one benchmark's values, NaN for what nobody measured; refuse what are no numbers."""
    if values is None:
        return None
    _expect(isinstance(values, list), f"values of {name}")
    if _are_sound(values):
        return values
    _expect(all(isinstance(value, float | int | None) for value in values), f"values of {name}")
    return [value if value is None or _is_sound(value) else math.nan for value in values]


def _are_sound(values: Collection[Any]) -> bool:
    """Tell whether all numbers are sound, or are none: of ten thousand files, in a hurry where they are."""
    try:
        if sum(map(abs, values)) <= LARGEST:
            return True
    except (TypeError, OverflowError):
        pass  # one is missing, or is no number: that is looked at one by one
    return all(value is None or _is_sound(value) for value in values)


def _are_statistics(values: Collection[Any]) -> bool:
    """Tell whether statistics are numbers; the interval of one sample has no end on either side."""
    return _are_sound(values) or all(
        value is None or _is_sound(value) or (isinstance(value, float) and math.isinf(value))
        for value in values
    )


def _is_sound(value: Any) -> bool:
    """Tell whether a number is one, NaN included, and of a size that something has."""
    return isinstance(value, float | int) and (value != value or abs(value) <= LARGEST)
