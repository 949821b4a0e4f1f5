"""Opens a recorded file: unpacks it, reads any text as UTF-8 and a workbook as CSV, and tells a file's format."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from stream.sources.archives import is_archive, only_file
from stream.sources.formats import FORMATS
from stream.sources.not_ours import what_it_is
from stream.sources.reading import WrongFileError
from stream.sources.text import AsUtf8, Written
from stream.sources.workbooks import as_csv, kind_of_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

_GZIP = b"\x1f\x8b"
_HEAD = 65_536
_NDJSON_NAMES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
_AS_IT_IS = Written()
_OF_ARCHIVE = ("it is a ZIP archive, and the one file in it was read",)


class Opened:
    """
    A file that is open: `content` is what stands in it, `position` how many bytes on disk have been read.

    `remarks`, when it has been read, are what its numbers must be read with.
    """

    def __init__(self, raw: BinaryIO, content: BinaryIO, remarks: Callable[[], Iterator[str]]) -> None:
        self._raw = raw
        self.content = content
        self.remarks = remarks

    @property
    def position(self) -> int:
        """How many bytes of the file on disk have been read."""
        return self._raw.tell()


@contextmanager
def opened(path: Path, written: Written = _AS_IT_IS) -> Generator[Opened]:
    """
    Open `path`, packed or not, as UTF-8; of a workbook its first sheet, as CSV with the signs that `written` names.

    It may be packed with gzip, or be the one file in a ZIP archive. Raises RingboardError, of one line, for one that
    cannot be read to its end.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP
            content: io.BufferedReader = raw
            if packed:
                content = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=raw)), 1 << 20)
            head = content.peek(_HEAD)
            remarks: tuple[str, ...] = ()
            if is_archive(head) and kind_of_workbook(head) is None:
                content = io.BufferedReader(cast("io.RawIOBase", only_file(content, path.name)), 1 << 20)
                head, remarks = content.peek(_HEAD), _OF_ARCHIVE
            if (kind := kind_of_workbook(head)) is not None:
                sheet = as_csv(content, path.name, kind, written)
                yield Opened(raw, io.BytesIO(sheet.data), lambda: iter((*remarks, *sheet.remarks)))
                return
            known = what_it_is(head)
            if known is not None:
                what, todo = known
                raise WrongFileError(f"{path.name}: {what}; {todo}")
            text = AsUtf8(content, written.encoding, head)
            yield Opened(
                raw, cast("BinaryIO", io.BufferedReader(text, 1 << 18)), lambda: iter((*remarks, *text.remarks()))
            )
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WrongFileError(
            f"{path.name}: the gzip file is cut off or damaged, and was read up to there; copy it anew, and run the "
            "same again: nothing is counted twice"
        ) from error
    except zipfile.BadZipFile as error:
        raise WrongFileError(
            f"{path.name}: the ZIP archive is damaged, and was read up to there; copy it anew"
        ) from error
    except OSError as error:
        raise WrongFileError(
            f"{path.name}: cannot be read ({error.strerror or 'the file fails'}); make it readable"
        ) from error


def recognise(path: Path, written: Written = _AS_IT_IS) -> str:
    """Return the format of `path` by its first lines (or, if they tell nothing, its name); `RingboardError` if none."""
    with opened(path, written) as file:
        head = file.content.read(_HEAD)
    return format_of(path.name, head)


def refuse_xml(name: str, head: bytes) -> None:
    """Raise WrongFileError for XML, of which no reader knows the form."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise WrongFileError(
            f"{name}: XML of no known format, which no mapping reads from a file; have it written as CSV or JSON, or "
            "posted to the gateway"
        )


def format_of(name: str, head: bytes) -> str:
    """Return the format of the file called `name` that begins with `head`; raises `RingboardError` if it is of none."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for one in FORMATS.values():
        if one.looks(first):
            return one.name
    if name.lower().endswith(_NDJSON_NAMES):
        return "ndjson"
    refuse_xml(name, first)
    formats = ", ".join(sorted(FORMATS))
    columns = 1 + max(first.partition(b"\n")[0].count(sign) for sign in (b";", b",", b"\t", b"|"))
    what = f"its {columns} columns are" if columns > 1 else "its first lines are"
    raise WrongFileError(
        f"{name}: {what} of no known format; describe them in a mapping, --mapping FILE "
        f"(docs/sources/mapping.md), or name the format, --format ({formats})"
    )
