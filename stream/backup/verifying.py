"""Whether a back-up is what was written: every file, and that nothing is missing between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.backup.manifest import need_manifest
from stream.backup.segments import DamagedError, read_segment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stream.backup.manifest import Manifest
    from stream.backup.segments import Segment


def verify(folder: Path, moved: Callable[[int], None]) -> tuple[Manifest, list[str]]:
    """
    Return the manifest of the back-up in `folder`, and one line for each file that is wrong.

    `moved` is called with the records of each file that was read. Raises RingboardError where there is no back-up.
    """
    manifest = need_manifest(folder)
    wrong = []
    for segment in manifest.segments():
        try:
            _check(folder, segment)
        except DamagedError as error:
            wrong.append(str(error))
        moved(segment.records)
    return manifest, wrong


def _check(folder: Path, segment: Segment) -> None:
    records = read_segment(folder, segment)
    inside = all(segment.first <= one.offset < segment.end for one in records)
    if len(records) != segment.records or not inside:
        raise DamagedError(f"{folder / segment.file}: damaged, other records than it should have; take another copy")
