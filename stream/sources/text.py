"""Text of any encoding: UTF-8; what is not, in the encoding that is declared; else Windows-1252, as Windows writes."""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERWISE: Final = "cp1252"
_CHUNK: Final = 1 << 18
_LONGEST: Final = 1 << 22  # bytes without a line's end that wait for one
_BOM: Final = codecs.BOM_UTF8
_MARKS: Final = (  # the longer ones first: that of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT: Final = 4096
_UTF_8: Final = re.compile(
    rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
# What begins a sign of UTF-8 and is no word of Windows-1252: a program cut the text off in the midst of that sign.
_CUT: Final = re.compile(rb"\xe2[\x80-\x82]|\xf0\x9f[\x80-\xbf]?|[\xc2\xc3]$")
_UNKNOWN: Final = "\ufffd"


class Written(NamedTuple):
    """
    How a file is written, as far as somebody has said so.

    Its `encoding`, where it is not UTF-8; and for what a workbook is turned into, the signs its reader expects.
    """

    encoding: str | None = None
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "point"


def decoded(data: bytes, encoding: str | None = None) -> str:
    """
    Return the text of a line, or of some, whatever its bytes are.

    What is not UTF-8 is read in `encoding`, else as Windows-1252; where both stand beside each other, each as what it
    is. A sign that was cut off in its midst becomes U+FFFD.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        if encoding is not None and not _is_single(encoding):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                pass
            return "".join(_pieces(data, OTHERWISE))
        return "".join(_pieces(data, encoding or OTHERWISE))


def _pieces(data: bytes, encoding: str) -> Iterator[str]:
    place = 0
    for match in _UTF_8.finditer(data):
        if match.start() > place:
            before_a_letter = data[match.start() : match.start() + 1].isalpha()
            yield _piece(data[place : match.start()], encoding, ends=not before_a_letter)
        yield match[0].decode()
        place = match.end()
    yield _piece(data[place:], encoding, ends=True)


def _piece(data: bytes, encoding: str, *, ends: bool) -> str:
    cut = _CUT.search(data) if encoding == OTHERWISE else None
    if cut is None or (len(cut[0]) == 1 and not ends):
        return data.decode(encoding, "replace")
    return data[: cut.start()].decode(encoding, "replace") + _UNKNOWN + _piece(data[cut.end() :], encoding, ends=ends)


def _is_single(encoding: str) -> bool:
    """Return whether a byte of `encoding` is a sign of its own."""
    return len(bytes(range(256)).decode(encoding, "replace")) == 256  # noqa: PLR2004


def is_wide(encoding: str) -> bool:
    """Return whether the signs of `encoding` are two bytes or four, so that a line's end is no byte."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 if a file that begins with `head` is in it, by its mark, or as every other byte is 0."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    looked_at = head[:_LOOKED_AT]
    if len(looked_at) < 4 or looked_at.count(0) * 5 <= len(looked_at) * 2:  # noqa: PLR2004  four of ten
        return None
    even, odd = looked_at[::2].count(0), looked_at[1::2].count(0)
    if min(even, odd) * 8 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


class AsUtf8(io.RawIOBase):
    """
    A file as UTF-8, whatever it is written in; lines stay lines. `remarks` say what it was read as.

    Bytes that are 0 are left out: they stand where a disk or a log's rotation has failed.
    """

    def __init__(self, raw: BinaryIO, encoding: str | None, head: bytes) -> None:
        self._raw = raw
        self._encoding = encoding
        self._wide = wide_encoding(head) or (encoding if encoding is not None and is_wide(encoding) else None)
        self._begin()

    def _begin(self) -> None:
        self._ready: memoryview | bytes = b""
        self._rest = b""
        self._place = 0
        self._first = True
        self._ended = False
        self._others = 0
        self._zeros = 0
        self._decoder = None if self._wide is None else codecs.getincrementaldecoder(self._wide)("replace")

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read again, from wherever."""
        return True

    def tell(self) -> int:
        """Return how many bytes of UTF-8 have been read."""
        return self._place

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the bytes of UTF-8, of which those before it are read again."""
        target = place + (self._place if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < 0:
            raise io.UnsupportedOperation("a place from the end")
        if target < self._place:
            self._raw.seek(0)
            self._begin()
        while self._place < target and self.read(min(_CHUNK, target - self._place)):
            pass
        return self._place

    def readinto(self, buffer: object, /) -> int:
        """Put the next bytes of UTF-8 into `buffer`."""
        while not self._ready:
            if self._ended:
                return 0
            self._fill()
        view = memoryview(buffer)  # type: ignore[arg-type]
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        self._place += count
        return count

    def remarks(self) -> Iterator[str]:
        """Yield what whoever reads the file's numbers must know of its text."""
        if self._wide is not None:
            yield f"it is in {self._wide.upper()[:6]}, and was read as that"
        if self._others:
            what = "UTF-8" if self._encoding is None else f"UTF-8 nor all in {self._encoding}"
            yield (
                f"{self._others} of its lines are not {what}, and were read as Windows-1252; where names look wrong, "
                'name the encoding: --encoding, or the setting text_encoding = "cp850"'
            )
        if self._zeros:
            yield f"{self._zeros} bytes of it were 0, as where a disk was full or a log was cut, and were left out"

    def _fill(self) -> None:
        chunk = self._raw.read(_CHUNK)
        self._ended = not chunk
        if self._decoder is not None:
            text = self._decoder.decode(chunk, self._ended).removeprefix("\ufeff" if self._first else "")
            self._first = self._first and not text
            self._ready = memoryview(text.encode("utf-8", "replace"))
            return
        data = self._rest + chunk
        if self._first:
            data = data.removeprefix(_BOM)
        self._first = self._first and not data
        end = len(data) if self._ended or len(data) > _LONGEST else data.rfind(b"\n") + 1
        self._rest = data[end:]
        self._ready = memoryview(self._utf8(data[:end]))

    def _utf8(self, data: bytes) -> bytes:
        if b"\0" in data:
            self._zeros += data.count(b"\0")
            data = data.replace(b"\0", b"")
        try:
            data.decode()
        except UnicodeDecodeError:
            return b"\n".join(self._line(line) for line in data.split(b"\n"))
        return data

    def _line(self, line: bytes) -> bytes:
        try:
            line.decode()
        except UnicodeDecodeError:
            text = decoded(line, self._encoding)
            self._others += self._encoding is None or not _fits(line, self._encoding)
            return text.encode()
        return line


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
