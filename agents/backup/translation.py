"""From the offsets of a back-up to those after its restore: a restored partition has no gaps, and begins at 0."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec

from stream.backup.segments import read_segment
from stream.intake.rejected import SentAgain, encoded, read_rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from stream.backup.manifest import Manifest
    from stream.backup.segments import Kept, Segment


class Offsets:
    """Where the records of the back-up in `folder` lie once they are restored, each after the one before."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._topics = manifest.topics
        self._latest: tuple[str, list[int]] = ("", [])

    def new(self, topic: str, partition: int, old: int) -> int:
        """Return the offset of what was at `old`: how many of its partition's records are kept before it."""
        before = 0
        log = self._topics.get(topic)
        for segment in log.partitions[partition].segments if log is not None else ():
            if segment.end > old:
                return before + (bisect_left(self._within(segment), old) if segment.first < old else 0)
            before += segment.records
        return before

    def _within(self, segment: Segment) -> list[int]:
        if self._latest[0] != segment.file:
            self._latest = segment.file, [one.offset for one in read_segment(self._folder, segment)]
        return self._latest[1]


def rejected_again(records: Iterable[Kept], offsets: Offsets, folded: Mapping[tuple[str, int], int]) -> Iterator[Kept]:
    """
    Yield the rejected records of a back-up as they are to be restored, with places as of then.

    What lies behind the place up to which its topic was `folded`, by (topic, partition), is left out: the workers will
    refuse it again.
    """
    places: dict[int, int] = {}
    restored = 0
    for record in records:
        content = read_rejected(record.value or b"")
        value = record.value
        if isinstance(content, SentAgain):
            if content.sent_again not in places:
                continue
            value = encoded(SentAgain(sent_again=places[content.sent_again], at=content.at))
        elif content is not None and content.topic is not None and content.offset is not None:
            place = content.topic, content.partition or 0
            if content.offset >= folded.get(place, content.offset + 1):
                continue
            if place in folded:
                value = encoded(msgspec.structs.replace(content, offset=offsets.new(*place, content.offset)))
        places[record.offset] = restored
        restored += 1
        yield msgspec.structs.replace(record, value=value)
