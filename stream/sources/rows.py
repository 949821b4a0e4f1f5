"""Rows of comma-separated files as telephone systems write them: by the rules, or with quotes that nobody doubled."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

# What databases export where there is no value.
_FIRST: Final = 20  # lines that are looked at
_NAME: Final = re.compile(rb'(?:"+[^"<>]*"+|[^,<>]*[^,<>\s])(?=\s*$)')
_LONGEST_NAME: Final = 400  # bytes that a name and its quotes may have
_NULLS: Final = frozenset({"NULL", "\\N"})


def text_of(data: bytes) -> str:
    """Return the text of a line; raises Refused where it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Reason.BAD_ENCODING, None, "not UTF-8; write the file as UTF-8") from error


def cells_of(data: bytes, fits: Callable[[list[str]], bool]) -> list[str]:
    """
    Return the cells of a line, empty where it says NULL.

    It is read by the rules of CSV; if that fails, or `fits` says that these cannot be the cells, a quote ends a cell
    only where a comma or the line's end follows it, as in `""Doe" <101>",101`. Raises Refused if that fits no better.
    """
    text = text_of(data)
    for read in (_by_the_rules, loosely):
        cells = read(text)
        if cells is not None and fits(cells):
            return ["" if cell in _NULLS else cell for cell in cells]
    if cells is None:
        raise Refused(Reason.MALFORMED_LINE, None, "not a row of CSV: a quote is open; is the line cut off?")
    count = f"{len(cells)} column{'s' * (len(cells) != 1)}"
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
    text = data.decode("utf-8", "replace")
    cells = loosely(text)
    row = text.split(",") if cells is None else cells
    if place < len(row) and row[place].strip('" '):
        row[place] = "…"
    if cells is None:
        return ",".join(row).encode()
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
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


def _by_the_rules(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), None)
    except csv.Error:
        return None


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
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            cells.append(text[place:end])
            place = end + 1
    return cells
