"""Folders and files that their owner alone may read, from their making on and whatever the umask is."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = 0o700
FILE: Final = 0o600
UMASK: Final = 0o077
"""What a process is started under whose files are nobody else's."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_folder(path: Path) -> None:
    """Make the folder `path`, and those above it that are missing, for their owner alone; leave what is there."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=FOLDER, exist_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to the file `path`, which its owner alone may read, also if it was another's to read before."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE), "w", encoding="utf-8") as file:
        close(path)
        file.write(text)


def close(path: Path) -> None:
    """Take from everybody but its owner what they may do with `path`, if it is ours."""
    mode = open_to_others(path)
    if mode is not None:
        with suppress(OSError):
            path.chmod(mode & ~_OTHERS)


def close_all(root: Path) -> None:
    """Take from everybody but their owner what they may do with the folder `root` and all in it that is ours."""
    close(root)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            close(root.__class__(folder, name))


def open_to_others(path: Path) -> int | None:
    """Return the mode of `path` if it is ours and others may do anything with it, else None."""
    if sys.platform == "win32":
        return None
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
        return None
    mode = stat.S_IMODE(found.st_mode)
    return mode if mode & _OTHERS else None


def open_in(root: Path, most: int) -> Iterator[Path]:
    """Yield the folder `root`, and up to `most` of what is in it, if others may do anything with them."""
    found = [root] if open_to_others(root) is not None else []
    for folder, folders, files in os.walk(root):
        found += [
            path for name in (*folders, *files) if open_to_others(path := root.__class__(folder, name)) is not None
        ]
        if len(found) >= most:
            break
    yield from found[:most]
