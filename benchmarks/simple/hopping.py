"""Windows that hop, as sums of slices: a share that keeps an owner's slices together, and all windows from them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate
from operator import sub
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.simple.events import BOUNDS, BUCKETS, CALLS, CELL, CONTACT_S, CONTACTS, TALK
from benchmarks.simple.state import SimpleState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.simple.state import Cells, Told, Windows

BITS: Final = 32  # of each count of a cell that is one integer
CELL_BYTES: Final = CELL * BITS // 8
CALL_BYTES: Final = 8  # more than a call takes that is written by itself
HISTOGRAM: Final = len(BOUNDS) + 1
TALK_AT: Final = TALK * BITS
_CALLS: Final = [1 << CALLS * BITS | 1 << (BUCKETS + bucket) * BITS for bucket in range(HISTOGRAM)]
ADDS: Final = (*_CALLS, *(call | 1 << CONTACTS * BITS for call in _CALLS))  # to a cell, by bucket: a call, a contact
KINDS: Final = len(ADDS)

_encode = msgspec.msgpack.Encoder().encode


class _Adds(dict[int, int]):
    """What a call adds to a cell, by its kind, worked out once."""

    def __missing__(self, kind: int) -> int:
        talk, column = divmod(kind, KINDS)
        adds = self[kind] = ADDS[column] + (talk << TALK_AT)
        return adds


class HoppingState(SimpleState):
    """
    One partition's part of both tables in slices: an owner's within one window's length are one record.

    So a batch packs and writes them as often as a tumbling window of that length. A record begins with the cells of its
    slices, and the calls to be added to them follow, as one small integer each: mostly a slice of an owner holds a call
    or none. They are added when they would be longer than the cells, and where windows are read.
    """

    unpack = staticmethod(msgspec.msgpack.Decoder(list[int | bytes]).decode)

    def __init__(self, size_ms: int, hop_ms: int) -> None:
        super().__init__(size_ms)
        self.hop_ms = hop_ms
        self.slices = size_ms // hop_ms
        self.most = self.slices * CELL_BYTES // CALL_BYTES
        self._adds = _Adds()

    def pack(self, record: list[Any]) -> bytes:
        """Pack a record, with its calls added if they are many."""
        if len(record) > self.most:
            record[:] = [_bytes(self.add([0] * self.slices, 0, record))]
        return _encode(record)

    def add(self, line: list[int], here: int, record: list[Any]) -> list[int]:
        """Add a record to a line of cells, where its slices begin at `here`."""
        cells, *calls = record
        for place in range(0, len(cells), CELL_BYTES):
            line[here + place // CELL_BYTES] += int.from_bytes(cells[place : place + CELL_BYTES], "little")
        slices, adds = self.slices, self._adds
        for call in calls:
            line[here + call % slices] += adds[call // slices]
        return line

    def changed(self, events: Iterable[Told]) -> tuple[Cells, Cells]:
        """Return the records of campaigns and of reps that `events` change, as they are then."""
        campaigns: Cells = {}
        reps: Cells = {}
        known_campaigns, known_reps = self.tables["campaigns"], self.tables["reps"]
        hop_ms, slices = self.hop_ms, self.slices
        empty = [b""]
        for event in events:
            hop = event.at // hop_ms
            window = hop // slices
            kind = bisect_left(BOUNDS, event.delay_s)
            talk = event.talk_s
            if talk:
                if talk >= CONTACT_S and event.amd == "human":
                    kind += HISTOGRAM
                kind += talk * KINDS
            call = kind * slices + hop % slices
            key = event.campaign, window
            record = campaigns.get(key)
            if record is None:
                record = campaigns[key] = known_campaigns.get(key, empty).copy()
            record.append(call)
            key = event.rep, window
            record = reps.get(key)
            if record is None:
                record = reps[key] = known_reps.get(key, empty).copy()
            record.append(call)
        return campaigns, reps

    @staticmethod
    def read(shares: Sequence[Any], table: str) -> Windows:
        """
        Return every window of a table, what `shares` have of it added up; some may hold nothing.

        For each owner: the cells of its slices in a line, their running totals, and for each window the difference of
        two of these. But for adding up the records all loops are C's, and the counts stay in one array.
        """
        hop_ms, slices = shares[0].hop_ms, shares[0].slices
        sizes = {window for share in shares for _, window in share.tables[table]}
        if not sizes:
            return {}
        first, end = min(sizes) * slices, (max(sizes) + 1) * slices
        lines: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (end - first))
        for share in shares:
            for (owner, window), record in share.tables[table].items():
                shares[0].add(lines[owner], window * slices - first, record)
        outside = slices - 1  # a window may begin before the first slice, and end after the last
        starts = range((first - outside) * hop_ms, end * hop_ms, hop_ms)
        windows: Windows = {}
        for owner, line in lines.items():
            sums = list(accumulate(line, initial=0))
            cells = map(sub, sums[1:] + sums[-1:] * outside, sums[:1] * outside + sums[:-1])
            windows[owner] = starts, memoryview(_bytes(cells)).cast("I")
        return windows


def _bytes(cells: Iterable[int]) -> bytes:
    return b"".join([cell.to_bytes(CELL_BYTES, "little") for cell in cells])
