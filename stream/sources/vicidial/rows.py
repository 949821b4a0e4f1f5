"""The rows of a table as `mysql --batch` or an export of CSV writes them: a header, and NULL where there is nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.reading import Unreadable, WrongFileError, parsed
from stream.sources.rows import loosely
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Record = Mapping[str, str | None]
    """A row by the names of its columns; None where the table has nothing."""

_DELIMITERS: Final = "\t,;"
_NULLS: Final = frozenset({"", "NULL", "\\N"})
_ESCAPES: Final[Mapping[str, str]] = {"n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_ESCAPED: Final = re.compile(r"\\(.)")


class _Header(NamedTuple):
    names: list[str]
    delimiter: str


def header_of(line: bytes) -> _Header | None:
    """Return the columns that a first line names, in lower case, and what separates them; None of one column."""
    text = decoded(line.removeprefix(b"\xef\xbb\xbf")).strip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    if delimiter not in text:
        return None
    return _Header([name.strip().strip('"`').casefold() for name in text.split(delimiter)], delimiter)


def names_all(head: bytes, needed: Sequence[str]) -> bool:
    """Return whether the first line of `head` names all columns that are `needed`."""
    header = header_of(head.partition(b"\n")[0])
    return header is not None and set(needed) <= set(header.names)


def records(file: BinaryIO, table: str, needed: Sequence[str]) -> Iterator[tuple[int, Record, bytes] | Unreadable]:
    """
    Yield the rows of `file` below its header, with their lines and bytes, and the lines that are none.

    Raises:
        WrongFileError: the header lacks a column of the `table` that is `needed`.

    """
    header: _Header | None = None

    def record(line: int, data: bytes) -> tuple[int, Record, bytes] | None:
        nonlocal header
        if header is None:
            header = _right_header(data, table, needed)
            return None
        cells = _cells(data, header.delimiter)
        if cells is None or len(cells) != len(header.names):
            count = "a quote is open" if cells is None else f"{len(cells)} columns where the header has"
            of = "" if cells is None else f" {len(header.names)}"
            raise Refused(Reason.MALFORMED_LINE, None, f"{count}{of}; is the row cut off?")
        values = (None if cell in _NULLS else cell for cell in cells)
        return line, dict(zip(header.names, values, strict=True)), data

    for item in parsed(file, record):
        yield item if isinstance(item, Unreadable) else item[1]


def _right_header(line: bytes, table: str, needed: Sequence[str]) -> _Header:
    header = header_of(line)
    missing = [name for name in needed if header is None or name not in header.names]
    if header is None or missing:
        raise WrongFileError(
            f"header: it lacks {', '.join(missing)} of the table {table}; write all its columns, and their names above "
            "them, as mysql --batch does"
        )
    return header


def _cells(data: bytes, delimiter: str) -> list[str] | None:
    text = decoded(data)
    if delimiter != "\t":
        cells = loosely(text, delimiter)
        return None if cells is None else [cell.strip() for cell in cells]
    return [_ESCAPED.sub(lambda sign: _ESCAPES.get(sign[1], sign[0]), cell).strip() for cell in text.split("\t")]
