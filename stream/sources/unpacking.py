"""The files of ZIP archives that hold several, unpacked beside each other, so that they are read as one set."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from stream.sources.archives import data_files, is_archive
from stream.sources.reading import WrongFileError
from stream.sources.workbooks import kind_of_workbook

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

MOST_FILES: Final = 1_000
_HEAD: Final = 65_536
_LONGEST_NAME: Final = 100


@contextmanager
def unpacked(paths: Sequence[Path]) -> Generator[list[Path]]:
    """
    Yield `paths`, with the files of an archive of several in its place; they are gone afterwards.

    Whatever cannot be unpacked at all is left to whoever opens it, who says so. Raises WrongFileError for an archive
    whose files are too many, or larger than half of the room that the disk has.
    """
    with TemporaryDirectory(prefix="ringboard-") as folder:
        found: list[Path] = []
        for number, path in enumerate(paths):
            files = _files_of(path)
            found += [path] if len(files) < 2 else _unpack(path, files, Path(folder) / str(number))  # noqa: PLR2004
        yield found


def _files_of(path: Path) -> list[zipfile.ZipInfo]:
    """Return what is in an archive of files that need no password; nothing for all else."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if not is_archive(head) or kind_of_workbook(head) is not None:
                return []
            file.seek(0)
            return data_files(zipfile.ZipFile(file), path.name)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def _unpack(path: Path, files: Sequence[zipfile.ZipInfo], folder: Path) -> list[Path]:
    folder.mkdir()
    size = sum(one.file_size for one in files)
    if len(files) > MOST_FILES or size > shutil.disk_usage(folder).free // 2:
        raise WrongFileError(
            f"{path.name}: a ZIP archive of {len(files)} files and {size // 2**20} MB unpacked, which is more than can "
            "be unpacked here; unpack it where there is room, and name those that are wanted in one command"
        )
    made = []
    try:
        with zipfile.ZipFile(path) as archive:
            for number, one in enumerate(files):
                target = folder / str(number) / _name_of(one.filename)
                target.parent.mkdir()
                with archive.open(one) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
                made.append(target)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise WrongFileError(f"{path.name}: the ZIP archive is damaged, and nothing was read; copy it anew") from error
    except OSError as error:
        raise WrongFileError(
            f"{path.name}: cannot be unpacked ({error.strerror or 'the disk fails'}); unpack it where there is room"
        ) from error
    return made


def _name_of(name: str) -> str:
    """Return the last part of a name in an archive, which may be any text, as that of a file here."""
    last = "".join(sign if sign.isprintable() and sign not in "/\\:" else "_" for sign in name.rpartition("/")[2])
    return last[-_LONGEST_NAME:].lstrip(".") or "file"
