"""What every source gives: the events of a file with the line they stand on, and the lines that cannot be read."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol, TypeVar, runtime_checkable

from stream.errors import RingboardError
from stream.events.faults import refusal_of
from stream.events.original import original_of
from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
FAILURES = (EOFError, zlib.error, OSError)  # what a packed file that is cut off, or a failing disk, raises
SEPARATOR: Final = re.compile(rb"sep=([;,|\t])\s*", re.IGNORECASE)
"""What Excel writes above the header of a CSV."""
LONGEST_LINE = 16 * 1024 * 1024  # bytes; what is longer is no event, and is not kept in memory


class WrongFileError(RingboardError):
    """Why no line of a file can be read, or none from here on: its header is another one, say."""


class Read(NamedTuple):
    """
    An event as the source tells it (a JSON object in bytes, or a mapping), and its line, counted from 1.

    `where` is the name of its file, where several are read together.
    """

    line: int
    event: bytes | Mapping[str, Any]
    where: str | None = None


class Unreadable(NamedTuple):
    """
    A line that is refused before it is an event, why, and its bytes (the beginning, if it is too long).

    `where` is the name of its file, where several are read together.
    """

    line: int
    refused: Refused
    data: bytes
    where: str | None = None


class Source(Protocol):
    """
    Reads one file in one format, once.

    After reading, `unused` counts the rows by kind that say nothing to Ringboard, `left_open` the calls that had not
    ended when the file did, and `remarks` are what whoever reads its numbers must know: what it cannot tell, say.
    """

    unused: Counter[str]
    left_open: int
    remarks: list[str]

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield what stands in `file`, in its order."""


@runtime_checkable
class JoiningSource(Source, Protocol):
    """Reads several files as one recording: what belongs together may lie in several of them."""

    def read_all(self, files: Iterable[tuple[str, BinaryIO] | Unreadable]) -> Iterator[Read | Unreadable]:
        """Yield what stands in `files`, each given with its name; of one that cannot be opened, that it cannot."""


def parsed(
    file: BinaryIO, parse: Callable[[int, bytes], T | None], hide: Callable[[bytes], bytes] = bytes
) -> Iterator[tuple[int, T] | Unreadable]:
    """
    Yield (line number, what `parse` makes of the line), without what is None, and each line that it refuses.

    Of a refused line `hide` leaves out the names in it, which nobody but its format can find.
    """
    for line in lines(file):
        if isinstance(line, Unreadable):
            yield line
            continue
        number, data = line
        if not data.strip() or (number == 1 and SEPARATOR.fullmatch(data)):
            continue
        try:
            parsed_line = parse(number, data)
        except Exception as error:  # noqa: BLE001  one of ours puts this line aside, and the next is read
            yield Unreadable(number, refusal(error), _hidden(hide, data))
            continue
        if parsed_line is not None:
            yield number, parsed_line


def guarded(line: int, data: Any, read: Iterable[T]) -> Iterator[T | Unreadable]:
    """Yield what `read` yields; if that raises, then the record that it is read of: `data`, which stands on `line`."""
    try:
        yield from read
    except Exception as error:  # noqa: BLE001  as above
        refused = refusal(error)
        yield Unreadable(line, refused, data if isinstance(data, bytes) else original_of(data))


def refusal(error: Exception) -> Refused:
    """Return why a record is put aside whose reading raised `error`; raises it where no line can be read at all."""
    if isinstance(error, WrongFileError):
        raise error
    return refusal_of(error)


def _hidden(hide: Callable[[bytes], bytes], data: bytes) -> bytes:
    try:
        return hide(data)
    except Exception:  # noqa: BLE001  nobody else can find the names in it, so nothing of it is kept
        return b""


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes] | Unreadable]:
    """Yield (line number, line without its end) of `file`; beyond `LONGEST_LINE` it is unreadable."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            beginning = line[:4096]
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            refused = Refused(Reason.TOO_LARGE, None, f"a line of more than {LONGEST_LINE} bytes; an event is one line")
            yield Unreadable(number, refused, beginning)
            continue
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield number, line.rstrip(b"\r\n")
