"""Whoever is erased from whatever history: the numbers stay, nothing of them does, and a rebuild says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from stream.journeys.erasing import encode_erasure
from stream.kpi.facts import Erased
from stream.persons.erase import erasures_of
from stream.persons.holdings import Holdings
from stream.persons.person import Person, owner_of
from tests.floor_in_memory import FloorInMemory
from tests.reference.histories import random_history
from tests.unit.journeys.test_erasing import decided

if TYPE_CHECKING:
    import random

    from tests.reference.histories import History

LENIENT = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def floor_of(history: History) -> FloorInMemory:
    return FloorInMemory.like(history.config, history.as_of)


def person_in(floor: FloorInMemory, chance: random.Random) -> Person:
    """Return somebody who has a journey, with all leads and numbers that are theirs."""
    journeys = {key: facts for key, facts in floor.journeys().items() if key[:1] in b"lnc"}
    kind, name = owner_of(chance.choice(sorted(journeys)))
    person = Person()
    {"lead": person.leads, "number": person.numbers, "customer": person.customers}[kind].add(name)
    known: set[str] = set()
    while known != (known := person.names()):
        for key, facts in journeys.items():
            if owner_of(key) in {(who.kind, who.name) for who in person.everyone()}:
                person.learn(owner_of(key)[0], facts)
    return person


def erase(floor: FloorInMemory, person: Person) -> None:
    """Write what `ringboard person erase` writes."""
    mine = {who.key for who in person.everyone()}
    holdings = Holdings(person, {key: facts for key, facts in floor.journeys().items() if key in mine})
    for erasure in erasures_of(floor.settings, holdings, floor.clock.now_ms()):
        for topic in erasure.topics:
            floor.send(topic, erasure.name.encode(), encode_erasure(erasure))


def of_them(floor: FloorInMemory, person: Person) -> list[object]:
    """Return what is known of a person but for marks that they were erased."""
    mine = {who.key for who in person.everyone()}
    return [
        fact
        for key, facts in floor.journeys().items()
        if key.partition(b"\0")[0] in mine and key[:1] in b"lnc"
        for fact in facts
        if not (type(fact) is Erased and fact.done and not fact.heard)
    ]


def rebuilt(floor: FloorInMemory, history: History, chance: random.Random) -> FloorInMemory:
    """Return a floor that has folded the same log again, its partitions in another order."""
    anew = floor_of(history)
    names = floor.floor.topics
    for place, records in floor.logs.items():
        if place[0] not in {names.links.name, names.rejected.name}:
            anew.logs[place] = list(records)
    anew.drain(batch=7, chance=chance)
    return anew.settle()


@LENIENT
@given(st.integers(0, 10**6), st.randoms(use_true_random=False), st.booleans())
def test_the_numbers_stay_and_a_rebuild_in_any_order_says_the_same(
    seed: int, chance: random.Random, again: bool
) -> None:
    history = random_history(seed, 70)
    floor = floor_of(history)
    floor.feed(history.events, batch=20, chance=chance)
    floor.settle()
    before = floor.cells()
    # Where contents under one id differ, the first in the log stands, and a rebuild may read another one first.
    assume(rebuilt(floor, history, chance).cells() == before)
    person = person_in(floor, chance)
    assert of_them(floor, person)
    erase(floor, person)
    if again:
        erase(floor, person)  # before the first one is read, and of the same moment
    floor.drain(batch=5, chance=chance)
    ahead = {fact.at for facts in floor.journeys().values() for fact in facts if fact.at > floor.clock.now_ms()}
    if not ahead:
        assert of_them(floor, person) == []
    now = floor.clock.now_ms()
    assert decided(floor.cells(), now) == decided(before, now)

    anew = rebuilt(floor, history, chance)
    assert anew.cells() == floor.cells()
    if not ahead:
        assert of_them(anew, person) == []


@LENIENT
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_what_is_sent_again_changes_nothing(seed: int, chance: random.Random) -> None:
    history = random_history(seed, 60)
    floor = floor_of(history)
    floor.feed(history.events)
    floor.settle()
    person = person_in(floor, chance)
    erase(floor, person)
    floor.drain()
    before, journeys = floor.cells(), floor.journeys()
    floor.feed(history.events, batch=11, chance=chance)
    assert floor.cells() == before
    assert floor.journeys() == journeys
