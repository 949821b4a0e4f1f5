"""
The slices that windows are sums of: a minute's or an hour's cells, one for each campaign, team and rep.

What a limit decides is kept by the hour alone, apart, each code with its minute: it is written in advance, and lies
ahead for days. A cell adds up codes; adding two cells is associative and commutative, so partitions and workers add
up. Cells are kept packed: they are many, and they are read rarely. The changelog holds an hour's cell as it is kept,
and the minutes of an owner ten to a record: most of the minutes of who is at work hold something, and each changes but
for a while.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from stream.kpi.cells import Cell, Owner, hour_of
from stream.kpi.rules import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stream.kpi.cells import Deltas
    from stream.kpi.codes import Code

MINUTES: Final = b"m"
HOURS: Final = b"h"
LIMITS: Final = b"l"
"""What limits decide, by hour."""
MINUTES_KEPT: Final = 26 * HOUR // MINUTE
HOURS_KEPT: Final = 31 * DAY // HOUR
TOGETHER: Final = 10
"""Minutes that are one record of the changelog, by owner."""

_EMPTY: Final[dict[bytes, bytes]] = {}
_HEAD: Final = 5
_TOUCHED_AT_MOST: Final = 100_000
_encode = msgspec.msgpack.Encoder().encode
_decode_cell = msgspec.msgpack.Decoder(Cell).decode
_decode_owner = msgspec.msgpack.Decoder(Owner).decode
_decode_minutes = msgspec.msgpack.Decoder(dict[int, msgspec.Raw]).decode
_OF_SO_MANY: Final = [bytes([0x80 | number]) for number in range(TOGETHER + 1)]  # how a map of msgpack begins
_PLACES: Final = [bytes([number]) for number in range(TOGETHER)]


def unpack_cell(packed: bytes) -> Cell:
    """Unpack a cell as `Slices.packed` gives it."""
    return _decode_cell(packed)


def add_up(cells: Iterable[Mapping[Code, int]]) -> Cell:
    """Return the sum of `cells` code by code; what comes to nothing is left out."""
    total: Cell = {}
    for cell in cells:
        for code, amount in cell.items():
            total[code] = total.get(code, 0) + amount
    return {code: amount for code, amount in total.items() if amount}


def key_of(granularity: bytes, index: int, owner: bytes) -> bytes:
    """
    Return the key of a changelog's record: a cell of an hour, or the cells of minutes that are kept together.

    `index` counts hours, or so many minutes, since the epoch; `owner` is packed.
    """
    return granularity + index.to_bytes(_HEAD - 1, "big") + owner


def _pack_minutes(cells: Iterable[bytes | None]) -> bytes | None:
    """Pack the cells of minutes that are kept together, packed themselves, by their place; None where all are empty."""
    parts: list[bytes] = []
    for place, cell in zip(_PLACES, cells, strict=True):
        if cell is not None:
            parts += (place, cell)
    return _OF_SO_MANY[len(parts) // 2] + b"".join(parts) if parts else None


def _add(cell: Cell, changes: Cell) -> None:
    if not cell and all(changes.values()):  # mostly of a new cell, which then is what changes
        cell.update(changes)
        return
    for code, amount in changes.items():
        total = cell.get(code, 0) + amount
        if total:
            cell[code] = total
        else:
            cell.pop(code, None)


class Owners:
    """The packed form of each campaign, team and rep seen, and back."""

    def __init__(self) -> None:
        self._packed: dict[Owner, bytes] = {}
        self._owners: dict[bytes, Owner] = {}

    def pack(self, owner: Owner) -> bytes:
        """Pack `owner`, the same bytes each time."""
        packed = self._packed.get(owner)
        if packed is None:
            packed = self._packed[owner] = _encode(owner)
            self._owners[packed] = owner
        return packed

    def same(self, packed: bytes) -> bytes:
        """Return the one object that this owner's packed form is kept as: cells are many, and owners few."""
        return self.pack(self.unpack(packed))

    def unpack(self, packed: bytes) -> Owner:
        """Unpack what `pack` made."""
        owner = self._owners.get(packed)
        if owner is None:
            owner = self._owners[packed] = _decode_owner(packed)
            self._packed[owner] = packed
        return owner


Cells = dict[int, "bytes | None"]
"""Cells of an owner by minute or hour since the epoch, packed; None for one that is gone."""


