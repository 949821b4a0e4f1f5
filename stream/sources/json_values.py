"""The JSON values of a file: one a line, or, in a file that is one document, indented or in a list."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from stream.events.refusal import Reason, Refused
from stream.sources.json_stream import BrokenError, JsonStream
from stream.sources.reading import Unreadable, lines
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Line = tuple[int, bytes]

HELD_BYTES: Final = 1024 * 1024
"""Of the beginning of a file, by which it is told whether it is a document."""

_WHITE: Final = " \t\r\n"
_value_at = json.JSONDecoder().raw_decode


class _From(io.RawIOBase):
    """A file that goes on after a `beginning`, which has been read of it; for `lines`."""

    def __init__(self, beginning: bytes, file: BinaryIO) -> None:
        self._beginning = io.BytesIO(beginning)
        self._file = file

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, or so many bytes of it."""
        size = -1 if size is None else size
        begun = self._beginning.readline(size)
        if begun.endswith(b"\n") or len(begun) == size:
            return begun
        return begun + self._file.readline(size - len(begun) if size >= 0 else -1)


def values(file: BinaryIO) -> Iterator[Line | Unreadable]:
    """
    Yield each JSON value with the line it begins on; of a document no more is held than its largest value.

    The file is a document if its first line begins a list, or an object that does not end there, and the first value
    of it can be read; of a list the values are its own. Else each line is a value, and what is wrong costs a line. A
    document that is larger than a megabyte and breaks costs what is up to the next value that begins a line.
    """
    first = file.readline(HELD_BYTES)
    if len(first) == HELD_BYTES and not first.endswith(b"\n") and first.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
        yield from _streamed(first.removeprefix(b"\xef\xbb\xbf"), 1, file)
        return
    source = lines(cast("BinaryIO", _From(first, file)))
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
        size += 1 + len(line[1])
        if not (len(held) > 1 or _begins(line[1])):
            yield from held
            break
        if size > HELD_BYTES:
            yield from _streamed(b"".join(data + b"\n" for _, data in held), held[0][0], file)
            return
    else:
        document = _document(held)
        yield from held if document is None else document
    yield from (line for line in source if isinstance(line, Unreadable) or line[1].strip())


def _streamed(beginning: bytes, number: int, file: BinaryIO) -> Iterator[Line | Unreadable]:
    """Yield the values of a document that goes on in `file`; if not even the first is one, its lines."""
    stream = JsonStream(file, decoded(beginning), number)
    found = False
    while True:
        try:
            for value in stream.values():
                found = True
                yield value
        except BrokenError as broken:
            if not found:
                rest = lines(cast("BinaryIO", _From(stream.text.encode(), file)))
                for line in rest:
                    if isinstance(line, Unreadable):
                        yield line._replace(line=line.line + number - 1)
                    elif line[1].strip():
                        yield line[0] + number - 1, line[1]
                return
            goes_on = stream.skip()
            rest_of_it = "what stands up to the next record" if goes_on else "the rest of it"
            refused = Refused(
                Reason.MALFORMED_JSON,
                None,
                f"the JSON document is broken here, or cut off, and {rest_of_it} was not read; have it written anew",
            )
            yield Unreadable(broken.line, refused, b"")
            if not goes_on:
                return
        else:
            return


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
