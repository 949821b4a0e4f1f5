"""The messages of the manager interface, out of bytes that may be cut anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST: Final = 1 << 20  # bytes of one message; what is longer is none
_BANNER: Final = b"Asterisk Call Manager/"
_KINDS: Final = ("event", "response", "action")
_VARIABLES: Final = frozenset({"chanvariable", "destchanvariable", "variable"})


class Block(NamedTuple):
    """The bytes of one message, and the line it begins at, from 1."""

    line: int
    data: bytes
    cut: bool = False


class Message(NamedTuple):
    """
    A message: its headers by their name in small letters, the first of each, and the channel variables it carries.

    `event` is the name of an event in small letters, empty for a response.
    """

    event: str
    headers: Mapping[str, str]
    variables: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return a header, empty where there is none, or it says that it is not known."""
        value = self.headers.get(name, "")
        return "" if value == "<unknown>" else value


class Splitter:
    """Takes bytes as they come, and gives the messages that have come whole; what is banner or empty is skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._number = 0
        self._began = 1

    def feed(self, data: bytes) -> Iterator[Block]:
        """Yield what is complete with `data`."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._number += 1
            yield from self._line(line.rstrip(b"\r"))
        if len(self._rest) > LONGEST:
            self._rest = self._rest[:LONGEST]
            self._size = LONGEST + 1

    def end(self) -> Iterator[Block]:
        """Yield what is left when no more comes; it is `cut` where it ends within a line."""
        cut = bool(self._rest)
        if cut:
            self._lines.append(self._rest.rstrip(b"\r"))
            self._rest = b""
        yield from self._block(cut=cut)

    def _line(self, line: bytes) -> Iterator[Block]:
        if not line.strip():
            yield from self._block()
        elif not line.startswith(_BANNER):
            if not self._lines:
                self._began = self._number
            self._size += len(line) + 1
            if self._size <= LONGEST:
                self._lines.append(line)

    def _block(self, *, cut: bool = False) -> Iterator[Block]:
        if self._lines or self._size > LONGEST:
            yield Block(self._began, b"\n".join(self._lines), cut or self._size > LONGEST)
        self._lines, self._size = [], 0


def read(block: Block, encoding: str | None = None) -> Message:
    """
    Return the message in `block`; raises `Refused` for what is none.

    Names come in whatever the telephones were set up with: what is no UTF-8 is read as `encoding`.
    """
    if block.cut:
        raise Refused(Reason.MALFORMED_LINE, None, "a message that is cut off, or longer than 1 MiB; the rest goes on")
    text = decoded(block.data, encoding)
    headers: dict[str, str] = {}
    variables: dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue  # the output of a command
        key = name.strip().casefold()
        value = value.strip()
        # `ChanVariable: NAME=value`, with the channel's name in brackets where there are two channels.
        if "=" in value and key.partition("(")[0] in _VARIABLES:
            variable, _, content = value.partition("=")
            variables.setdefault(variable.strip(), content)
        else:
            headers.setdefault(key, value)
    if not any(kind in headers for kind in _KINDS):
        raise Refused(
            Reason.MALFORMED_LINE,
            None,
            f"{len(block.data)} bytes without Event, Response or Action; write messages as the manager sends them",
        )
    return Message(headers.get("event", "").casefold(), headers, variables)
