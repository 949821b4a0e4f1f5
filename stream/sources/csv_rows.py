"""The rows of a CSV file with the line each begins on, separated even where quotes are broken."""

from __future__ import annotations

import csv
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.reading import SEPARATOR, Unreadable, lines, refusal
from stream.sources.rows import delimiter_of, loosely
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_LINES: Final = 50  # of one row; a quote that stays open for longer was never meant
MOST_BYTES: Final = 1_048_576


MOST_ABOVE: Final = 50  # lines before a header that is looked for


class Form(NamedTuple):
    """How rows are written; without a `delimiter`, it is the one that the first line has most of."""

    delimiter: str | None
    quote: str
    encoding: str | None = None


class Row(NamedTuple):
    """A row: the line it begins on, its cells, its bytes; `loose` if its quotes are broken, and its columns fit."""

    line: int
    cells: list[str]
    data: bytes
    loose: bool = False


class _OpenQuoteError(Exception):
    """A quote is open where the line ends: the row may go on."""


class _Line:
    """A line, which may be read ahead for several rows that may go on over it, but whose quotes are read only once."""

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self.data = data
        self._stays_open: bool | None = None

    def stays_open(self, delimiter: str, form: Form) -> bool:
        """Return whether a quote that is open where the line begins, or one after it, is open where it ends."""
        if self._stays_open is None:
            text = decoded(b"\n" + self.data, form.encoding)
            self._stays_open = _broken_at(text, delimiter, form.quote, within=True)[1]
        return self._stays_open


def rows(
    file: BinaryIO,
    form: Form,
    skip: int | Callable[[list[str]], bool] = 0,
    *,
    fits: Callable[[list[str]], bool] = lambda _: False,
) -> Iterator[Row | Unreadable]:
    """
    Yield the rows of `file` after `skip` lines, and what is none; blank lines are left out.

    Where `skip` says whether cells are the header's, the first of 50 lines that has them is the first row; none is
    skipped where there is no such line.

    A quoted cell may go on over some lines. If it is never closed, its first line alone is refused. Where quotes are
    broken, a row is read all the same if a quote that ends a cell only before a delimiter gives what `fits` takes.
    """
    waiting: deque[_Line | Unreadable] = deque()
    source = (line if isinstance(line, Unreadable) else _Line(*line) for line in lines(file))
    if isinstance(skip, int):
        for _ in range(skip):
            next(source, None)
    else:
        waiting.extend(islice(source, MOST_ABOVE))
        above = next((number for number, line in enumerate(waiting) if _is_header(line, form, skip)), 0)
        for _ in range(above):
            waiting.popleft()
    delimiter = form.delimiter
    while (first := waiting.popleft() if waiting else next(source, None)) is not None:
        if isinstance(first, Unreadable):
            yield first
            continue
        number, data = first.number, first.data
        if not data.strip():
            continue
        if number == 1 and (separator := SEPARATOR.fullmatch(data)):
            delimiter = separator[1].decode()  # the file knows better than who describes it
            continue
        try:
            text = decoded(data, form.encoding)
            delimiter = delimiter or delimiter_of(text, form.quote)
            try:
                yield Row(number, cells_of(text, delimiter, form.quote), data)
            except _OpenQuoteError:
                yield _joined(first, delimiter, form, waiting, source)
        except Refused as refused:
            cells = loosely(decoded(data, form.encoding), delimiter or ",", form.quote)
            broken = refused.reason == Reason.MALFORMED_LINE and cells is not None and fits(cells)
            yield Row(number, cells or [], data, loose=True) if broken else Unreadable(number, refused, data)
        except Exception as error:  # noqa: BLE001  one of ours puts this line aside, and the next is read
            yield Unreadable(number, refusal(error), data)


def _is_header(line: _Line | Unreadable, form: Form, has_columns: Callable[[list[str]], bool]) -> bool:
    if isinstance(line, Unreadable):
        return False
    try:
        text = decoded(line.data, form.encoding)
    except Refused:
        return False
    return has_columns(_strictly(text, form.delimiter or delimiter_of(text, form.quote), form.quote) or [])


def cells_of(text: str, delimiter: str, quote: str) -> list[str]:
    """Return the cells of a row; Refused, with the column, where its quotes are broken."""
    cells = _strictly(text, delimiter, quote)
    if cells is not None:
        return cells
    column, is_open = _broken_at(text, delimiter, quote)
    if is_open:
        raise _OpenQuoteError
    raise Refused(
        Reason.MALFORMED_LINE,
        None,
        f"column {column}: something stands after the quote that closes the cell; write a quote within quotes twice",
    )


def _strictly(text: str, delimiter: str, quote: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True), None)
    except csv.Error:
        return None


def _joined(
    first: _Line,
    delimiter: str,
    form: Form,
    waiting: deque[_Line | Unreadable],
    source: Iterator[_Line | Unreadable],
) -> Row:
    """Return the row that begins on `first` and goes on over further lines; Refused if no line closes it."""
    parts, size = [first.data], len(first.data)
    for more in range(1, MOST_LINES):
        if len(waiting) < more:
            following = next(source, None)
            if following is None:
                break
            waiting.append(following)
        following = waiting[more - 1]
        if isinstance(following, Unreadable) or size > MOST_BYTES:
            break
        parts.append(following.data)
        size += 1 + len(following.data)
        if following.stays_open(delimiter, form):
            continue
        data = b"\n".join(parts)
        cells = _strictly(decoded(data, form.encoding), delimiter, form.quote)
        if cells is None:
            break
        for _ in range(more):
            waiting.popleft()
        return Row(first.number, cells, data)
    column, _ = _broken_at(decoded(first.data, form.encoding), delimiter, form.quote)
    raise Refused(
        Reason.MALFORMED_LINE, None, f"column {column}: a quote is opened and never closed; close it, or write it twice"
    )


def _broken_at(text: str, delimiter: str, quote: str, *, within: bool = False) -> tuple[int, bool]:
    """
    Return the column, counted from 1, where the quotes of a row break; and whether one is still open at its end.

    `within` if a quote is open before `text`, which goes on with the row.
    """
    column, closed = 1, False
    begin = True
    for sign in text:
        if within:
            within, closed = sign != quote, sign == quote
        elif sign == delimiter:
            column, begin, closed = column + 1, True, False
            continue
        elif sign == quote and (begin or closed):
            within, closed = True, False
        elif closed:
            return column, False
        begin = False
    return column, within
