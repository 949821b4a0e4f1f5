"""The manifest of a back-up: which files count, of which floor, and what was agreed on then. Replaced in one moment."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from stream.backup.segments import DamagedError, Segment, write_file
from stream.errors import RingboardError
from stream.privacy.private_files import FILE, make_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

FORMAT: Final = 1
NAME: Final = "manifest.json"
_SEGMENTS: Final = "segments"
_LOCK: Final = "lock"


class Last(msgspec.Struct, frozen=True):
    """The last record that was kept of a partition, by which another topic of the same name is noticed."""

    offset: int
    at: int
    checksum: int


class PartitionLog(msgspec.Struct):
    """What is kept of one partition: all up to before the offset `next`, in `segments`."""

    next: int = 0
    last: Last | None = None
    segments: list[Segment] = []


class TopicLog(msgspec.Struct):
    """What is kept of one topic, by partition, and its configuration on the broker."""

    partitions: list[PartitionLog]
    config: dict[str, str] = {}


class Cut(msgspec.Struct, frozen=True):
    """
    The state of one partition of a group at one moment between two of its transactions.

    Its tables are in the logs of their changelogs; `next` says by topic up to which offset events were folded into it.
    `since` (ms) is when its tables were last read as a whole.
    """

    group: str
    partition: int
    state_id: str
    next: dict[str, int]
    since: int


class Manifest(msgspec.Struct):
    """
    A back-up of the floor `app_id`, as of `at` (ms).

    `fingerprint` is that of the key that numbers are under, `stamp` the settings that the states were made with.
    """

    app_id: str
    fingerprint: str
    at: int
    stamp: dict[str, str] = {}
    topics: dict[str, TopicLog] = {}
    cuts: list[Cut] = []
    format: int = FORMAT

    def segments(self) -> Iterator[Segment]:
        """Yield every file that counts."""
        for topic in self.topics.values():
            for partition in topic.partitions:
                yield from partition.segments

    @property
    def records(self) -> int:
        """How many records are kept."""
        return sum(one.records for one in self.segments())

    @property
    def size(self) -> int:
        """How many bytes the files have."""
        return sum(one.size for one in self.segments())


_DECODER: Final = msgspec.json.Decoder(Manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of the back-up in `folder`, None where there is none; raises DamagedError if it is broken."""
    path = folder / NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RingboardError(f"{path}: cannot be read ({error.strerror}); make it readable") from error
    try:
        manifest = _DECODER.decode(content)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"{path}: no manifest of a back-up; take another copy of it") from error
    if manifest.format != FORMAT:
        raise RingboardError(f"{path}: of format {manifest.format}, not {FORMAT}; use the version that wrote it")
    return manifest


def need_manifest(folder: Path) -> Manifest:
    """Return the manifest of the back-up in `folder`; raises RingboardError where there is none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise RingboardError(f"{folder}: no back-up is there; name the folder that `ringboard backup` wrote")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put `manifest` in the place of the one before, in one moment, and delete the files that count no longer."""
    new = folder / f"{NAME}.new"
    write_file(new, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    new.replace(folder / NAME)
    _sync(folder)
    delete_unused(folder, manifest)


def delete_unused(folder: Path, manifest: Manifest | None) -> None:
    """Delete the files that `manifest` does not count: what was replaced, and what a run wrote that was ended."""
    counted = {one.file for one in manifest.segments()} if manifest is not None else set()
    for path in sorted((folder / _SEGMENTS).rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in counted:
            path.unlink()


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Hold the back-up in `folder`, made if it is not there, for one process; raises RingboardError if another does."""
    try:
        make_folder(folder)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, FILE)
    except OSError as error:
        raise RingboardError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error
    try:
        if not _take(lock):
            raise RingboardError(f"{folder}: another back-up writes to it; wait for its end")
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    """Return whether the file `lock` is this process's alone now."""
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - there is none on Windows

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync(folder: Path) -> None:
    """Return when the disk has the names in `folder`."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
