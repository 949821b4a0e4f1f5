"""The files in a ZIP archive, as exports are sent by mail: the one that there is, or that there are several."""

from __future__ import annotations

import zipfile
from typing import IO, BinaryIO, Final

from stream.sources.reading import WrongFileError

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
        there = data_files(archive, name)
        if len(there) != 1:
            raise WrongFileError(
                f"{name}: a ZIP archive of {len(there)} files; unpack it, and name those that are wanted in one command"
            )
        return archive.open(there[0])
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise WrongFileError(
            f"{name}: a ZIP archive that is cut off, damaged or packed in a way that is not known; unpack it where it "
            "was packed, or pack it with gzip instead"
        ) from error


def data_files(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the files in an archive, without those that a Mac adds; WrongFileError where they need a password."""
    there = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
    if any(one.flag_bits & _ENCRYPTED for one in there):
        raise WrongFileError(f"{name}: a ZIP archive with a password; unpack it with that, and name the file in it")
    return there


def _is_hidden(path: str) -> bool:
    return path.startswith(_HIDDEN[0]) or path.rpartition("/")[2].startswith(_HIDDEN[1])
