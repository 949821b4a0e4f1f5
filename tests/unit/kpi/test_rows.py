"""Rows and their difference: what is equal before and after is passed over, and the rest is counted."""

from __future__ import annotations

import random

from stream.kpi.cells import NOBODY, NOTHING, Deltas, Row, Rows, cells_of
from stream.kpi.codes import detailed, ripening
from stream.kpi.rows import add_difference, add_part, add_rows, decided_until

ANA = ("spring", "blue", "ana")
BOB = ("spring", "blue", "bob")


def difference(before: list[Row], after: list[Row]) -> Deltas:
    deltas: Deltas = {}
    add_part(before, after, deltas)
    changed = {
        owner: {minute: cell for minute, cell in cells.items() if any(cell.values())} for owner, cells in deltas.items()
    }
    return {owner: cells for owner, cells in changed.items() if cells}


def test_each_code_of_a_row_counts_once_for_its_minute_and_owner() -> None:
    deltas: Deltas = {}
    add_rows([(5, ANA, (1, 2)), (5, ANA, (2, "16|web"))], deltas, 1)
    add_rows([(5, BOB, (1,))], deltas, -1)
    assert deltas == {ANA: {5: {1: 1, 2: 2, "16|web": 1}}, BOB: {5: {1: -1}}}


def test_a_row_that_holds_a_place_counts_nothing() -> None:
    deltas: Deltas = {}
    add_rows([NOTHING], deltas, 1)
    assert deltas == {}
    assert NOTHING == (0, NOBODY, ())


def test_what_limits_decide_from_a_minute_on_is_left_out() -> None:
    nine, ten = ripening(9, 600), ripening(10, 601)
    rows: Rows = ([(599, ANA, (1,)), (0, ANA, (ten,)), (~10, ANA, (nine, ten, detailed(ten, "web")))], [])
    assert decided_until(rows, None) is rows
    assert decided_until(rows, 601 * 60_000) == ([*rows[0][:2], (~10, ANA, (nine,))], [])
    assert decided_until(rows, 601 * 60_000 - 1) == ([*rows[0][:2], (~10, ANA, ())], [])
    assert decided_until(rows, 602 * 60_000) == rows


def test_what_is_equal_at_one_place_is_not_even_looked_into() -> None:
    deltas: Deltas = {}
    add_part([(5, ANA, (1,))], [(5, ANA, (1,))], deltas)
    assert deltas == {}


def test_what_was_is_taken_away_and_what_is_is_added() -> None:
    assert difference([(5, ANA, (1, 10))], [(5, ANA, (1, 9))]) == {ANA: {5: {1: 0, 10: -1, 9: 1}}}
    assert difference([(5, ANA, (1,))], [(5, BOB, (1,))]) == {ANA: {5: {1: -1}}, BOB: {5: {1: 1}}}
    assert difference([(5, ANA, (1,))], [(6, ANA, (1,))]) == {ANA: {5: {1: -1}, 6: {1: 1}}}


def test_rows_beyond_the_shorter_list_are_added_or_taken_away() -> None:
    one, two, three = (5, ANA, (1,)), (6, ANA, (2,)), (7, BOB, (3,))
    assert difference([one], [one, two, three]) == {ANA: {6: {2: 1}}, BOB: {7: {3: 1}}}
    assert difference([one, two, three], [one]) == {ANA: {6: {2: -1}}, BOB: {7: {3: -1}}}
    assert difference([], []) == {}


def test_parts_are_compared_one_by_one_and_a_journey_without_any_is_nothing() -> None:
    rows: Rows = [(5, ANA, (1,))], [(6, BOB, (2,))]
    none: Rows = ()
    for before, after, sign in ((none, rows, 1), (rows, none, -1)):
        deltas: Deltas = {}
        add_difference(before, after, deltas)
        assert deltas == {ANA: {5: {1: sign}}, BOB: {6: {2: sign}}}


def test_the_difference_is_that_of_the_sums_however_the_rows_stand() -> None:
    chance = random.Random(4)
    pool: list[Row] = [(minute, owner, (code,)) for minute in (1, 2) for owner in (ANA, BOB) for code in (1, 2, "3|x")]
    for _ in range(50):
        before, after = (chance.choices(pool, k=chance.randint(0, 5)) for _ in range(2))
        plain: Deltas = {}
        for rows, sign in ((before, -1), (after, 1)):
            add_rows(rows, plain, sign)
        found: Deltas = {}
        add_part(before, after, found)
        assert nonzero(found) == nonzero(plain)


def nonzero(deltas: Deltas) -> set[tuple[object, ...]]:
    return {
        (owner, minute, code, n)
        for owner, cells in deltas.items()
        for minute, cell in cells.items()
        for code, n in cell.items()
        if n
    }


def test_the_part_of_an_owner_is_made_once_and_then_is_the_same() -> None:
    deltas: Deltas = {}
    cells_of(deltas, ANA)[5] = {1: 7}
    assert cells_of(deltas, ANA) is deltas[ANA]
    assert cells_of(deltas, BOB) == {}
    assert deltas == {ANA: {5: {1: 7}}, BOB: {}}
