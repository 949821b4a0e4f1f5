"""The fold of the simple job, as a share that Ringboard's own worker runs."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK
from stream.share import Group, Staged
from stream.topics import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.simple.events import Totals
    from stream.settings import Settings
    from stream.share import LogRecord

TABLES: Final = ("campaigns", "reps")


class Told(msgspec.Struct, gc=False):
    """What of an event the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


_read = msgspec.json.Decoder(Told).decode
_encode = msgspec.msgpack.Encoder().encode
decode_cell = msgspec.msgpack.Decoder(list[int]).decode

Key = tuple[str, int]


class SimpleShare:
    """
    One partition's part of both tables: cells by owner and window, packed in the changelog under `owner|window`.

    A rep's calls come in every partition, and are added up where they are read.
    """

    def __init__(self, slice_ms: int) -> None:
        self.slice_ms = slice_ms
        self.tables: dict[str, Totals] = {table: {} for table in TABLES}
        self.unread = 0

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take a changelog's records."""
        cells = self.tables[table]
        for key, value in records:
            if value is not None:
                cells[key_of(key)] = decode_cell(value)

    def ready(self) -> None:
        """Nothing is left to do."""

    def fold(self, _topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage what `records` add to either table."""
        events, unread = _events(records)
        campaigns: Totals = {}
        reps: Totals = {}
        known_campaigns, known_reps = self.tables["campaigns"], self.tables["reps"]
        empty = [0] * CELL
        size = self.slice_ms
        for event in events:
            window = event.at // size
            bucket = BUCKETS + bisect_left(BOUNDS, event.delay_s)
            talk = event.talk_s
            key = event.campaign, window
            cell = campaigns.get(key)
            if cell is None:
                cell = campaigns[key] = known_campaigns.get(key, empty).copy()
            key = event.rep, window
            other = reps.get(key)
            if other is None:
                other = reps[key] = known_reps.get(key, empty).copy()
            cell[CALLS] += 1
            other[CALLS] += 1
            cell[bucket] += 1
            other[bucket] += 1
            if talk:
                cell[TALK] += talk
                other[TALK] += talk
                if talk >= CONTACT_S and event.amd == "human":
                    cell[CONTACTS] += 1
                    other[CONTACTS] += 1
        changed = {"campaigns": campaigns, "reps": reps}
        return Staged({table: _packed(cells) for table, cells in changed.items()}, (), (changed, unread))

    def settle(self) -> Staged | None:
        """Nothing comes due."""
        return None

    def apply(self, staged: Staged) -> None:
        """Make a committed batch visible."""
        changed, unread = staged.inner
        for table, cells in changed.items():
            self.tables[table].update(cells)
        self.unread += unread

    def totals(self) -> dict[str, Totals]:
        """Return both tables with windows by their start."""
        return {
            table: {(owner, window * self.slice_ms): cell for (owner, window), cell in cells.items()}
            for table, cells in self.tables.items()
        }


def key_of(packed: bytes) -> Key:
    """Return the owner and the window of a changelog's key."""
    owner, _, window = packed.decode().rpartition("|")
    return owner, int(window)


def _packed(cells: Totals) -> dict[bytes, bytes | None]:
    return {f"{owner}|{window}".encode(): _encode(cell) for (owner, window), cell in cells.items()}


def _events(records: Sequence[LogRecord]) -> tuple[list[Told], int]:
    """Read `records`; the second is how many could not be read."""
    values: Any = [record.value for record in records]
    try:
        return list(map(_read, values)), 0
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError, RecursionError):
        events, unread = [], 0
        for value in values:
            try:
                events.append(_read(value or b""))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                unread += 1
        return events, unread


def simple_group(settings: Settings, slice_ms: int) -> Group:
    """Return the group that has the agent `events` fold the simple job into slices of `slice_ms`."""
    return Group(
        "events", (topics(settings).events.name,), TABLES, settings.partitions, lambda _partition: SimpleShare(slice_ms)
    )
