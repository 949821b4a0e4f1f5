"""The form of the files that a mapping reads: CSV with its signs and its header, or lines of JSON."""

from __future__ import annotations

import codecs
from typing import Any, Final, NamedTuple

from stream.events.describe import kind_of
from stream.mapping.wrong import WrongError, no_others, one_of

FORMATS: Final = ("csv", "json")
_KEYS: Final = ("format", "delimiter", "quote", "encoding", "header", "skip")
_WIDE: Final = ("utf-16", "utf-32")
UNTIL_HEADER: Final = "until-header"
_SAMPLE: Final = "\r\n;,\t|\"'"


class FileForm(NamedTuple):
    """
    How a file is read: its `format`, and for CSV the rest.

    `header` names the columns of a file that does not; () for one whose columns are 1, 2, 3…; None where its first
    line does. `delimiter` None: the one that its header has most of. `encoding` None: nobody has said so. `skip` lines
    stand before the header; None: as many as there are before the line that has all columns.
    """

    format: str = "csv"
    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    header: tuple[str, ...] | None = None
    skip: int | None = 0


def file_form(given: Any) -> FileForm:
    """Return the form that the table `file` tells; WrongError for a wrong one."""
    if not isinstance(given, dict):
        raise WrongError("", f'{kind_of(given)}; write a table: [file] and below it delimiter = ";"')
    no_others(given, _KEYS)
    return FileForm(
        one_of("format", given.get("format", "csv"), FORMATS),
        _sign(given, "delimiter") if "delimiter" in given else None,
        _sign(given, "quote") if "quote" in given else '"',
        _encoding(given["encoding"]) if "encoding" in given else None,
        _header(given.get("header", True)),
        _skip(given),
    )


def _sign(given: dict[str, Any], key: str) -> str:
    value = given[key]
    if isinstance(value, str) and len(value) == 1 and value not in "\r\n":
        return value
    raise WrongError(key, f'{kind_of(value)}; write one character: ";", or "\\t" for a tab')


def _encoding(given: Any) -> str:
    try:
        name = codecs.lookup(given).name
        # Lines are separated by their bytes, so a line's end must be one, but in what is turned into UTF-8 before.
        right = name.startswith(_WIDE) or _SAMPLE.encode(name) == _SAMPLE.encode("ascii")
    except (LookupError, TypeError, UnicodeError):
        right = False
    if not right:
        raise WrongError(
            "encoding",
            f'{kind_of(given)} that is not read; write the file as UTF-8, or name "utf-16", "cp1252" or "latin-1"',
        )
    return name


def _header(given: Any) -> tuple[str, ...] | None:
    if given is True:
        return None
    if given is False:
        return ()
    if isinstance(given, list) and given and all(isinstance(name, str) and name for name in given):
        if len(set(given)) == len(given):
            return tuple(given)
        raise WrongError("header", "two columns of one name; write each name once")
    raise WrongError("header", f'{kind_of(given)}; write true, false (columns are 1, 2, …), or ["date", "phone"]')


def _skip(given: dict[str, Any]) -> int | None:
    value = given.get("skip", 0)
    if value == UNTIL_HEADER and given.get("header", True) is True:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise WrongError(
        "skip",
        f'{kind_of(value)}; write how many lines stand before the header: 0, or "{UNTIL_HEADER}" where that differs '
        "and the file has one",
    )
