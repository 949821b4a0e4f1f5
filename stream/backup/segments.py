"""The files of a back-up: records of one partition, in their order, packed and checked."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from typing import TYPE_CHECKING, Final

import msgspec

from stream.errors import RingboardError
from stream.privacy.private_files import FILE, make_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_RECORDS: Final = 20_000
MOST_BYTES: Final = 8 * 1_048_576
SMALL_RECORDS: Final = MOST_RECORDS // 4
_LEVEL: Final = 3  # a sixth of the time of level 9, for files a tenth larger


class DamagedError(RingboardError):
    """A file of a back-up is missing, or is not what was written."""


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """A record as it is kept: its `offset` and time stamp `at` (ms) of then, and all that it held."""

    offset: int
    at: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Its bytes, without headers."""
        return len(self.key or b"") + len(self.value or b"")

    @property
    def checksum(self) -> int:
        """What tells it from another record."""
        return zlib.crc32(self.value or b"", zlib.crc32(self.key or b""))


class Segment(msgspec.Struct, frozen=True):
    """
    A `file` with so many `records`: all that was there from offset `first` up to before `end`.

    `latest` is the greatest of their time stamps (ms), `size` how many bytes the file has.
    """

    file: str
    first: int
    end: int
    records: int
    latest: int
    size: int
    sha256: str


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Kept])


def write_segment(folder: Path, place: tuple[str, int], records: Sequence[Kept], span: tuple[int, int]) -> Segment:
    """
    Write `records` of the topic and partition `place` to a new file, and return when the disk has it.

    Args:
        folder: of the back-up.
        place: the topic, and the number of the partition.
        records: at least one.
        span: the first offset that the file answers for, and the one after its last.

    """
    packed = gzip.compress(_ENCODER.encode(records), _LEVEL, mtime=0)
    digest = hashlib.sha256(packed).hexdigest()
    topic, partition = place
    # With a part of its digest, a file never takes the name of another that still counts.
    name = f"segments/{topic}/{partition}/{span[0]:012d}-{span[1]:012d}-{digest[:12]}.gz"
    write_file(folder / name, packed)
    return Segment(name, *span, len(records), max(one.at for one in records), len(packed), digest)


def write_file(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, and return when the disk has it; raises RingboardError if it cannot."""
    try:
        make_folder(path.parent)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RingboardError(
            f"{path}: cannot be written ({error.strerror}); make room, or name another folder"
        ) from error


def read_segment(folder: Path, segment: Segment) -> list[Kept]:
    """Return the records of a file; raises DamagedError where it is not what was written."""
    path = folder / segment.file
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise DamagedError(f"{path}: cannot be read ({error.strerror}); take another copy of the back-up") from error
    if hashlib.sha256(packed).hexdigest() != segment.sha256:
        raise DamagedError(f"{path}: damaged, its checksum is another; take another copy of the back-up")
    return _DECODER.decode(gzip.decompress(packed))
