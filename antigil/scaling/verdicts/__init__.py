"""The verdicts: whether threads help, what stops them, and how long they hold the GIL."""

from .causes import cause, hand_over_seconds, missing, seconds_alone, starved
from .on_gil import (
    FEWEST_SEEN,
    WAITING_WORTH_TELLING,
    extra_waiting,
    gil_verdict,
    waiting_for_gil,
    waits,
    waits_with_gil,
)
from .on_scaling import (
    HELPS_ABOVE,
    SCALES_FROM,
    WIDEST,
    Judged,
    bounds,
    judged,
    scaling_verdict,
    send_to_sleep,
    speedup_word,
)

__all__ = [
    "FEWEST_SEEN",
    "HELPS_ABOVE",
    "SCALES_FROM",
    "WAITING_WORTH_TELLING",
    "WIDEST",
    "Judged",
    "bounds",
    "cause",
    "extra_waiting",
    "gil_verdict",
    "hand_over_seconds",
    "judged",
    "missing",
    "scaling_verdict",
    "seconds_alone",
    "send_to_sleep",
    "speedup_word",
    "starved",
    "waiting_for_gil",
    "waits",
    "waits_with_gil",
]