@dataclass(slots=True)
class Changed:
    """
    What a batch makes of the slices of a partition.

    `records` are those of the changelog; `minutes`, `hours` and `limits` have the same by owner, as memory takes it;
    `gone` are slices of which nothing is left; `dropped` counts changes that no slice takes any more.
    """

    records: dict[bytes, bytes | None] = field(default_factory=dict)
    minutes: list[tuple[bytes, Cells]] = field(default_factory=list)
    hours: list[tuple[bytes, Cells]] = field(default_factory=list)
    limits: list[tuple[bytes, Cells]] = field(default_factory=list)
    gone: list[tuple[bytes, int]] = field(default_factory=list)
    dropped: int = 0

    def add(self, owner: bytes, minutes: Cells, hours: Cells, limits: Cells) -> None:
        """Take the cells of an owner; those of minutes are still to be brought into records."""
        for granularity, cells, of_all in ((HOURS, hours, self.hours), (LIMITS, limits, self.limits)):
            if cells:
                of_all.append((owner, cells))
                for hour, cell in cells.items():
                    self.records[key_of(granularity, hour, owner)] = cell
        if minutes:
            self.minutes.append((owner, minutes))


class Slices:
    """The cells of one partition, with those that changed since the windows last looked."""

    def __init__(self) -> None:
        self.owners = Owners()
        self._minutes: dict[int, dict[bytes, bytes]] = {}
        self._hours: dict[int, dict[bytes, bytes]] = {}
        self._limits: dict[int, dict[bytes, bytes]] = {}
        self._by_name = {MINUTES: self._minutes, HOURS: self._hours, LIMITS: self._limits}
        self._touched: dict[tuple[bytes, int, bytes], bytes | None] | None = None
        self.cells = 0
        self.epoch = 0

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take a record as the changelog has it; None removes it."""
        granularity, index = key[:1], int.from_bytes(key[1:_HEAD], "big")
        owner = self.owners.same(key[_HEAD:])
        if granularity != MINUTES:
            self._take(granularity, owner, {index: value})
            return
        cells = _decode_minutes(value) if value is not None else {}
        first = index * TOGETHER
        minutes: Cells = dict.fromkeys(range(first, first + TOGETHER))
        minutes.update((first + place, bytes(cell)) for place, cell in cells.items())
        self._take(MINUTES, owner, minutes)

    def apply(self, changed: Changed) -> None:
        """Take what `change` and `expire` have worked out, once it is in the changelog."""
        for owner, cells in changed.minutes:
            self._take(MINUTES, owner, cells)
        for owner, cells in changed.hours:
            self._take(HOURS, owner, cells)
        for owner, cells in changed.limits:
            self._take(LIMITS, owner, cells)
        for granularity, index in changed.gone:
            gone = self._by_name[granularity].pop(index, _EMPTY)
            self.cells -= len(gone)
            if self._touched is not None:
                for owner, before in gone.items():
                    self._touched.setdefault((granularity, index, owner), before)

    def _take(self, granularity: bytes, owner: bytes, cells: Cells) -> None:
        slices, touched = self._by_name[granularity], self._touched
        for index, cell in cells.items():
            slice_ = slices.get(index)
            before = None if slice_ is None else slice_.get(owner)
            if touched is not None and before != cell:
                touched.setdefault((granularity, index, owner), before)
            if cell is not None:
                if slice_ is None:
                    slice_ = slices[index] = {}
                slice_[owner] = cell
                self.cells += before is None
            elif slice_ is not None and before is not None:
                self.cells -= 1
                del slice_[owner]
                if not slice_:
                    del slices[index]
        if touched is not None and len(touched) > _TOUCHED_AT_MOST:
            self.forget_touched()

    def change(self, deltas: Deltas, oldest_minute: int, oldest_hour: int) -> Changed:
        """
        Work out what `deltas` change, without changing it.

        Nothing is written to slices before `oldest_minute` and `oldest_hour` (indices).
        """
        changed = Changed()
        for owner, by_slot in deltas.items():
            packed = self.owners.pack(owner)
            minutes: Cells = {}
            limits: Cells = {}
            totals: dict[int, Cell] = {}
            for minute, changes in by_slot.items():
                amounts = changes.values()
                if minute < 0:
                    hour = hour_of(minute)
                    if hour < oldest_hour:
                        changed.dropped += sum(map(bool, amounts))
                    elif any(amounts):
                        limits[hour] = self._decided(hour, packed, changes)
                    continue
                hour = minute // 60
                if hour < oldest_hour:
                    changed.dropped += sum(map(bool, amounts))
                elif any(amounts):
                    total = totals.get(hour)
                    if total is None:
                        total = totals[hour] = self._cell(self._hours, hour, packed)
                    _add(total, changes)
                    if minute >= oldest_minute:
                        cell = self._cell(self._minutes, minute, packed)
                        if cell or not all(amounts):
                            _add(cell, changes)
                        else:  # mostly a minute's cell is new, and what changes is all that it holds
                            cell = changes
                        minutes[minute] = _encode(cell) if cell else None
            changed.add(
                packed, minutes, {hour: _encode(cell) if cell else None for hour, cell in totals.items()}, limits
            )
            changed.records.update(self._records(packed, minutes))
        return changed

    def _decided(self, hour: int, owner: bytes, changes: Cell) -> bytes | None:
        """Return the cell of what limits decide in an hour, once `changes` are in it; None for an empty one."""
        slice_ = self._limits.get(hour)
        known = slice_.get(owner) if slice_ else None
        if known is None and all(changes.values()):  # mostly
            return _encode(changes)
        cell = {} if known is None else _decode_cell(known)
        _add(cell, changes)
        return _encode(cell) if cell else None

    def _cell(self, slices: dict[int, dict[bytes, bytes]], index: int, owner: bytes) -> Cell:
        """Unpack a cell, to be changed; an empty one if there is none."""
        slice_ = slices.get(index)
        packed = slice_.get(owner) if slice_ else None
        return {} if packed is None else _decode_cell(packed)

    def _records(self, owner: bytes, changed: Cells) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the records of the changelog that hold the minutes that are `changed`."""
        known = self._minutes
        for index in dict.fromkeys([minute // TOGETHER for minute in changed]):
            minutes = range(index * TOGETHER, (index + 1) * TOGETHER)
            cells = [changed[m] if m in changed else known.get(m, _EMPTY).get(owner) for m in minutes]
            yield key_of(MINUTES, index, owner), _pack_minutes(cells)

    def expire(self, changed: Changed, oldest_minute: int, oldest_hour: int, most: int) -> bool:
        """
        Add to `changed` what lies before `oldest_minute` and `oldest_hour` (indices), some `most` records at a time.

        Minutes go together, as they are kept. Returns whether nothing that has expired is left.
        """
        records = changed.records
        most += len(records)
        kept = oldest_minute // TOGETHER
        for index in dict.fromkeys(minute // TOGETHER for minute in self._minutes if minute // TOGETHER < kept):
            if len(records) >= most:
                return False
            for minute in range(index * TOGETHER, (index + 1) * TOGETHER):
                owners = self._minutes.get(minute)
                if owners:
                    changed.gone.append((MINUTES, minute))
                    records.update((key_of(MINUTES, index, owner), None) for owner in owners)
        for granularity in (HOURS, LIMITS):
            for hour, owners in self._by_name[granularity].items():
                if hour < oldest_hour:
                    if len(records) >= most:
                        return False
                    changed.gone.append((granularity, hour))
                    records.update((key_of(granularity, hour, owner), None) for owner in owners)
        return True

    def slice(self, granularity: bytes, index: int) -> Iterator[tuple[Owner, Cell]]:
        """Yield each cell of a slice with whose it is."""
        for owner, packed in self._by_name[granularity].get(index, _EMPTY).items():
            yield self.owners.unpack(owner), _decode_cell(packed)

    def packed(self, granularity: bytes, index: int) -> dict[bytes, bytes]:
        """Return the cells of a slice as they are kept, by owner as `owners` packs it; later changes are not in it."""
        return self._by_name[granularity].get(index, _EMPTY).copy()

    def heads(self) -> list[tuple[bytes, int]]:
        """List the slices that there are: granularity, and index since the epoch."""
        return [(granularity, index) for granularity, slices in self._by_name.items() for index in slices]

    @property
    def touched(self) -> int:
        """How many cells have changed since the last call of `take_touched`."""
        return len(self._touched or ())

    def take_touched(self) -> Iterator[tuple[bytes, int, Owner, Cell]]:
        """
        Yield each cell changed since the last call: granularity and index of its slice, whose it is, and by how much.

        Before the first call, and after `forget_touched`, what changes is not kept in mind: nobody has sums of it.
        """
        touched, self._touched = self._touched, {}
        for (granularity, index, owner), before in (touched or {}).items():
            now = self._by_name[granularity].get(index, _EMPTY).get(owner)
            if now != before:
                changes = {} if now is None else _decode_cell(now)
                if before is not None:
                    _add(changes, {code: -amount for code, amount in _decode_cell(before).items()})
                yield granularity, index, self.owners.unpack(owner), changes

    def forget_touched(self) -> None:
        """Start over with what counts as changed: sums kept from before (of another `epoch`) are void."""
        self._touched = None
        self.epoch += 1
