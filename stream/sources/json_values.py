"""The JSON values of a file: one a line, or, in a file that is one document, indented or in a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.sources.reading import Unreadable, lines
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Line = tuple[int, bytes]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a document, which is read as a whole; lines may go on for ever."""

_WHITE: Final = " \t\r\n"
_value_at = json.JSONDecoder().raw_decode


def values(file: BinaryIO) -> Iterator[Line | Unreadable]:
    """
    Yield each JSON value with the line it begins on.

    The file is a document if its first line begins a list, or an object that does not end there, and the whole of it
    can be read as values; of a list these are its own. Else each line is a value, and what is wrong costs a line.
    """
    source = lines(file)
    held: list[Line] = []
    size = 0
    for line in source:
        if isinstance(line, Unreadable):
            yield from held
            yield line
            break
        if not held and not line[1].strip():
            continue
        held.append(line)
        size += len(line[1])
        if size > MOST_BYTES or not (len(held) > 1 or _begins(line[1])):
            yield from held
            break
    else:
        document = _document(held)
        yield from held if document is None else document
    yield from (line for line in source if isinstance(line, Unreadable) or line[1].strip())


def _begins(line: bytes) -> bool:
    text = line.strip()
    if not text.startswith(b"{"):
        return text.startswith(b"[")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _document(held: list[Line]) -> list[Line] | None:
    """Return the values of a document; None where it is none."""
    if not held:
        return None
    try:
        text = decoded(b"\n".join(line for _, line in held))
        spans = _spans(text)
    except (ValueError, RecursionError):
        return None
    found: list[Line] = []
    number, counted = held[0][0], 0
    for start, end in spans:
        number, counted = number + text.count("\n", counted, start), start
        found.append((number, text[start:end].encode()))
    return found


def _spans(text: str) -> Iterable[tuple[int, int]]:
    """Return where each value begins and ends; ValueError where something else stands there."""
    place = _after_white(text, 0)
    in_list = text[place] == "["
    spans: list[tuple[int, int]] = []
    place = _after_white(text, place + in_list)
    while place < len(text) and text[place] != "]":
        end = _value_at(text, place)[1]
        spans.append((place, end))
        place = _after_white(text, end)
        if in_list and text[place : place + 1] == ",":
            place = _after_white(text, place + 1)
    if in_list != (text[place:].strip(_WHITE) == "]"):
        raise ValueError("something else stands in the document")
    return spans


def _after_white(text: str, place: int) -> int:
    while place < len(text) and text[place] in _WHITE:
        place += 1
    return place
