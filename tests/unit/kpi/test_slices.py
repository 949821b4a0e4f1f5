"""Slices: cells that add up, and what changed since the windows last looked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from unittest.mock import patch

from stream.kpi import slices as module
from stream.kpi.measures import ATTEMPTS, CONTACTS
from stream.kpi.slices import HOURS, HOURS_KEPT, MINUTES, MINUTES_KEPT, Owners, Slices, add_up, head_of, index_of
from tests.unit.kpi.telling import deltas_of, slices_of

if TYPE_CHECKING:
    from stream.kpi.rows import Deltas

OWNER = ("spring", None, "ana")
OTHER = ("autumn", "blue", None)


def take(slices: Slices, rows: Counter[tuple[int, str | None, str | None, str | None, int | str]]) -> None:
    cells, _ = slices.change(deltas_of(rows), 0, 0)
    for key, cell in cells.items():
        slices.put(key, cell)


def test_cells_add_up_code_by_code_and_what_comes_to_nothing_is_left_out() -> None:
    assert add_up([{1: 2, "137|x": 1}, {1: -2, 3: 4}, {}]) == {"137|x": 1, 3: 4}
    assert add_up([]) == {}


def test_an_amount_goes_to_one_minute_and_one_hour() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3}))
    assert sorted(slices.heads()) == sorted([head_of(MINUTES, 125), head_of(HOURS, 2)])
    for head in slices.heads():
        assert list(slices.slice(head)) == [(OWNER, {ATTEMPTS: 3})]
    assert slices.cells == 2


def test_a_head_tells_its_index() -> None:
    for index in (0, 1, 28_000_000, 2**32 - 1):
        assert index_of(head_of(MINUTES, index)) == index


def test_a_cell_that_comes_to_nothing_goes_and_its_slice_with_the_last_of_them() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3, (125, *OTHER, CONTACTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -3}))
    assert slices.cells == 2
    assert list(slices.slice(head_of(MINUTES, 125))) == [(OTHER, {CONTACTS: 1})]
    take(slices, Counter({(125, *OTHER, CONTACTS): -1}))
    assert slices.cells == 0
    assert slices.heads() == []


def test_a_code_that_comes_to_nothing_leaves_the_others_of_its_cell() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3, (125, *OWNER, CONTACTS): 1}))
    take(slices, Counter({(125, *OWNER, CONTACTS): -1}))
    assert list(slices.slice(head_of(HOURS, 2))) == [(OWNER, {ATTEMPTS: 3})]
    assert slices.change({(125, OWNER): {CONTACTS: 0}}, 0, 0) == ({}, 0)


def test_removing_what_is_not_there_changes_nothing() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3}))
    packed = slices.owners.pack(OTHER)
    slices.put(head_of(MINUTES, 125) + packed, None)
    slices.put(head_of(MINUTES, 9) + packed, None)
    assert slices.cells == 2
    assert slices.get(head_of(MINUTES, 9) + packed) is None


def test_what_no_slice_takes_any_more_is_counted() -> None:
    slices = Slices()
    one: Deltas = {(125, OWNER): {ATTEMPTS: 1}}
    assert slices.change(one, 126, 3) == ({}, 1)
    cells, dropped = slices.change(one, 126, 2)
    assert ([key[:1] for key in cells], dropped) == ([HOURS], 0)
    cells, dropped = slices.change(one, 125, 2)
    assert ([key[:1] for key in cells], dropped) == ([MINUTES, HOURS], 0)


def test_slices_are_kept_for_longer_than_any_window_reads_them() -> None:
    assert MINUTES_KEPT >= 25 * 60 + 1
    assert HOURS_KEPT >= 720 + 1


def test_what_has_expired_is_named_a_few_at_a_time() -> None:
    slices = slices_of(Counter({(minute, *OWNER, ATTEMPTS): 1 for minute in range(60, 65)}))
    packed = slices.owners.pack(OWNER)
    assert slices.expired(62, 1, 10) == [head_of(MINUTES, 60) + packed, head_of(MINUTES, 61) + packed]
    assert slices.expired(62, 1, 1) == [head_of(MINUTES, 60) + packed]
    assert slices.expired(60, 1, 10) == []
    assert slices.expired(60, 2, 10) == [head_of(HOURS, 1) + packed]


def test_a_cell_that_changed_is_told_once_with_what_it_changed_by_since_it_was_last_looked_at() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 1}))
    assert [changes for _, _, changes in slices.take_touched()] == [{ATTEMPTS: 1}] * 2  # of a minute and of its hour
    assert list(slices.take_touched()) == []
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1, (125, *OWNER, CONTACTS): 1}))
    found = [told for told in slices.take_touched() if told[0][:1] == MINUTES]
    assert found == [(head_of(MINUTES, 125), OWNER, {ATTEMPTS: 2, CONTACTS: 1})]
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -1}))
    assert list(slices.take_touched()) == []
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -3, (125, *OWNER, CONTACTS): -1}))
    assert [changes for _, _, changes in slices.take_touched()] == [{ATTEMPTS: -3, CONTACTS: -1}] * 2


def test_when_too_much_has_changed_the_sums_begin_anew() -> None:
    slices = Slices()
    epoch = slices.epoch
    with patch.object(module, "_TOUCHED_AT_MOST", 3):
        for minute in range(3):
            slices.put(head_of(MINUTES, minute) + b"\xc0", b"\x80")
        assert slices.epoch == epoch
        slices.put(head_of(MINUTES, 0) + b"\xc0", b"\x81\x01\x01")
        assert slices.epoch == epoch
        slices.put(head_of(HOURS, 0) + b"\xc0", b"\x80")
        assert slices.epoch == epoch + 1


def test_an_owner_packs_to_the_same_bytes_wherever_it_was_met_first() -> None:
    one, other = Owners(), Owners()
    packed = one.pack(OWNER)
    assert other.unpack(packed) == OWNER
    assert other.unpack(packed) == OWNER
    assert other.pack(OWNER) == packed == one.pack(OWNER)
