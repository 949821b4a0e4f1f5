"""Slices: cells that add up, how their changelog has them, and what changed since the windows last looked."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING
from unittest.mock import patch

import msgspec

from stream.kpi import slices as module
from stream.kpi.cells import limit_slot
from stream.kpi.codes import ripening
from stream.kpi.measures import ATTEMPTS, CONTACTS, MISSED
from stream.kpi.slices import (
    HOURS,
    HOURS_KEPT,
    LIMITS,
    MINUTES,
    MINUTES_KEPT,
    Changed,
    Owners,
    Slices,
    add_up,
    key_of,
)
from tests.unit.kpi.telling import deltas_of, slices_of

if TYPE_CHECKING:
    from stream.kpi.cells import Cell, Deltas, Owner
    from tests.unit.kpi.telling import One

OWNER = ("spring", None, "ana")
OTHER = ("autumn", "blue", None)


def take(slices: Slices, rows: Counter[One]) -> None:
    slices.apply(slices.change(deltas_of(rows), 0, 0))


def held(slices: Slices) -> dict[tuple[bytes, int], dict[Owner, Cell]]:
    return {head: dict(slices.slice(*head)) for head in slices.heads()}


def test_cells_add_up_code_by_code_and_what_comes_to_nothing_is_left_out() -> None:
    assert add_up([{1: 2, "137|x": 1}, {1: -2, 3: 4}, {}]) == {"137|x": 1, 3: 4}
    assert add_up([]) == {}


def test_an_amount_goes_to_one_minute_and_one_hour() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3}))
    assert held(slices) == {(MINUTES, 125): {OWNER: {ATTEMPTS: 3}}, (HOURS, 2): {OWNER: {ATTEMPTS: 3}}}
    assert slices.cells == 2


def test_what_a_limit_decides_goes_to_its_hour_alone_and_is_kept_as_long_as_hours_are() -> None:
    slot, code = limit_slot(125), ripening(MISSED, 125)
    slices = slices_of(Counter({(slot, *OWNER, code): 2}))
    assert held(slices) == {(LIMITS, 2): {OWNER: {code: 2}}}
    changed = slices.change(deltas_of(Counter({(slot, *OWNER, code): -1})), 999, 2)
    assert changed.records == {key_of(LIMITS, 2, slices.owners.pack(OWNER)): msgspec.msgpack.encode({code: 1})}
    assert slices.change({OWNER: {slot: {code: 1, ATTEMPTS: 0}}}, 0, 3) == Changed(dropped=1)
    assert slices.change({OWNER: {slot: {code: 0}}}, 0, 0) == Changed()
    gone = slices.change(deltas_of(Counter({(slot, *OWNER, code): -2})), 0, 0)
    assert list(gone.records.values()) == [None]
    for oldest, left in ((2, 1), (3, 0)):
        expired = Changed()
        assert slices.expire(expired, 0, oldest, 1)
        slices.apply(expired)
        assert slices.cells == left


def test_the_changelog_has_an_hour_as_it_is_and_ten_minutes_of_an_owner_in_one_record() -> None:
    slices = slices_of(Counter({(120, *OWNER, ATTEMPTS): 1, (129, *OWNER, ATTEMPTS): 2, (130, *OWNER, ATTEMPTS): 3}))
    changed = slices.change(deltas_of(Counter({(125, *OWNER, CONTACTS): 4, (125, *OTHER, CONTACTS): 5})), 0, 0)
    mine, other = slices.owners.pack(OWNER), slices.owners.pack(OTHER)
    assert {key: msgspec.msgpack.decode(value or b"", strict=False) for key, value in changed.records.items()} == {
        key_of(MINUTES, 12, mine): {0: {ATTEMPTS: 1}, 5: {CONTACTS: 4}, 9: {ATTEMPTS: 2}},
        key_of(HOURS, 2, mine): {ATTEMPTS: 6, CONTACTS: 4},
        key_of(MINUTES, 12, other): {5: {CONTACTS: 5}},
        key_of(HOURS, 2, other): {CONTACTS: 5},
    }
    assert key_of(HOURS, 2**32 - 1, b"o") == b"h\xff\xff\xff\xffo"


def test_a_minute_that_comes_to_nothing_leaves_its_record_and_the_last_one_takes_it_away() -> None:
    slices = slices_of(Counter({(120, *OWNER, ATTEMPTS): 1, (121, *OWNER, ATTEMPTS): 1}))
    key = key_of(MINUTES, 12, slices.owners.pack(OWNER))
    for minute, left in ((120, msgspec.msgpack.encode({1: {ATTEMPTS: 1}})), (121, None)):
        changed = slices.change(deltas_of(Counter({(minute, *OWNER, ATTEMPTS): -1})), 0, 0)
        assert changed.records[key] == left
        slices.apply(changed)
    assert held(slices) == {}


def test_what_is_restored_is_what_was_there_whatever_came_in_which_batch() -> None:
    chance = random.Random(7)
    slices, log = Slices(), list[tuple[bytes, "bytes | None"]]()
    for batch in range(200):
        newest = 100 + batch
        rows: Counter[One] = Counter()
        for _ in range(chance.randint(1, 4)):
            owner = chance.choice([OWNER, OTHER])
            rows[newest - chance.randint(0, 70), *owner, chance.choice([ATTEMPTS, CONTACTS])] += chance.choice([1, -1])
        changed = slices.change(deltas_of(rows), newest - 60, 0)
        slices.expire(changed, newest - 60, (newest - 120) // 60, 3)
        slices.apply(changed)
        log += changed.records.items()
    again = Slices()
    for key, value in log:
        again.restore(key, value)
    assert held(again) == held(slices)
    assert again.cells == slices.cells == sum(map(len, held(slices).values())) > 50
    compacted = Slices()
    for key, value in dict(log).items():
        compacted.restore(key, value)
    assert held(compacted) == held(slices)


def test_a_cell_that_comes_to_nothing_goes_and_its_slice_with_the_last_of_them() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3, (125, *OTHER, CONTACTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -3}))
    assert slices.cells == 2
    assert list(slices.slice(MINUTES, 125)) == [(OTHER, {CONTACTS: 1})]
    take(slices, Counter({(125, *OTHER, CONTACTS): -1}))
    assert slices.cells == 0
    assert slices.heads() == []


def test_a_code_that_comes_to_nothing_leaves_the_others_of_its_cell() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3, (125, *OWNER, CONTACTS): 1}))
    take(slices, Counter({(125, *OWNER, CONTACTS): -1}))
    assert list(slices.slice(HOURS, 2)) == [(OWNER, {ATTEMPTS: 3})]
    assert slices.change({OWNER: {125: {CONTACTS: 0}}}, 0, 0) == Changed()


def test_removing_what_is_not_there_changes_nothing() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 3}))
    for index, owner in ((12, OTHER), (9, OWNER)):
        slices.restore(key_of(MINUTES, index, slices.owners.pack(owner)), None)
    assert slices.cells == 2
    assert slices.packed(MINUTES, 90) == {}


def test_what_no_slice_takes_any_more_is_counted() -> None:
    slices = Slices()
    one: Deltas = {OWNER: {125: {ATTEMPTS: 1, CONTACTS: 0}}}
    assert slices.change(one, 126, 3) == Changed(dropped=1)
    for oldest, kept in ((126, [HOURS]), (125, [HOURS, MINUTES])):
        changed = slices.change(one, oldest, 2)
        assert ([key[:1] for key in changed.records], changed.dropped) == (kept, 0)


def test_slices_are_kept_for_longer_than_any_window_reads_them() -> None:
    assert MINUTES_KEPT >= 25 * 60 + 1
    assert HOURS_KEPT >= 720 + 1


def test_what_has_expired_goes_a_few_records_at_a_time_and_minutes_as_they_are_kept() -> None:
    slices = slices_of(Counter({(minute, *OWNER, ATTEMPTS): 1 for minute in range(55, 85)}))
    packed = slices.owners.pack(OWNER)

    def expired(oldest_minute: int, oldest_hour: int, most: int) -> tuple[list[bytes], bool]:
        changed = Changed({b"another": None})
        over = slices.expire(changed, oldest_minute, oldest_hour, most)
        assert all(value is None for value in changed.records.values())
        slices.apply(changed)
        return list(changed.records)[1:], over

    fifties, sixties, seventies = (key_of(MINUTES, ten, packed) for ten in (5, 6, 7))
    assert expired(59, 0, 10) == ([], True)  # as long as one of the ten is kept
    assert expired(79, 0, 1) == ([fifties], False)
    assert expired(79, 0, 1) == ([sixties], True)
    assert sorted(held(slices)) == [(HOURS, 0), (HOURS, 1), *((MINUTES, minute) for minute in range(70, 85))]
    assert expired(80, 2, 1) == ([seventies], False)
    assert expired(80, 2, 1) == ([key_of(HOURS, 0, packed)], False)
    assert expired(80, 2, 2) == ([key_of(HOURS, 1, packed)], True)
    assert expired(80, 2, 1) == ([], True)
    assert slices.cells == 5


def test_what_has_expired_counts_as_changed_for_those_who_have_sums_of_it() -> None:
    slices = slices_of(Counter({(minute, *OWNER, ATTEMPTS): 1 for minute in (50, 51)}))
    assert list(slices.take_touched()) == []
    take(slices, Counter({(50, *OWNER, ATTEMPTS): 2}))
    changed = Changed()
    slices.expire(changed, 60, 1, 10)
    slices.apply(changed)
    told = {(MINUTES, 50, OWNER, -1), (MINUTES, 51, OWNER, -1), (HOURS, 0, OWNER, -2)}
    assert {(*place, changes[ATTEMPTS]) for *place, changes in slices.take_touched()} == told


def test_a_cell_that_changed_is_told_once_with_what_it_changed_by_since_it_was_last_looked_at() -> None:
    slices = Slices()
    assert list(slices.take_touched()) == []
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    assert slices.touched == 2
    assert [changes for *_, changes in slices.take_touched()] == [{ATTEMPTS: 1}] * 2  # of a minute and of its hour
    assert list(slices.take_touched()) == []
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1, (125, *OWNER, CONTACTS): 1}))
    found = [told for told in slices.take_touched() if told[0] == MINUTES]
    assert found == [(MINUTES, 125, OWNER, {ATTEMPTS: 2, CONTACTS: 1})]
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -1}))
    assert list(slices.take_touched()) == []
    take(slices, Counter({(125, *OWNER, ATTEMPTS): -3, (125, *OWNER, CONTACTS): -1}))
    assert [changes for *_, changes in slices.take_touched()] == [{ATTEMPTS: -3, CONTACTS: -1}] * 2


def test_while_nobody_has_sums_nothing_is_kept_in_mind_of_what_changes() -> None:
    slices = slices_of(Counter({(125, *OWNER, ATTEMPTS): 1}))
    assert (slices.touched, list(slices.take_touched())) == (0, [])
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    slices.forget_touched()
    take(slices, Counter({(125, *OWNER, ATTEMPTS): 1}))
    assert (slices.touched, list(slices.take_touched())) == (0, [])


def test_when_too_much_has_changed_the_sums_begin_anew() -> None:
    slices = Slices()
    epoch = slices.epoch
    assert list(slices.take_touched()) == []
    with patch.object(module, "_TOUCHED_AT_MOST", 4):
        for minute, touched in ((0, 2), (0, 2), (60, 4)):  # two cells, the same two again, two more
            take(slices, Counter({(minute, *OWNER, ATTEMPTS): 1}))
            assert (slices.epoch, slices.touched) == (epoch, touched)
        take(slices, Counter({(120, *OWNER, ATTEMPTS): 1}))
        assert (slices.epoch, slices.touched) == (epoch + 1, 0)


def test_an_owner_packs_to_the_same_bytes_wherever_it_was_met_first() -> None:
    one, other = Owners(), Owners()
    packed = one.pack(OWNER)
    assert other.unpack(packed) == OWNER
    assert other.unpack(packed) == OWNER
    assert other.pack(OWNER) == packed == one.pack(OWNER)
    assert one.same(bytes(bytearray(packed))) is packed
