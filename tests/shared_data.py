"""The recordings there are for a test: the project's own, and those beside the repository where they are there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final, NamedTuple

import pytest

OWN: Final = Path(__file__).parent / "recordings"
SHARED: Final = Path(__file__).parents[2] / "shared" / "data"
OURS: Final = "ours"
OUTSIDE: Final = "outside"


class Recording(NamedTuple):
    """A folder of recorded files; `place` is whose it is, by which a test knows what is in it."""

    place: str
    folder: Path

    def path(self, name: str) -> Path:
        """Return the path of a file, or of the compressed one where only that is there."""
        plain, packed = self.folder / name, self.folder / f"{name}.gz"
        return packed if packed.exists() else plain

    def read_bytes(self, name: str) -> bytes:
        """Return what is in a file, uncompressed."""
        path = self.path(name)
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data

    def read_text(self, name: str) -> str:
        return self.read_bytes(name).decode()


def recordings(folder: str, outside: str = "") -> list[Recording]:
    """Return the recordings of a kind: always ours, and the outside one, of this name or its own, where it is there."""
    assert (OWN / folder).is_dir(), f"the project has no recording {folder} of its own"
    beside = SHARED / (outside or folder)
    return [Recording(OURS, OWN / folder), *([Recording(OUTSIDE, beside)] if beside.exists() else [])]


def each(folder: str, outside: str = "") -> pytest.MarkDecorator:
    """Run a test, whose argument is `recorded`, on each recording of a kind."""
    there = recordings(folder, outside)
    return pytest.mark.parametrize("recorded", there, ids=[one.place for one in there])
