"""A sample of a file of any form: its first rows by their columns, and how it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from stream.errors import RingboardError
from stream.events.diagnosis import json_of
from stream.events.refusal import Refused
from stream.mapping.flat import columns_in
from stream.mapping.guessing import Sample
from stream.sources.csv_rows import Form, rows
from stream.sources.json_values import values
from stream.sources.opening import format_of, opened
from stream.sources.reading import Unreadable, WrongFileError
from stream.sources.text import Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD: Final = 65_536
_MOST: Final = 10_000
_DIGITS: Final = re.compile(r"\d{2}")


def sample_of(path: Path, encoding: str | None) -> Sample:
    """
    Return the first rows of the file at `path`.

    Raises RingboardError, of one line, for one that cannot be read, has no rows, or is of a format that needs none.
    """
    with opened(path, Written(encoding)) as file:
        head = file.content.read(_HEAD)
        _refuse_known(path.name, head)
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
    header: list[str] | None = None
    named = True
    found: list[dict[str, str]] = []
    for row in rows(content, Form(None, '"', None)):
        if isinstance(row, Unreadable) or not any(row.cells):
            continue
        cells = [cell.strip() for cell in row.cells]
        if header is None:
            named = _is_header(cells)
            header = cells if named else [str(number) for number in range(1, len(cells) + 1)]
            if named:
                continue
        if len(cells) == len(header):
            found.append(dict(zip(header, cells, strict=True)))
        if len(found) >= _MOST:
            break
    return Sample(found, is_json=False, within=None, named=named)


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
