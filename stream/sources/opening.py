"""Opens a recorded file: unpacks gzip, and tells its format from its first lines."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from stream.sources.formats import FORMATS
from stream.sources.not_ours import what_it_is
from stream.sources.reading import WrongFileError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_GZIP = b"\x1f\x8b"
_HEAD = 65_536
_NDJSON_NAMES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")


class Opened:
    """A file that is open: `content` is what stands in it, `position` how many bytes on disk have been read."""

    def __init__(self, raw: BinaryIO, content: BinaryIO) -> None:
        self._raw = raw
        self.content = content

    @property
    def position(self) -> int:
        """How many bytes of the file on disk have been read."""
        return self._raw.tell()


@contextmanager
def opened(path: Path) -> Generator[Opened]:
    """Open `path`, gzip or not; raises RingboardError, of one line, for one that cannot be read to its end."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP
            content: BinaryIO = raw
            if packed:
                content = cast("BinaryIO", io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20))
            known = what_it_is(cast("io.BufferedReader", content).peek(_HEAD))
            if known is not None:
                what, todo = known
                raise WrongFileError(f"{path.name}: {what}; {todo}")
            yield Opened(raw, content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WrongFileError(
            f"{path.name}: the gzip file is cut off or damaged, and was read up to there; copy it anew, and run the "
            "same again: nothing is counted twice"
        ) from error
    except OSError as error:
        raise WrongFileError(
            f"{path.name}: cannot be read ({error.strerror or 'the file fails'}); make it readable"
        ) from error


def recognise(path: Path) -> str:
    """Return the format of `path` by its first lines (or, if they tell nothing, its name); `RingboardError` if none."""
    with opened(path) as file:
        head = file.content.read(_HEAD)
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for one in FORMATS.values():
        if one.looks(first):
            return one.name
    if path.name.lower().endswith(_NDJSON_NAMES):
        return "ndjson"
    formats = ", ".join(sorted(FORMATS))
    columns = 1 + max(first.partition(b"\n")[0].count(sign) for sign in (b";", b",", b"\t", b"|"))
    what = f"its {columns} columns are" if columns > 1 else "its first lines are"
    raise WrongFileError(
        f"{path.name}: {what} of no known format; describe them in a mapping, --mapping FILE "
        f"(docs/sources/mapping.md), or name the format, --format ({formats})"
    )
