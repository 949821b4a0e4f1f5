"""The secret key of the pseudonyms: where it lies, and how it comes into being."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.privacy import SHORTEST_KEY
from stream.privacy.private_files import close, make_folder

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE = "pseudonym.key"


def read_or_create_key(data_dir: Path) -> bytes:
    """
    Return the key kept in `data_dir`, which is created (readable by its owner only) where there is none.

    The key is the text of the file, so that the same text in `RINGBOARD_PSEUDONYM_KEY` is the same key.
    Raises RingboardError where the file can be neither read nor written, or is too short to be a key.
    """
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        close(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise RingboardError(
            f"the pseudonym key {path} cannot be read or created ({error.strerror}): "
            "make RINGBOARD_DATA_DIR a folder you may write to, or set RINGBOARD_PSEUDONYM_KEY"
        ) from None
    if len(key) < SHORTEST_KEY:
        raise RingboardError(
            f"the pseudonym key {path} holds {len(key)} characters: it needs at least {SHORTEST_KEY}; "
            "put the floor's key back (a new one would make every known number a stranger)"
        )
    return key


def _create(path: Path) -> None:
    make_folder(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all: of two processes that start together, both read the same key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
