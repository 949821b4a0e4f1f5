"""Reads the values of a JSON document one by one, of whatever size: no more of it is held than one value."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.sources.reading import WrongFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Line = tuple[int, bytes]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one value."""

_CHUNK: Final = 1 << 16
_WHITE: Final = " \t\r\n"
_ENDS: Final = (",", "]", *_WHITE)  # what a number ends at, which may go on otherwise
_NEAR: Final = 16  # characters before the end of what is read that a value cut off there is found wrong at
_value_at = json.JSONDecoder().raw_decode


class BrokenError(Exception):
    """What stands in a document on a line is no value, nor can be once more is read."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class JsonStream:
    """
    The values of `file` from where it stands, after `text`, whose first line has the `number`; of a list its own.

    `text` is all that has been read and not been passed.
    """

    def __init__(self, file: BinaryIO, text: str, number: int) -> None:
        self.text = text
        self._file = file
        self._place = 0
        self._number, self._counted = number, 0
        self._ended = False
        self._in_list = False
        self._indent: str | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def values(self) -> Iterator[Line]:
        """Yield each value from here on, with its line; BrokenError for what is none, WrongFileError for a huge one."""
        while sign := self._next():
            if sign == "[" and not self._in_list:
                self._in_list = True
                self._place += 1
            elif self._in_list and sign in ",]":
                self._in_list = sign == ","
                self._place += 1
            else:
                yield self._value()
        if self._in_list:
            raise BrokenError(self._line())

    def skip(self) -> bool:
        """Go to the next line that begins an object as the first one did; return whether there is one."""
        if self._indent is None:
            return False
        begins = f"\n{self._indent}{{"
        while (found := self.text.find(begins, self._place + 1)) < 0:
            self._place = max(self._place, len(self.text) - len(begins))
            self._pass()
            if not self._more():
                return False
        self._place = found + len(begins) - 1
        return True

    def _next(self) -> str:
        """Return the next character that is no white space, "" at the end."""
        while True:
            while self._place < len(self.text) and self.text[self._place] in _WHITE:
                self._place += 1
            if self._place < len(self.text):
                return self.text[self._place]
            if not self._more():
                return ""

    def _value(self) -> Line:
        while True:
            try:
                end = _value_at(self.text, self._place)[1]
            except (json.JSONDecodeError, RecursionError) as error:
                if not _is_cut(error, len(self.text)) or not self._more():
                    raise BrokenError(self._line()) from None
            else:
                if self.text[end - 1] in '}]"' or self.text[end : end + 1] in _ENDS or not self._more():
                    break
            if len(self.text) - self._place > MOST_BYTES:
                raise WrongFileError(
                    f"line {self._line()}: a JSON value of more than 64 MiB; have the records written one a line, or "
                    "in a list at the top of the document"
                )
        if self._indent is None:
            self._indent = self._before()
        found = self._line(), self.text[self._place : end].encode()
        self._place = end
        if self._place > _CHUNK:
            self._pass()
        return found

    def _before(self) -> str | None:
        """Return the white space that the line of this place begins with, None where something else stands there."""
        before = self.text[self.text.rfind("\n", 0, self._place) + 1 : self._place]
        return None if before.strip(_WHITE) else before

    def _line(self) -> int:
        if self._place > self._counted:
            self._number += self.text.count("\n", self._counted, self._place)
            self._counted = self._place
        return self._number

    def _pass(self) -> None:
        self._line()
        self.text = self.text[self._place :]
        self._place = self._counted = 0

    def _more(self) -> bool:
        """Read on, as much again as is held, so that a large value is not tried too often; return whether any came."""
        if self._ended:
            return False
        data = self._file.read(max(_CHUNK, len(self.text) - self._place))
        self._ended = not data
        self.text += self._decoder.decode(data, self._ended)
        return bool(data)


def _is_cut(error: json.JSONDecodeError | RecursionError, length: int) -> bool:
    """Return whether a value may only be cut off where so many characters have been read."""
    if isinstance(error, RecursionError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - _NEAR
