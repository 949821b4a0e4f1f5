"""What is said of an error in a log: its kind and its place; its own text only where that cannot be of a record."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Final

from stream.errors import RingboardError
from stream.events.faults import code_place

if TYPE_CHECKING:
    from types import TracebackType

_OF_NO_RECORD: Final = (OSError, RingboardError)
_KAFKA: Final = "aiokafka."
"""Its errors are the broker's answers; only the packages that speak to Kafka may import it."""


def kind_and_place(error: BaseException) -> str:
    """Return an error in a few words, as in `KeyError at stream/journeys/base.py:120`."""
    text = text_of(error)
    return f"{type(error).__name__}{f' ({text})' if text else ''} at {code_place(error)}"


def text_of(error: BaseException) -> str:
    """Return what an error says of itself; nothing where it may repeat a record, with a number or a name in it."""
    safe = isinstance(error, _OF_NO_RECORD) or type(error).__module__.startswith(_KAFKA)
    return " ".join(str(error).split()) if safe else ""


def traceback_of(error: BaseException, *, whole: bool) -> str:
    """Return the lines of code that `error` passed through; `whole`: with its text and what caused it."""
    if whole:
        return "".join(traceback.format_exception(error)).rstrip()
    trace: TracebackType | None = error.__traceback__
    return "".join(traceback.format_tb(trace)).rstrip()
