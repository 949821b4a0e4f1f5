"""Keeps how far each followed log was given to the broker, in a file of data_dir, over restarts and kills."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from stream.privacy.private_files import make_folder, write_text
from stream.replay.generations import Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = "followed"


class Positions:
    """The position in the log at `path`: a note in `data_dir`, without which the log is read from its beginning."""

    def __init__(self, data_dir: Path, path: Path) -> None:
        name = hashlib.blake2b(str(path.absolute()).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self._note = data_dir / FOLDER / f"{name}.json"
        self._path = path
        self._kept: Sequence[Place] = ()

    def read(self) -> Sequence[Place]:
        """Return the places up to which its files were given, the oldest first; none where nothing is known."""
        try:
            found = json.loads(self._note.read_text("utf-8"))["files"]
            self._kept = [Place(**{**one, "since": tuple(one["since"])}) for one in found]
        except (OSError, ValueError, KeyError, TypeError):
            self._kept = ()
        return self._kept

    def keep(self, places: Sequence[Place]) -> None:
        """Note the places, so that a process that dies meanwhile leaves those of before."""
        if places == self._kept:
            return
        make_folder(self._note.parent)
        draft = self._note.with_suffix(f".{os.getpid()}")
        text = json.dumps({"path": str(self._path.absolute()), "files": [place._asdict() for place in places]})
        write_text(draft, text)
        draft.replace(self._note)
        self._kept = list(places)
