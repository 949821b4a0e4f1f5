"""The one file in a ZIP archive, as exports are sent by mail; of one with several, that it is one, and what to do."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from stream.sources.reading import WrongFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEGINS: Final = b"PK\x03\x04"
_HIDDEN: Final = ("__MACOSX/", ".")
_ENCRYPTED: Final = 1


def is_archive(head: bytes) -> bool:
    """Return whether a file that begins with `head`, and is no workbook, is a ZIP archive."""
    return head.startswith(_BEGINS)


def only_file(file: BinaryIO, name: str) -> IO[bytes]:
    """Return the one file in the archive `file` called `name`, unpacked as it is read; WrongFileError where none is."""
    try:
        archive = zipfile.ZipFile(file)
        there = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
        _check(there, name)
        return archive.open(there[0])
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise WrongFileError(
            f"{name}: a ZIP archive that is cut off, damaged or packed in a way that is not known; unpack it where it "
            "was packed, or pack it with gzip instead"
        ) from error


def _check(there: Sequence[zipfile.ZipInfo], name: str) -> None:
    if len(there) != 1:
        raise WrongFileError(
            f"{name}: a ZIP archive of {len(there)} files; unpack it, and name those that are wanted in one command"
        )
    if there[0].flag_bits & _ENCRYPTED:
        raise WrongFileError(f"{name}: a ZIP archive with a password; unpack it with that, and name the file in it")


def _is_hidden(path: str) -> bool:
    return path.startswith(_HIDDEN[0]) or path.rpartition("/")[2].startswith(_HIDDEN[1])
