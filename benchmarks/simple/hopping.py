"""Hopping windows as sums of slices: a share that stores an owner's slices together, and the windows from them."""

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

    from benchmarks.simple.state import Call, Cells, Windows

BITS: Final = 32  # for each count of a cell, which is packed into one integer
CELL_BYTES: Final = CELL * BITS // 8
CALL_BYTES: Final = 8  # at least the size of a call that is stored by itself
HISTOGRAM: Final = len(BOUNDS) + 1
TALK_AT: Final = TALK * BITS
_CALLS: Final = [1 << CALLS * BITS | 1 << (BUCKETS + bucket) * BITS for bucket in range(HISTOGRAM)]
ADDS: Final = (*_CALLS, *(call | 1 << CONTACTS * BITS for call in _CALLS))  # to a cell, by bucket: a call, a contact
KINDS: Final = len(ADDS)

_encode = msgspec.msgpack.Encoder().encode


class _Adds(dict[int, int]):
    """What a call adds to a cell, by its kind; computed once each."""

    def __missing__(self, kind: int) -> int:
        talk, column = divmod(kind, KINDS)
        adds = self[kind] = ADDS[column] + (talk << TALK_AT)
        return adds


class HoppingState(SimpleState):
    """
    One partition's part of both tables in slices; an owner's slices within one window's length are one record.

    So a batch packs and writes as many records as with tumbling windows of that length. A record begins with the cells
    of its slices, followed by the calls to be added to them, as one small integer each: most slices of an owner hold
    one call or none. Calls are added up when they would be longer than the cells, and when windows are read.
    """

    unpack = staticmethod(msgspec.msgpack.Decoder(list[int | bytes]).decode)

    def __init__(self, size_ms: int, hop_ms: int) -> None:
        super().__init__(size_ms)
        self.hop_ms = hop_ms
        self.slices = size_ms // hop_ms
        self.most = self.slices * CELL_BYTES // CALL_BYTES
        self._adds = _Adds()

    def pack(self, record: list[Any]) -> bytes:
        """Return a record packed, with its calls added up if they are many."""
        if len(record) > self.most:
            record[:] = [_bytes(self.add([0] * self.slices, 0, record))]
        return _encode(record)

    def add(self, line: list[int], here: int, record: list[Any]) -> list[int]:
        """Add a record to a line of cells, from index `here` on; return the line."""
        cells, *calls = record
        for offset in range(0, len(cells), CELL_BYTES):
            line[here + offset // CELL_BYTES] += int.from_bytes(cells[offset : offset + CELL_BYTES], "little")
        slices, adds = self.slices, self._adds
        for call in calls:
            line[here + call % slices] += adds[call // slices]
        return line

    def changed(self, events: Iterable[Call]) -> tuple[Cells, Cells]:
        """Return the records of campaigns and of reps that `events` change, as changed."""
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
        Return every window of a table, added up over `shares`; some may be empty.

        For each owner: the cells of its slices in a line, their running totals, and for each window the difference of
        two of these. Except for adding up the records all loops run in C, and the counts stay in one array.
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
