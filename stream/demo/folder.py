"""The demo's own folder: its lock, the paths in it, and how it is emptied."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.privacy.private_files import FILE, close_all, make_folder

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MARKER = "of-ringboard-demo"
LOCK = "lock"
LEAST_FREE_FIRST = 500 * 2**20  # bytes: Kafka and Java in the cache, a month of events, Kafka's segments
LEAST_FREE_AGAIN = 150 * 2**20
RELEASED_WITHIN_S = 25.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The demo's folder `root`, and the paths in it."""

    root: Path

    @property
    def broker(self) -> Path:
        """The broker's directory."""
        return self.root / "broker"

    @property
    def worker_log(self) -> Path:
        """The worker's log."""
        return self.root / "worker.log"

    @property
    def monitoring(self) -> Path:
        """The data of Prometheus and Alertmanager."""
        return self.root / "watching"

    @property
    def state(self) -> Path:
        """The file of the demo's state: which floor is simulated, and how far it has been sent."""
        return self.root / "story.json"  # its name since the first version: demos of that time go on

    @property
    def used(self) -> bool:
        """Whether a demo has run here before."""
        return self.state.exists()

    @contextlib.contextmanager
    def lock(self) -> Generator[bool]:
        """
        Lock the folder; yield whether the last demo on it was killed, so that its processes may still run.

        Raises:
            RingboardError: another demo runs on the folder, it holds other files, or it cannot be written.

        """
        try:
            self._claim()
            descriptor = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise storage_error(self.root, error) from error
        try:
            before = os.read(descriptor, 32).decode(errors="replace").strip()
            if not _lock(descriptor):
                who = f"process {before}" if before.isdigit() else "another process"
                raise RingboardError(
                    f"{self.root}: a demo is running on this folder already ({who}); stop it with Ctrl-C, "
                    "or give this one a folder of its own with RINGBOARD_DATA_DIR"
                )
            _write(descriptor, str(os.getpid()))
            try:
                yield bool(before)
            finally:
                _write(descriptor, "")
        finally:
            os.close(descriptor)

    def empty(self) -> None:
        """
        Delete all that the demo has stored; the folder must be locked.

        Raises:
            RingboardError: something cannot be deleted.

        """
        try:
            for path in self.root.iterdir():
                if path.name in {MARKER, LOCK}:
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        except OSError as error:
            raise storage_error(self.root, error) from error

    def need_free_space(self) -> None:
        """
        Check that the disk has enough free space for the demo.

        Raises:
            RingboardError: it has less.

        """
        least = LEAST_FREE_AGAIN if self.used else LEAST_FREE_FIRST
        free = shutil.disk_usage(self.root).free
        if free < least:
            raise RingboardError(
                f"{self.root}: the disk has {free >> 20} MB free where the demo needs {least >> 20} MB; "
                "free some space, or name a folder on another disk with RINGBOARD_DATA_DIR"
            )

    def wait_for_old_broker(self) -> None:
        """Wait until the broker of a demo that was killed has released its data, for `RELEASED_WITHIN_S` at most."""
        lock = self.broker / "data" / ".lock"
        deadline = time.monotonic() + RELEASED_WITHIN_S
        while _is_locked(lock) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)

    def _claim(self) -> None:
        make_folder(self.root)
        marker = self.root / MARKER
        if not marker.exists():
            if any(self.root.iterdir()):
                raise RingboardError(
                    f"{self.root}: holds files that are none of the demo's; move them, or name another folder "
                    "with RINGBOARD_DATA_DIR"
                )
            marker.touch(mode=FILE)
        close_all(self.root)  # of a version, or a copy, that left it open


def storage_error(path: Path, error: OSError) -> RingboardError:
    """Return the error for a folder that cannot be used."""
    if error.errno == errno.ENOSPC:
        return RingboardError(f"{path}: the disk is full; free some space, or name another folder: RINGBOARD_DATA_DIR")
    return RingboardError(
        f"{path}: the demo cannot keep its data there ({error.strerror or error}); "
        "name a folder you may write to with RINGBOARD_DATA_DIR"
    )


def _write(descriptor: int, text: str) -> None:
    with contextlib.suppress(OSError):  # a full disk: the lock is held all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - there is none on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_locked(path: Path) -> bool:
    """Return whether another process holds a lock on the file at `path`."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415

    try:
        with path.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
