"""
The slices that windows are sums of: a minute's or an hour's cells, one for each campaign, team and rep.

A cell adds up codes; adding two cells is associative and commutative, so partitions and workers add up. Cells are
kept packed: they are many, they are read rarely, and they are what the changelog holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from stream.kpi.rules import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stream.kpi.measures import Code
    from stream.kpi.rows import Deltas

Cell = dict[int | str, int]
Owner = tuple[str | None, str | None, str | None]
"""Campaign, team, rep."""

MINUTES: Final = b"m"
HOURS: Final = b"h"
MINUTES_KEPT: Final = 26 * HOUR // MINUTE
HOURS_KEPT: Final = 31 * DAY // HOUR

_HEAD: Final = 5
_TOUCHED_AT_MOST: Final = 100_000
_encode = msgspec.msgpack.Encoder().encode
_decode_cell = msgspec.msgpack.Decoder(Cell).decode
_decode_owner = msgspec.msgpack.Decoder(Owner).decode


def unpack_cell(packed: bytes) -> Cell:
    """Unpack a cell as `Slices.packed` gives it."""
    return _decode_cell(packed)


def add_up(cells: Iterable[Mapping[Code, int]]) -> Cell:
    """Add `cells` code by code; what comes to nothing is left out."""
    total: Cell = {}
    for cell in cells:
        for code, amount in cell.items():
            total[code] = total.get(code, 0) + amount
    return {code: amount for code, amount in total.items() if amount}


def head_of(granularity: bytes, index: int) -> bytes:
    """Give how the keys of a slice's cells begin: its granularity, and its index since the epoch."""
    return granularity + index.to_bytes(_HEAD - 1, "big")


def index_of(head: bytes) -> int:
    """Give the index of the slice that a key, or its head, belongs to."""
    return int.from_bytes(head[1:_HEAD], "big")


def _add(cell: Cell, changes: Cell) -> None:
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

    def unpack(self, packed: bytes) -> Owner:
        """Unpack what `pack` made."""
        owner = self._owners.get(packed)
        if owner is None:
            owner = self._owners[packed] = _decode_owner(packed)
            self._packed[owner] = packed
        return owner


class Slices:
    """The cells of one partition, with those that changed since the windows last looked."""

    def __init__(self) -> None:
        self.owners = Owners()
        self._cells: dict[bytes, dict[bytes, bytes]] = {}
        self._touched: dict[bytes, bytes | None] = {}
        self.cells = 0
        self.epoch = 0

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take a cell as its changelog has it; None removes it."""
        head, owner = key[:_HEAD], key[_HEAD:]
        slice_ = self._cells.get(head)
        before = slice_.get(owner) if slice_ else None
        if key not in self._touched:
            if len(self._touched) >= _TOUCHED_AT_MOST:
                self.forget_touched()
            self._touched[key] = before
        self.cells += (value is not None) - (before is not None)
        if value is not None:
            if slice_ is None:
                slice_ = self._cells[head] = {}
            slice_[owner] = value
        elif slice_ is not None and before is not None:
            del slice_[owner]
            if not slice_:
                del self._cells[head]

    def get(self, key: bytes) -> bytes | None:
        """Give a cell as it is kept, if there is one."""
        slice_ = self._cells.get(key[:_HEAD])
        return slice_.get(key[_HEAD:]) if slice_ else None

    def change(self, deltas: Deltas, oldest_minute: int, oldest_hour: int) -> tuple[dict[bytes, bytes | None], int]:
        """
        Work out the cells that `deltas` change, without changing them.

        Nothing is written to slices before `oldest_minute` and `oldest_hour` (indices); changes that no slice takes
        any more are counted in the second part of the answer.
        """
        hours: dict[int, dict[bytes, Cell]] = {}
        changed: dict[bytes, bytes | None] = {}
        dropped = 0
        pack = self.owners.pack
        for (minute, owner), changes in deltas.items():
            hour = minute // 60
            amounts = changes.values()
            if hour < oldest_hour:
                dropped += sum(map(bool, amounts))
            elif any(amounts):
                packed = pack(owner)
                cells = hours.get(hour)
                if cells is None:
                    cells = hours[hour] = {}
                cell = cells.get(packed)
                if cell is None:
                    cell = cells[packed] = self._cell(head_of(HOURS, hour), packed)
                _add(cell, changes)
                if minute >= oldest_minute:
                    head = head_of(MINUTES, minute)
                    cell = self._cell(head, packed)
                    if cell or not all(amounts):
                        _add(cell, changes)
                    else:  # mostly a minute's cell is new, and what changes is all that it holds
                        cell = changes
                    changed[head + packed] = _encode(cell) if cell else None
        for hour, cells in hours.items():
            head = head_of(HOURS, hour)
            for packed, cell in cells.items():
                changed[head + packed] = _encode(cell) if cell else None
        return changed, dropped

    def _cell(self, head: bytes, owner: bytes) -> Cell:
        """Unpack a cell, to be changed; an empty one if there is none."""
        slice_ = self._cells.get(head)
        packed = slice_.get(owner) if slice_ else None
        return {} if packed is None else _decode_cell(packed)

    def expired(self, oldest_minute: int, oldest_hour: int, most: int) -> list[bytes]:
        """Name up to `most` keys of cells before `oldest_minute` and `oldest_hour`, indices of slices."""
        keys: list[bytes] = []
        for head, slice_ in self._cells.items():
            if index_of(head) < (oldest_minute if head[:1] == MINUTES else oldest_hour):
                keys.extend(head + owner for owner in slice_)
                if len(keys) >= most:
                    break
        return keys[:most]

    def slice(self, head: bytes) -> Iterator[tuple[Owner, Cell]]:
        """Yield each cell of a slice with whose it is."""
        for owner, packed in self._cells.get(head, {}).items():
            yield self.owners.unpack(owner), _decode_cell(packed)

    def packed(self, head: bytes) -> dict[bytes, bytes]:
        """Give the cells of a slice as they are kept, by owner as `owners` packs it; later changes are not in it."""
        return self._cells.get(head, {}).copy()

    def heads(self) -> list[bytes]:
        """List the slices that there are."""
        return list(self._cells)

    @property
    def touched(self) -> int:
        """How many cells have changed since the last call of `take_touched`."""
        return len(self._touched)

    def take_touched(self) -> Iterator[tuple[bytes, Owner, Cell]]:
        """Yield each cell changed since the last call: its slice, whose it is, and what it changed by since then."""
        touched, self._touched = self._touched, {}
        for key, before in touched.items():
            head, owner = key[:_HEAD], key[_HEAD:]
            now = self._cells.get(head, {}).get(owner)
            if now != before:
                changes = {} if now is None else _decode_cell(now)
                if before is not None:
                    _add(changes, {code: -amount for code, amount in _decode_cell(before).items()})
                yield head, self.owners.unpack(owner), changes

    def forget_touched(self) -> None:
        """Start over with what counts as changed: sums kept from before (of another `epoch`) are void."""
        self._touched = {}
        self.epoch += 1
