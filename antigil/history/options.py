"""The one key ``antigil`` of ``asv.conf.json``, checked: an unknown option is refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from antigil.errors import UserError

#: An address that `antigil.report.document` lets through once the name of a page stands behind it.
ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&+,;=%-]{1,400}")

#: Parameter names that count threads, in benchmarks that know nothing of antigil.
THREAD_PARAMETERS = ("threads", "n_threads", "nthreads", "n_jobs", "workers", "num_threads")


@dataclass(frozen=True)
class Options:
    """What the ``antigil`` key of ``asv.conf.json`` may say.

    Attributes
    ----------
    thread_parameters : tuple of str
        Names of ``time_*`` benchmarks' parameters that count threads.
    threshold : float
        Smallest relative change of speedup that counts (0.05 = 5 %).
    held_threshold : float
        Smallest change of the share of time for which the GIL is held (0.02 = 2 percentage points).
    thresholds : dict of str to float
        Regular expression matched against the name of a workload or its ``track_slowdown``, and its own
        `threshold`; the largest counts. asv's ``regressions_thresholds`` are among them.
    excused : dict of str to str
        Regular expression matched against a workload's name, and the reason why it raises no alert.
    headline : str or None
        Name of the workload in ``badge.json`` and ``history.svg``; the first one in alphabetical order
        that is no control, if not given.
    since : str or None
        The last commit that is of no interest: nothing before it is measured or raises an alert.
    backfill : int
        How many commits that lack results one run of the workflow measures.
    site_url : str
        Where the pages are served, for the links in the feed; relative links if empty.
    """

    thread_parameters: tuple[str, ...] = THREAD_PARAMETERS
    threshold: float = 0.05
    held_threshold: float = 0.02
    thresholds: Mapping[str, float] = field(default_factory=dict)
    excused: Mapping[str, str] = field(default_factory=dict)
    headline: str | None = None
    site_url: str = ""
    since: str | None = None
    backfill: int = 100

    def threshold_of(self, workload: str) -> float:
        """Return the smallest relative change of speedup that counts for a workload."""
        names = workload, f"{workload}.track_slowdown"
        own = [v for pattern, v in self.thresholds.items() if any(re.match(pattern, name) for name in names)]
        return max(own, default=self.threshold)

    def lowered(self, part: float) -> Options:
        """Return options whose least effects that count are a part of these."""
        return replace(
            self,
            threshold=self.threshold * part,
            held_threshold=self.held_threshold * part,
            thresholds={pattern: value * part for pattern, value in self.thresholds.items()},
        )

    def excuse_of(self, workload: str) -> str | None:
        """Return why a workload raises no alert, or None if it does."""
        return next((why for pattern, why in self.excused.items() if re.match(pattern, workload)), None)


def read_options(conf: object) -> Options:
    """Return the options of a loaded ``asv.conf.json``; refuse by name what is unknown or of a wrong kind."""
    asvs = _asvs_thresholds(getattr(conf, "regressions_thresholds", {}))
    raw = getattr(conf, "antigil", None)
    if raw is None:
        return Options(thresholds=asvs)
    if not isinstance(raw, dict):
        raise UserError('"antigil" in asv.conf.json must be an object, such as {"threshold": 0.05}')
    known = [f.name for f in fields(Options)]
    for name in raw:
        if name not in known:
            raise UserError(
                f'unknown option "{name}" under "antigil" in asv.conf.json; known: {", ".join(known)}'
            )
    own = Options(**{name: _checked(name, value) for name, value in raw.items()})
    return replace(own, thresholds={**asvs, **own.thresholds})


def _asvs_thresholds(told: Any) -> dict[str, float]:
    """Return asv's own thresholds, checked."""
    try:
        return {pattern: float(value) for pattern, value in told.items() if re.compile(pattern)}
    except (AttributeError, TypeError, ValueError, re.error) as error:
        raise UserError(f'"regressions_thresholds" in asv.conf.json cannot be read: {error}') from error


def _checked(name: str, value: Any) -> Any:
    """Return an option's value in the type that `Options` holds, or refuse it by name."""
    if name == "thread_parameters":
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise UserError(f'"{name}" under "antigil" must be a list of names, not {value!r}')
        return tuple(value)
    if name in {"threshold", "held_threshold"}:
        return _share(name, value)
    if name in {"thresholds", "excused"}:
        return _by_pattern(name, value)
    if name == "backfill":
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UserError(f'"{name}" under "antigil" must be a positive whole number, not {value!r}')
        return value
    if not isinstance(value, str) and not (name in {"headline", "since"} and value is None):
        raise UserError(f'"{name}" under "antigil" must be a string, not {value!r}')
    if name == "site_url" and value and not ADDRESS.fullmatch(value):
        meant = "an address in plain characters, such as https://example.org/speedup"
        raise UserError(f'"{name}" under "antigil" must be {meant}, not {value!r}')
    return value


def _share(name: str, value: Any) -> float:
    """Return a number between 0 and 1, or refuse it by name."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise UserError(f'"{name}" under "antigil" must be a number between 0 and 1, not {value!r}')
    return float(value)


def _by_pattern(name: str, value: Any) -> dict[str, Any]:
    """Return values by regular expression, or refuse them by name."""
    if not isinstance(value, dict):
        raise UserError(f'"{name}" under "antigil" must be an object of patterns, not {value!r}')
    for pattern, item in value.items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise UserError(
                f'"{name}" under "antigil": {pattern!r} is no regular expression: {error}'
            ) from None
        if name == "excused" and (not isinstance(item, str) or not item.strip()):
            raise UserError(f'"{name}" under "antigil": {pattern!r} needs a reason in words')
    if name == "thresholds":
        return {pattern: _share(f"{name}: {pattern}", item) for pattern, item in value.items()}
    return dict(value)
