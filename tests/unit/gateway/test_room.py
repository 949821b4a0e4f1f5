"""The room of a gateway: what each may hold of it, and that all of it is given back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.gateway.room import (
    REQUESTS,
    STRANGERS_OF_A_CLIENT,
    STRANGERS_OF_A_SOURCE,
    Place,
    Room,
    bytes_for,
)
from stream.web.http_refusal import HttpRefusalError

BODY = 4 * 1_048_576


def strangers(room: Room, count: int, source: str, client: str) -> list[Place]:
    places = [Place(room, source, client) for _ in range(count)]
    for place in places:
        place.enter()
    return places


def test_the_oldest_of_the_client_that_has_most_is_given_up_for_the_next() -> None:
    room = Room(BODY)
    few = strangers(room, 2, "twilio", "an honest one")
    many = strangers(room, STRANGERS_OF_A_CLIENT, "twilio", "a slow one")
    others = strangers(room, STRANGERS_OF_A_SOURCE - STRANGERS_OF_A_CLIENT - 2, "twilio", "another")
    cut: list[str] = []
    many[0].on_give_up = lambda: cut.append("the first")
    (late,) = strangers(room, 1, "twilio", "a third")
    assert (cut, many[0].given_up) == (["the first"], True)
    assert not any(place.given_up for place in [*few, *others, *many[1:], late])
    assert len(room.strangers["twilio"]) == STRANGERS_OF_A_SOURCE
    strangers(room, 1, "aircall", "a slow one")
    assert not many[1].given_up


def test_the_bytes_of_known_senders_are_bounded_by_client_by_source_and_in_all() -> None:
    room, most = Room(BODY), bytes_for(BODY)
    held = 0
    for source in ("a", "b"):
        for client in ("1", "2"):
            place = Place(room, source, client)
            place.know()
            with suppress(HttpRefusalError):
                while True:
                    place.grow(65_536)
                    held += 65_536
    assert room.held_bytes == held == most.in_all
    assert most.of_client < most.of_source < most.in_all
    assert most.of_client >= BODY


def test_a_stranger_who_is_known_brings_his_bytes_along() -> None:
    room = Room(BODY)
    (place,) = strangers(room, 1, "twilio", "x")
    place.grow(900)
    assert (room.strangers_bytes, room.bytes.in_all) == (900, 0)
    place.know()
    assert (room.strangers_bytes, room.bytes.in_all, room.requests.in_all) == (0, 900, 1)
    assert len(room.strangers["twilio"]) == 0
    place.leave()
    assert (room.held_bytes, room.requests.in_all) == (0, 0)


def test_one_source_leaves_room_for_the_others() -> None:
    room = Room(BODY)
    for number in range(REQUESTS.of_source):
        Place(room, "crm", str(number)).know()
    with pytest.raises(HttpRefusalError, match="too many requests at once"):
        Place(room, "crm", "one more").know()
    Place(room, "events", "one more").know()


STEPS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["enter", "know", "grow", "leave"])), max_size=60)


@given(STEPS)
def test_whatever_happens_all_of_it_is_given_back(steps: list[tuple[int, str]]) -> None:
    room = Room(1)
    places = [Place(room, "ab"[number % 2], "xyz"[number % 3]) for number in range(10)]
    done: set[tuple[int, str]] = set()
    for number, step in steps:
        place = places[number]
        if step == "grow":
            with suppress(HttpRefusalError):
                place.grow(1_000_000)
        elif step == "leave":
            place.leave()
        elif (number, step) not in done and not place.known:
            done.add((number, step))
            with suppress(HttpRefusalError):
                getattr(place, step)()
        assert room.bytes.in_all <= bytes_for(1).in_all
    for place in places:
        place.leave()
    assert (room.held_bytes, room.requests.in_all) == (0, 0)
    assert not any(map(len, room.strangers.values()))
    for share in (room.bytes, room.requests):
        assert not +share._of_source
        assert not share._of_client
