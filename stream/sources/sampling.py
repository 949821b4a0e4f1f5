"""A sample of a file of any form: its first rows by their columns, and how it is written."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from stream.errors import RingboardError
from stream.events.diagnosis import json_of
from stream.events.refusal import Refused
from stream.mapping.draft_words import total_in
from stream.mapping.flat import columns_in
from stream.mapping.guessing import Sample
from stream.sources.csv_rows import Form, Row, rows
from stream.sources.json_values import values
from stream.sources.opening import format_of, opened, refuse_xml
from stream.sources.reading import SEPARATOR, Unreadable, WrongFileError
from stream.sources.rows import ANY_DELIMITER, delimiter_of
from stream.sources.text import Written, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_HEAD: Final = 65_536
_MOST: Final = 10_000
_LINES: Final = 30  # in which the header, and the sign between cells, show
_TOTALS: Final = 3
_DIGITS: Final = re.compile(r"\d{2}")


def sample_of(path: Path, encoding: str | None) -> Sample:
    """
    Return the first rows of the file at `path`.

    Raises RingboardError, of one line, for one that cannot be read, has no rows, or is of a format that needs none.
    """
    with opened(path, Written(encoding)) as file:
        head = file.content.read(_HEAD)
        _refuse_known(path.name, head)
        refuse_xml(path.name, head)
        file.content.seek(0)
        content: Any = file.content
        found = _json(content) if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} else _csv(content)
    if not found.rows:
        raise WrongFileError(f"{path.name}: no rows in it; name a file that has some: CSV, JSON or a workbook")
    return found


def _refuse_known(name: str, head: bytes) -> None:
    try:
        known = format_of("", head)
    except RingboardError:
        return
    if known != "ndjson":
        raise WrongFileError(f"{name}: {known}, which needs no mapping; run `ringboard replay --dry-run {name}`")


def _csv(content: Any) -> Sample:
    head = content.read(_HEAD)
    content.seek(0)
    delimiter = _delimiter(head)
    read = (row for row in rows(content, Form(delimiter, '"', None)) if isinstance(row, Row))
    found = list(islice((row for row in read if any(map(str.strip, row.cells))), _MOST))
    if not found:
        return Sample([], is_json=False, within=None, named=True)
    top = _top(found)
    skip = found[top].line - 1 if top else 0
    first = [cell.strip() for cell in found[top].cells]
    named = _is_header(first)
    header = first if named else [str(number) for number in range(1, len(first) + 1)]
    cells = [[cell.strip() for cell in row.cells] for row in found[top + named :] if len(row.cells) == len(header)]
    totals: list[tuple[str, str]] = []
    while len(cells) > 1 and len(totals) < _TOTALS and (text := total_in(cells[-1])) is not None:
        totals.append((header[cells.pop().index(text)], text))
    by_itself = delimiter_of(decoded(found[top].data), '"')
    if delimiter is None and skip:
        delimiter = decoded(head).lstrip("\ufeff")[len("sep=")]
    return Sample(
        [dict(zip(header, one, strict=True)) for one in cells],
        is_json=False,
        within=None,
        named=named,
        skip=skip,
        delimiter=None if delimiter == by_itself else delimiter,
        totals=tuple(totals),
    )


def _delimiter(head: bytes) -> str | None:
    """Return the sign that most of the first lines have most of; None where the file itself says it."""
    lines = [decoded(line) for line in head.removeprefix(b"\xef\xbb\xbf").splitlines()[:_LINES] if line.strip()]
    if not lines or SEPARATOR.fullmatch(lines[0].encode()):
        return None
    signs = [delimiter_of(line, '"') for line in lines]
    return max(ANY_DELIMITER, key=lambda sign: (signs.count(sign), sign == signs[-1]))


def _top(found: list[Row]) -> int:
    """Return which row is the header: the first that has as many cells with something as a table has."""
    looked_at = found[:_LINES]
    filled = [sum(bool(cell.strip()) for cell in row.cells) for row in looked_at]
    widths = [len(row.cells) for row in looked_at]
    usual, width = _most_often(filled[1:] or filled), _most_often(widths[1:] or widths)
    fits = (number for number, count in enumerate(filled) if widths[number] == width and count * 2 > usual)
    return next(fits, 0)


def _most_often(counts: Sequence[int]) -> int:
    return max(set(counts), key=lambda one: (counts.count(one), one))


def _is_header(cells: list[str]) -> bool:
    """Return whether these are names: each its own, and none of them a number or a time."""
    filled = [cell for cell in cells if cell]
    return len(set(filled)) == len(cells) and not any(_DIGITS.search(cell) and len(cell) > 3 for cell in filled)  # noqa: PLR2004


def _json(content: Any) -> Sample:
    payloads: list[Any] = []
    for value in values(content):
        if isinstance(value, Unreadable):
            continue
        try:
            payload = json_of(value[1])
        except Refused:
            continue
        payloads.extend(payload if isinstance(payload, list) else [payload])
        if len(payloads) >= _MOST:
            break
    within = _list_in(payloads[0]) if len(payloads) == 1 else None
    found = [columns_in(one) for one in _records(payloads, within) if isinstance(one, dict)]
    return Sample(found[:_MOST], is_json=True, within=within, named=True)


def _records(payloads: list[Any], within: str | None) -> Iterator[Any]:
    if within is None:
        yield from payloads
        return
    found = payloads[0]
    for step in within.split("."):
        found = found[step]
    yield from found


def _list_in(payload: Any, path: str = "", depth: int = 3) -> str | None:
    """Return the path to the longest list of objects in a `payload`, if there is one of several."""
    best: tuple[int, str] = (1, "")
    for name, one in payload.items() if isinstance(payload, dict) and depth else ():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(one, list) and one and all(isinstance(each, dict) for each in one):
            best = max(best, (len(one), here))
        elif isinstance(one, dict) and (deeper := _list_in(one, here, depth - 1)) is not None:
            best = max(best, (2, deeper))
    return best[1] or None
