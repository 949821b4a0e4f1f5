"""
The two forms of a line of log: one to read, and one for whatever collects logs.

Libraries log by the standard library's `logging`, and so do we: a formatter is all that brings both into one form.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from stream.logs.faults import kind_and_place, text_of, traceback_of
from stream.logs.trouble import FIELDS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_OURS: Final = ("stream", "agents", "grafana", "root")


class Line(logging.Formatter):
    """
    What both forms share.

    Args:
        zone: in which the moment is written, with its distance from UTC.
        whole: whether an error is logged with its traceback and its own text.

    """

    def __init__(self, zone: ZoneInfo, *, whole: bool = False) -> None:
        super().__init__()
        self._zone = zone
        self._whole = whole

    def _moment(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, self._zone).isoformat(timespec="milliseconds")


class TextLine(Line):
    """`2026-11-30T17:04:05.678+01:00 WARNING the broker is away: …`; only a traceback takes more lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        library = record.name.partition(".")[0]
        said = one_line(f"{'' if library in _OURS else f'{library}: '}{message_of(record)}")
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            said += f": {one_line(kind_and_place(error))}"
        line = f"{self._moment(record)} {record.levelname} {said}"
        return f"{line}\n{traceback_of(error, whole=True)}" if error is not None and self._whole else line


class JsonLine(Line):
    """
    An object on a line: `time`, `level`, `logger`, `program`, `message`.

    Of an error it has `error` with its `kind`, `text` and `at`, and a `traceback`; of a trouble what `FIELDS` name.
    """

    def __init__(self, zone: ZoneInfo, program: str, *, whole: bool = False) -> None:
        super().__init__(zone, whole=whole)
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """Return the object of a record, in ASCII: whatever takes it then takes every character."""
        said: dict[str, Any] = {
            "time": self._moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "program": self._program,
            "message": one_line(message_of(record)),
        }
        said |= {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            place = kind_and_place(error).rpartition(" at ")[2]
            said["error"] = {"kind": type(error).__name__, "text": text_of(error) or None, "at": place}
            said["traceback"] = traceback_of(error, whole=self._whole)
        return json.dumps(said)


def message_of(record: logging.LogRecord) -> str:
    """Return what was logged; a library that gave the wrong arguments ends nothing by it."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def one_line(text: str) -> str:
    """Return `text` on one line, whoever wrote it: nothing in it acts on a terminal or looks like another line."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in " ".join(text.split())
    )
