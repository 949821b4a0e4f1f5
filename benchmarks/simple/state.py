"""The fold of the simple job, as the state of a partition that Ringboard's worker runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK, add_up
from stream.journeys.partition_state import Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.journeys.partition_state import LogRecord

TABLES: Final = ("campaigns", "reps")

Cells = dict[tuple[str, int], Any]
"""The cell by owner (a campaign or a rep) and window, which is numbered from the epoch on."""

Windows = dict[str, tuple[Sequence[int], Sequence[int]]]
"""By owner: the start of each of its windows (ms), and the counts of all of them, one cell after the other."""


class Call(msgspec.Struct, gc=False):
    """The fields of an event that the two tables need."""

    at: int
    campaign: str
    rep: str
    amd: str
    talk_s: int
    delay_s: int


_read = msgspec.json.Decoder(Call).decode
_encode = msgspec.msgpack.Encoder().encode


class SimpleState:
    """
    One partition's part of both tables: cells by owner and window, packed in the changelog under `owner|window`.

    The calls of a rep are in every partition, and are added up when windows are read.
    """

    pack: Callable[[Any], bytes] = staticmethod(_encode)
    unpack: Callable[[bytes], Any] = staticmethod(msgspec.msgpack.Decoder(list[int]).decode)

    def __init__(self, size_ms: int) -> None:
        self.size_ms = size_ms
        self.tables: dict[str, Cells] = {table: {} for table in TABLES}
        self.unread = 0

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Restore `table` from records of its changelog."""
        cells, unpack = self.tables[table], self.unpack
        for key, value in records:
            if value is not None:
                cells[_key_of(key)] = unpack(value)

    def ready(self) -> None:
        """Do nothing: the state is complete once restored."""

    def fold(self, _topic: str, records: Sequence[LogRecord]) -> Staged:
        """Return the changes of both tables by `records`."""
        events, unread = _events(records)
        changed = dict(zip(TABLES, self.changed(events), strict=True))
        packed = {table: _packed(cells, self.pack) for table, cells in changed.items()}
        return Staged(packed, (), (changed, unread))

    def changed(self, events: Iterable[Call]) -> tuple[Cells, Cells]:
        """Return the cells of campaigns and of reps that `events` change, as changed."""
        campaigns: Cells = {}
        reps: Cells = {}
        known_campaigns, known_reps = self.tables["campaigns"], self.tables["reps"]
        empty = [0] * CELL
        size = self.size_ms
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
        return campaigns, reps

    def settle(self) -> Staged | None:
        """Return None: nothing is due by time alone."""
        return None

    def apply(self, staged: Staged) -> None:
        """Apply the changes of a committed batch."""
        changed, unread = staged.inner
        for table, cells in changed.items():
            self.tables[table].update(cells)
        self.unread += unread

    @staticmethod
    def read(shares: Sequence[Any], table: str) -> Windows:
        """Return every window of a table, added up over `shares`."""
        windows: dict[str, tuple[list[int], list[int]]] = {}
        for (owner, window), cell in add_up(share.tables[table] for share in shares).items():
            starts, counts = windows.setdefault(owner, ([], []))
            starts.append(window * shares[0].size_ms)
            counts.extend(cell)
        return {**windows}


def _key_of(packed: bytes) -> tuple[str, int]:
    owner, _, window = packed.decode().rpartition("|")
    return owner, int(window)


def _packed(cells: Cells, pack: Callable[[Any], bytes]) -> dict[bytes, bytes | None]:
    return {f"{owner}|{window}".encode(): pack(cell) for (owner, window), cell in cells.items()}


def _events(records: Sequence[LogRecord]) -> tuple[list[Call], int]:
    """Return the calls of `records`, and how many records could not be read."""
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
