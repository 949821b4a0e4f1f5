"""State cannot take another form, or be read as another number, under the number of its form."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from stream.journeys.state_schema import STATE_SCHEMA
from stream.kpi import measures as m
from stream.kpi.codes import LAST, detail_of, ripe_of
from stream.kpi.facts import Fact
from tests.unit.journeys.golden_state import folded, numbers_of, read, restored, schemas, state_of

FIRST = 3
WHAT_TO_DO = (
    "Where that is meant, raise STATE_SCHEMA in stream/journeys/state_schema.py, run "
    "`python -m tests.unit.journeys.golden_state`, keep the older folders, and say in CHANGELOG.md that "
    "`ringboard rebuild` is needed."
)
NOT_IN_THE_EXAMPLE: dict[str, str] = {
    "simulated": "the example is of real events; tests/unit/journeys/test_simulated.py holds that it is restored",
}
"""Measures that no example can have, each with the reason."""

MADE_BY_NO_EVENT = {
    "Erased": "tests/unit/journeys/test_erasing.py holds its bytes, and that they are read again",
    "Gone": "it is sent, and kept in no journey",
}
"""Facts that no event makes, each with what holds their form."""


def test_there_is_an_example_of_every_form_and_the_latest_is_that_of_now() -> None:
    assert schemas() == list(range(FIRST, STATE_SCHEMA + 1)), (
        f"tests/unit/journeys/golden/ must have a folder for each number of {FIRST} to {STATE_SCHEMA} (STATE_SCHEMA) "
        "and no other: run `python -m tests.unit.journeys.golden_state` for a new one, and keep the older ones"
    )


def test_the_fold_writes_the_very_bytes_that_it_wrote_when_the_number_was_given() -> None:
    found, right = state_of(folded(STATE_SCHEMA)), read(STATE_SCHEMA, "state")
    other = {
        f"{place} {key}"
        for place in found.keys() | right.keys()
        for key in found.get(place, {}).keys() | right.get(place, {}).keys()
        if found.get(place, {}).get(key) != right.get(place, {}).get(key)
    }
    assert not other, (
        f"the fold writes {len(other)} records in another form than schema {STATE_SCHEMA} has. {WHAT_TO_DO}"
    )


def test_state_of_this_number_is_read_as_the_very_numbers_that_it_was_read_as() -> None:
    found, right = numbers_of(restored(read(STATE_SCHEMA, "state"))), read(STATE_SCHEMA, "numbers")
    other = [
        f"{name} ({place}): {numbers} became {found[place].get(name)}"
        for place, kpis in right.items()
        for name, numbers in kpis.items()
        if found[place].get(name) != numbers
    ]
    assert not other, (
        f"state of schema {STATE_SCHEMA} is read as other numbers than it was, such as {other[0]}. {WHAT_TO_DO}"
    )


def test_a_floor_that_was_restored_has_what_one_that_was_told_all_of_it_has() -> None:
    assert numbers_of(restored(read(STATE_SCHEMA, "state"))) == numbers_of(folded(STATE_SCHEMA))


def in_example() -> set[tuple[int, bool, bool]]:
    """Return each number of a measure in the slices, whether with a minute of ripening, and whether with a detail."""
    found = set()
    for cell in restored(read(STATE_SCHEMA, "state")).cells().values():
        for code in cell:
            minute, plain = ripe_of(code)
            detailed = isinstance(plain, str)
            found.add((detail_of(plain)[0] if isinstance(plain, str) else plain, minute > 0, detailed))
    assert all(0 < number <= LAST for number, _, _ in found)
    return found


@pytest.mark.parametrize("name", [measure.name for measure in m.TABLE])
def test_every_measure_is_in_the_example(name: str) -> None:
    measure = next(one for one in m.TABLE if one.name == name)
    numbers = {(number, detailed) for number, _, detailed in in_example()}
    there = any((number, False) in numbers for number in measure.numbers)
    by_detail = measure.detail is None or any((number, True) in numbers for number in measure.numbers)
    assert (there and by_detail) != (name in NOT_IN_THE_EXAMPLE), (
        f"no slice of the example counts the measure {name!r}"
        f"{'' if measure.detail is None else f', plain and by {measure.detail}'}: count it in stream/kpi/, and add "
        f"events that it counts to tests/unit/journeys/golden/{STATE_SCHEMA}/events.ndjson, or say in "
        "NOT_IN_THE_EXAMPLE why none can"
    )


def test_the_example_has_every_limit_and_clock_what_ripens_and_every_form_of_an_owner() -> None:
    found = in_example()
    responses = {first + index for first in (m.IN_TIME, m.LATE) for index in range(8)}
    assert responses <= {number for number, _, _ in found}
    delays = {m.DELAY + m.delay_index(reached, clock) for reached, clock in product((0, 1), (0, 1))}
    assert delays <= {m.DELAY + (number - m.DELAY) // 16 * 16 for number, _, _ in found}
    assert {(m.MISSED, False), (m.LATE, False), (m.LATE, True), (m.COLD, False), (m.RISKS_KEPT, False)} <= {
        (number, detailed) for number, ripens, detailed in found if ripens
    }
    owners = {owner for _, owner in restored(read(STATE_SCHEMA, "state")).cells()}
    forms = {tuple(part is not None for part in owner) for owner in owners}
    assert forms == set(product((False, True), repeat=3))


def test_the_example_has_every_kind_of_fact() -> None:
    floor = restored(read(STATE_SCHEMA, "state"))
    kinds = {type(fact).__name__ for facts in floor.journeys().values() for fact in facts}
    kinds |= {type(spend).__name__ for spend in floor.snapshot().spends}
    missing = {kind.__name__ for kind in get_args(Fact)} - kinds - MADE_BY_NO_EVENT.keys()
    assert not missing, (
        f"no journey of the example has a fact {sorted(missing)}: add an event that makes one to "
        f"tests/unit/journeys/golden/{STATE_SCHEMA}/events.ndjson"
    )
