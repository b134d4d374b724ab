"""The verdicts: whether threads help, what stops them, and how long they hold the GIL."""

from .on_gil import (
    FEWEST_SEEN,
    RELEASES_AT_MOST,
    WAITING_WORTH_TELLING,
    extra_waiting,
    gil_verdict,
    waiting_for_gil,
    waits,
)
from .on_scaling import (
    HELPS_ABOVE,
    HURTS_BELOW,
    SCALES_FROM,
    Judged,
    cause,
    judged,
    missing,
    scaling_verdict,
    send_to_sleep,
    speedup_word,
    starved,
)

__all__ = [
    "FEWEST_SEEN",
    "HELPS_ABOVE",
    "HURTS_BELOW",
    "RELEASES_AT_MOST",
    "SCALES_FROM",
    "WAITING_WORTH_TELLING",
    "Judged",
    "cause",
    "extra_waiting",
    "gil_verdict",
    "judged",
    "missing",
    "scaling_verdict",
    "send_to_sleep",
    "speedup_word",
    "starved",
    "waiting_for_gil",
    "waits",
]
