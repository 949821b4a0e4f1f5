"""The form of the files that a mapping reads: CSV with its signs and its header, or lines of JSON."""

from __future__ import annotations

import codecs
from typing import Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.mapping.wrong import WrongError, no_others, one_of

FORMATS: Final = ("csv", "json")
_KEYS: Final = ("format", "delimiter", "quote", "encoding", "header", "skip")
_SAMPLE: Final = "\r\n;,\t|\"'"


class FileForm(NamedTuple):
    """
    How a file is read: its `format`, and for CSV the rest.

    `header` names the columns of a file that does not; () for one whose columns are 1, 2, 3…; None where its first
    line does. `delimiter` None: the one that its header has most of.
    """

    format: str = "csv"
    delimiter: str | None = None
    quote: str = '"'
    encoding: str = "utf-8"
    header: tuple[str, ...] | None = None
    skip: int = 0


def file_form(told: Any) -> FileForm:
    """Return the form that the table `file` tells; WrongError for a wrong one."""
    if not isinstance(told, dict):
        raise WrongError("", f'{kind_of(told)}; write a table: [file] and below it delimiter = ";"')
    no_others(told, _KEYS)
    return FileForm(
        one_of("format", told.get("format", "csv"), FORMATS),
        _sign(told, "delimiter") if "delimiter" in told else None,
        _sign(told, "quote") if "quote" in told else '"',
        _encoding(told.get("encoding", "utf-8")),
        _header(told.get("header", True)),
        _skip(told.get("skip", 0)),
    )


def _sign(told: dict[str, Any], key: str) -> str:
    value = told[key]
    if isinstance(value, str) and len(value) == 1 and value not in "\r\n":
        return value
    raise WrongError(key, f'{kind_of(value)}; write one character: ";", or "\\t" for a tab')


def _encoding(told: Any) -> str:
    try:
        name = codecs.lookup(told).name
        # Lines are told apart by their bytes, so a line's end must be one.
        right = _SAMPLE.encode(name) == _SAMPLE.encode("ascii")
    except (LookupError, TypeError, UnicodeError):
        right = False
    if not right:
        raise WrongError(
            "encoding", f'{kind_of(told)} that names none with the signs of ASCII; write "utf-8", "cp1252" or "latin-1"'
        )
    return name


def _header(told: Any) -> tuple[str, ...] | None:
    if told is True:
        return None
    if told is False:
        return ()
    if isinstance(told, list) and told and all(isinstance(name, str) and name for name in told):
        if len(set(told)) == len(told):
            return tuple(told)
        raise WrongError("header", "two columns of one name; write each name once")
    raise WrongError("header", f'{kind_of(told)}; write true, false (columns are 1, 2, …), or ["date", "phone"]')


def _skip(told: Any) -> int:
    if isinstance(told, int) and not isinstance(told, bool) and told >= 0:
        return told
    raise WrongError("skip", f"{kind_of(told)}; write how many lines stand before the header: 0")
