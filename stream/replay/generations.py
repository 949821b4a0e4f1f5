"""A log that grows and is rotated: its lines in their order, over renaming, copying and cutting, and a restart."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections import deque
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from stream.sources.reading import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHUNK: Final = 1 << 18
_PRINT: Final = 1024  # bytes by which a file is known again: so many at its beginning, and before where it was left
_LOOK_S: Final = 0.5
_RETIRED_S: Final = 600.0  # a writer that was not told of a rotation goes on in the old file for a while
# What rotation makes of a name: queue_log.1, queue_log-20261130, Master.csv.2.gz
_DIGIT: Final = re.compile(rb"\d")
_ROTATED: Final = re.compile(r"[.\-_](\d[\d.\-_TZ]*|old)(\.gz)?")


class Place(NamedTuple):
    """
    How far a file was read: `offset` bytes and `line` lines, and by what it is known again, whatever its name is then.

    `since` is the offset, and the line, from which it is read again to know what was under way.
    """

    offset: int
    line: int
    since: tuple[int, int]
    print_at: int
    beginning: str
    end: str


class Generation:
    """
    One file of a log, open: its name may be another's by now.

    `offset` is where the last line that was given ends, `line` its number; what lies before `committed` was given
    before a restart already.
    """

    def __init__(self, file: BinaryIO, name: str, place: Place | None = None) -> None:
        self._file = file
        self.name = name
        self.committed = 0 if place is None else place.offset
        self.offset, self.line = (0, 0) if place is None else place.since
        self.began = self.offset, self.line
        self.is_header = False
        self.heard_s = time.monotonic()
        status = os.fstat(file.fileno())
        self.key = status.st_dev, status.st_ino
        self._ahead: deque[bytes] = deque()
        self._half = b""
        self._header = self._first_line() if self.offset else b""
        self._tail = self._at(self.offset - _PRINT, self.offset)
        self._start = self._at(0, min(self.offset, _PRINT))

    @property
    def warms(self) -> bool:
        """Return whether the last line was given before a restart already."""
        return self.offset <= self.committed

    def next_line(self) -> bytes | None:
        """Return the next whole line, None where there is none yet; where it begins later, its header before."""
        self.is_header = bool(self._header)
        if self.is_header:
            header, self._header = self._header, b""
            return header
        if not self._ahead:
            self._read()
            if not self._ahead:
                return None
        line = self._ahead.popleft()
        self.offset += len(line)
        self.line += 1
        self._tail = (self._tail + line)[-_PRINT:]
        if len(self._start) < _PRINT:
            self._start = (self._start + line)[:_PRINT]
        return line

    def rest(self) -> bytes:
        """Return what stands after the last whole line, of a file that nobody writes to any more."""
        half, self._half = self._half, b""
        self.offset += len(half)
        self.line += bool(half)
        return half

    def is_cut(self) -> bool:
        """Return whether another content stands where this one was read."""
        size = os.fstat(self._file.fileno()).st_size
        return size < self.offset or self._at(self.offset - len(self._tail), self.offset) != self._tail

    def is_at(self, place: Place) -> bool:
        """Return whether this is the file that was read up to `place`."""
        end = min(place.offset, _PRINT)
        return _print(self._at(0, place.print_at)) == place.beginning and (
            _print(self._at(place.offset - end, place.offset)) == place.end
        )

    def is_empty(self) -> bool:
        """Return whether nothing stands in it."""
        return os.fstat(self._file.fileno()).st_size == 0

    def place(self, since: tuple[int, int]) -> Place:
        """Return how far it has been given, by what was given of it: another content may stand there by now."""
        return Place(self.offset, self.line, since, len(self._start), _print(self._start), _print(self._tail))

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def _read(self) -> None:
        data = self._at(start := self.offset + len(self._half), start + _CHUNK)
        if not data:
            return
        if self._tail and self._at(self.offset - len(self._tail), self.offset) != self._tail:
            return  # it is another content, which is seen next
        self.heard_s = time.monotonic()
        *lines, self._half = (self._half + data).split(b"\n")
        self._ahead.extend(line + b"\n" for line in lines)
        if len(self._half) >= LONGEST_LINE:
            self._ahead.append(self._half)
            self._half = b""

    def _at(self, start: int, end: int) -> bytes:
        start = max(start, 0)
        return os.pread(self._file.fileno(), end - start, start) if end > start else b""

    def _first_line(self) -> bytes:
        """Return the first line where it names columns: it is none of the rows, which have numbers."""
        line, end, _ = self._at(0, _CHUNK).partition(b"\n")
        return b"" if _DIGIT.search(line) else line + end


class Log:
    """All files of a log that may have lines which were not given yet, the oldest first."""

    def __init__(self, path: Path, places: Sequence[Place] = ()) -> None:
        self._path = path
        self._looked_s = 0.0
        self.generations: list[Generation] = []
        self.last: Generation | None = None
        self.retired: list[Generation] = []
        self.lost = False
        if places:
            self._find(places)
        self._look()

    def next_line(self) -> bytes | None:
        """Return the next whole line of the oldest file that has one, None where there is none yet."""
        for one in self.generations:
            line = one.next_line()
            if line is not None:
                self.last = one
                return line
        if time.monotonic() - self._looked_s >= _LOOK_S:
            before = len(self.generations), self.generations[-1:]
            line = self._look()
            if line is not None or before != (len(self.generations), self.generations[-1:]):
                return line or self.next_line()
        return None

    def close(self) -> None:
        """Close all files."""
        for one in (*self.retired, *self.generations):
            one.close()

    def _look(self) -> bytes | None:
        """See what has become of the files; return the last line, half as it is, of one that nobody writes any more."""
        self._looked_s = time.monotonic()
        with contextlib.suppress(OSError):
            status = self._path.stat()
            newest = self.generations[-1] if self.generations else None
            if newest is None or newest.key != (status.st_dev, status.st_ino):
                self.generations.append(Generation(self._path.open("rb"), self._path.name))
            elif newest.is_cut():
                copied = self._copy_of(newest)
                newest.close()
                self.generations[-1:] = [*copied, Generation(self._path.open("rb"), self._path.name)]
        return self._retired()

    def _retired(self) -> bytes | None:
        oldest = self.generations[0] if len(self.generations) > 1 else None
        if oldest is None or self.generations[1].is_empty() or time.monotonic() - oldest.heard_s < _RETIRED_S:
            return None
        rest = oldest.rest()
        if rest:
            self.last = oldest
            return rest
        self.retired.append(self.generations.pop(0))
        return None

    def _copy_of(self, cut: Generation) -> list[Generation]:
        """Return the copy that was made of a file before it was cut, read from where the file was."""
        found = self._found(cut.place((cut.offset, cut.line)), beside=True)
        return [] if found is None else [found[1]]

    def _find(self, places: Sequence[Place]) -> None:
        """Open the files that were being read, and those that have come between them and the one of today."""
        newest = 0.0
        for number, place in enumerate(places, 1):
            found = self._found(place)
            if found is None:
                self.lost = self.lost or number == len(places)
                continue
            newest = max(newest, found[0].stat().st_mtime)
            self.generations.append(found[1])
        known = {one.key for one in self.generations}
        with contextlib.suppress(OSError):
            status = self._path.stat()
            if (status.st_dev, status.st_ino) in known:
                return
        if not newest:
            return
        for path in self._siblings():
            with contextlib.suppress(OSError):
                one = _opened(path)
                if path.stat().st_mtime > newest and one.key not in known:
                    self.generations.append(one)
                else:
                    one.close()

    def _found(self, place: Place, *, beside: bool = False) -> tuple[Path, Generation] | None:
        for path in (*(() if beside else (self._path,)), *reversed(self._siblings())):
            with contextlib.suppress(OSError):
                one = _opened(path, place)
                if one.is_at(place):
                    return path, one
                one.close()
        return None

    def _siblings(self) -> list[Path]:
        """Return the files that rotation has made of this one, the oldest first."""
        start = self._path.name
        try:
            found = [
                (path.stat().st_mtime, path)
                for path in self._path.parent.iterdir()
                if path.name.startswith(start) and _ROTATED.fullmatch(path.name[len(start) :]) and path.is_file()
            ]
        except OSError:
            return []
        return [path for _, path in sorted(found)]


def _opened(path: Path, place: Place | None = None) -> Generation:
    if path.suffix != ".gz":
        return Generation(path.open("rb"), path.name, place)
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115  a generation closes it
    with gzip.open(path) as packed:
        shutil.copyfileobj(packed, unpacked)
    unpacked.flush()
    return Generation(unpacked, path.name, place)


def _print(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
