"""Rows of comma-separated files as telephone systems write them: by the rules, or with quotes that nobody doubled."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from stream.events.refusal import Reason, Refused
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST: Final = 20  # lines that are looked at
_NAME: Final = re.compile(rb'(?:"+[^"<>]*"+|[^,<>]*[^,<>\s])(?=\s*$)')
_LONGEST_NAME: Final = 400  # bytes that a name and its quotes may have
_DELIMITERS: Final = ",;\t"  # of telephone systems' files; in theirs a bar is no such sign
ANY_DELIMITER: Final = ";,\t|"
# What databases export where there is no value.
_NULLS: Final = frozenset({"NULL", "\\N"})


def text_of(data: bytes) -> str:
    """Return the text of a line, whatever its bytes are."""
    return decoded(data)


def cells_of(data: bytes, fits: Callable[[list[str]], bool]) -> list[str]:
    """
    Return the cells of a line, empty where it says NULL.

    It is read by the rules of CSV; if that fails, or `fits` says that these cannot be the cells, a quote ends a cell
    only where a comma or the line's end follows it, as in `""Doe" <101>",101`; then the same with a semicolon or a tab
    for the comma, as spreadsheets save it. Raises Refused if that fits no better.
    """
    text = decoded(data)
    most = 0
    for delimiter in _DELIMITERS:
        for read in (_by_the_rules, loosely):
            cells = read(text, delimiter)
            most = max(most, len(cells or ()))
            if cells is not None and fits(cells):
                return ["" if cell in _NULLS else cell for cell in cells]
    if not most:
        raise Refused(Reason.MALFORMED_LINE, None, "not a row of CSV: a quote is open; is the line cut off?")
    count = f"{most} column{'s' * (most != 1)}"
    why = "is the line cut off, or the file of another format?"
    raise Refused(Reason.MALFORMED_LINE, None, f"{count}, and no row of this format; {why}")


def without_caller_names(data: bytes) -> bytes:
    """Return a line without the names in front of numbers: `"Doe" <101>`, however its quotes are written."""
    parts = data.split(b"<")
    for place, part in enumerate(parts[:-1]):
        # Only so much is looked at, as a line may be long, and hold anything.
        kept, end = part[:-_LONGEST_NAME], part[-_LONGEST_NAME:]
        parts[place] = kept + _NAME.sub("…".encode(), end, count=1)
    return b"<".join(parts)


def without_cell(data: bytes, place: int) -> bytes:
    """Return a line without what stands in one of its cells, also where it is cut off or its quotes are not closed."""
    text = decoded(data)
    delimiter = delimiter_of(text, '"', _DELIMITERS)
    cells = loosely(text, delimiter)
    row = text.split(delimiter) if cells is None else cells
    if place < len(row) and row[place].strip('" '):
        row[place] = "…"
    if cells is None:
        return delimiter.join(row).encode()
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
    return out.getvalue().encode()


def one_fits(head: bytes, fits: Callable[[list[str]], bool]) -> bool:
    """Return whether one of the first lines can be read as cells that fit: those before it may be damaged."""
    for line in head.splitlines()[:_FIRST]:
        try:
            cells_of(line, fits)
        except Refused:
            continue
        return True
    return False


def _by_the_rules(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), None)
    except csv.Error:
        return None


def delimiter_of(text: str, quote: str, signs: str = ANY_DELIMITER) -> str:
    """Return the sign that stands most often between the cells of a line; a comma if none does."""
    outside = "".join(text.split(quote)[::2])
    return max(signs, key=lambda sign: (outside.count(sign), sign == ","))


def loosely(text: str, delimiter: str = ",", quote: str = '"') -> list[str] | None:
    """Return the cells of a line where a quote ends a cell only before a delimiter or the end; None if one is open."""
    cells: list[str] = []
    place = 0
    while place <= len(text):
        if text.startswith(quote, place):
            end = text.find(quote + delimiter, place + 1)
            if end < 0:
                if len(text) < place + 2 or not text.endswith(quote):
                    return None
                end = len(text) - 1
            cells.append(text[place + 1 : end].replace(f"\\{quote}", quote).replace(2 * quote, quote))
            place = end + 2
        else:
            # All cells up to the next quoted one.
            end = text.find(delimiter + quote, place)
            end = len(text) if end < 0 else end
            cells += text[place:end].split(delimiter)
            place = end + 1
    return cells
