"""A fault of our own in the taking of one record: it becomes a refusal, which names the place in the code."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import stream
from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from types import TracebackType

_ROOT: Final = Path(stream.__file__).resolve().parent.parent
_PACKAGES: Final = ("stream", "agents")
_MOST_LOGGED: Final = 1_000  # there are only so many lines of code; this bounds the memory whatever they do
_logged: set[str] = set()

log = logging.getLogger(__name__)


def internal(error: Exception) -> Refused:
    """
    Return the refusal of a record in whose taking `error`, which nobody foresaw, was raised.

    Its message has the kind of the error and our line of code, never the error's own text: that may be of the record.
    """
    return Refused(
        Reason.INTERNAL,
        None,
        f"{type(error).__name__} at {code_place(error)}: a bug of Ringboard's own; please report it",
    )


def refusal_of(error: Exception) -> Refused:
    """Return why a record is refused in whose taking `error` was raised: `error` itself if it is a refusal."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, RecursionError):
        return Refused(Reason.TOO_DEEP, None, "objects or lists nested too deep; an event is a flat object")
    return internal(error)


def log_fault(refused: Refused, place: str) -> None:
    """Log an internal fault with the `place` of its record; of each place in the code only the first one."""
    if refused.message not in _logged and len(_logged) < _MOST_LOGGED:
        _logged.add(refused.message)
        log.error("%s: %s; more like it are counted, and not logged", place, refused.message)


def code_place(error: BaseException) -> str:
    """Return our innermost line of code that `error` passed through: `stream/journeys/base.py:120`."""
    ours, innermost = "", "an unknown line"
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        innermost = f"{path.name}:{trace.tb_lineno}"
        if path.is_relative_to(_ROOT):
            inside = path.relative_to(_ROOT)
            if inside.parts[0] in _PACKAGES:
                ours = f"{inside.as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return ours or innermost
