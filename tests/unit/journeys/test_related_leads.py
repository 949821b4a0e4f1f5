"""Leads that are another one, leads that were none, and revised events: across partitions, and in any order."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.kpi.rules import DAY, HOUR
from tests.floor_in_memory import FloorInMemory

NOW = 1_781_085_600_000
NUMBER = "06 39 98 00 01"
Event = dict[str, Any]


def request(lead: str, at: int, **more: Any) -> Event:
    return {"id": f"r-{lead}", "type": "lead.requested", "lead": lead, "campaign": "roof", "at": at, **more}


def called(name: str, at: int, **more: Any) -> Event:
    return {
        "id": name, "type": "call.ended", "call": name, "direction": "outbound", "placed_at": at, "at": at, **more,
    }  # fmt: skip


def merged(lead: str, into: str, **more: Any) -> Event:
    return {"id": f"m-{lead}", "type": "lead.merged", "lead": lead, "into": into, "at": NOW - DAY, **more}


def floor_of(events: Any) -> FloorInMemory:
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=5).feed(events, batch=1)
    assert not floor.refused
    return floor


def counts(floor: FloorInMemory, **by: Any) -> tuple[int, int, int]:
    """Leads requested, attempts, and leads first called, of 30 days."""
    kpis = floor.kpis("30d", **by)
    return (
        kpis["leads_requested"]["value"],
        kpis["contact_rate"]["denominator"],
        kpis["lead_response_p50_attempt"]["denominator"],
    )


STORY = [
    request("L", NOW - 3 * DAY, campaign="solar", number=NUMBER),
    request("M", NOW - 2 * DAY),
    called("a", NOW - 2 * DAY, lead="L"),
    called("b", NOW - DAY, number=NUMBER),
]


def test_what_happened_to_a_merged_lead_happened_to_the_one_it_is_whichever_came_first() -> None:
    for events in itertools.permutations([*STORY, merged("L", "M")]):
        floor = floor_of(events)
        assert counts(floor) == counts(floor, campaign="solar") == (1, 2, 1)
        assert counts(floor.restart()) == (1, 2, 1)
        assert not floor.snapshot().leads
        assert floor.kpis("30d")["early_follow_ups"]["value"] == 0
        assert floor.kpis("30d", campaign="solar")["lead_to_customer"]["pending"] == 1


def test_a_merged_lead_may_be_merged_on_and_a_circle_of_leads_is_none() -> None:
    chain = [merged("L", "M"), merged("M", "N")]
    assert counts(floor_of([*STORY, *chain])) == counts(floor_of([*chain, *STORY])) == (1, 2, 1)
    circle = [*chain, merged("N", "L")]
    for events in ([*STORY, *circle], [*circle, *STORY], [*circle[:2], *STORY, *circle[2:]]):
        assert counts(floor_of(events)) == (0, 1, 0)  # the call to the number is the number's own


def test_the_earliest_merge_stands_and_a_revised_one_leads_elsewhere() -> None:
    other = merged("L", "N", id="m-2", at=NOW - 2 * DAY)
    revised = merged("L", "N", revision=1)
    for more in ([merged("L", "M"), other], [other, merged("L", "M")], [merged("L", "M"), revised], [revised]):
        floor = floor_of([*STORY, *more])
        assert counts(floor) == (2, 2, 1)
        assert [lead.lead for lead in floor.snapshot().leads] == ["M"]


def test_what_was_moved_to_a_lead_that_is_another_one_follows_a_revised_merge() -> None:
    through = [*STORY, merged("L", "M"), merged("M", "N")]
    floor = floor_of([*through, merged("M", "O", revision=1)])
    assert counts(floor) == (1, 2, 1)
    kinds = {key: {type(fact).__name__ for fact in facts} for key, facts in floor.journeys().items()}
    assert "Moved" in kinds[b"lO"]
    assert "Moved" not in kinds.get(b"lN", ())


@pytest.mark.parametrize(
    "taken_back",
    [
        [merged("L", "M"), merged("L", "N", id="m-2", at=NOW - 2 * DAY)],
        [request("L", NOW - 3 * DAY, campaign="solar", revision=1)],
        [request("L", NOW - 3 * DAY, campaign="solar", number="06 39 98 00 02", revision=1)],
    ],
    ids=["a merge by an earlier one", "a request's number", "a request's number for another"],
)
def test_what_a_number_passed_on_by_a_link_that_is_taken_back_stays_in_no_journey(taken_back: list[Event]) -> None:
    held = []
    for events in itertools.permutations([*STORY, *taken_back]):
        floor = floor_of(events)
        journeys = floor.journeys()
        held.append({key: journeys[key] for key in journeys if key[:1] == b"l"})
        assert counts(floor) == counts(floor_of([*STORY, *taken_back]))
        assert floor.restart().journeys() == journeys
    assert all(each == held[0] for each in held)


def test_a_link_that_is_taken_back_and_made_again_at_once_brings_all_of_the_number_again() -> None:
    """What moves to the lead is sent anew once a part of it is revised: the link goes, and comes, in one batch."""
    events = [
        request("L", NOW - 3 * DAY, number=NUMBER),
        merged("L", "M"),
        called("b", NOW - DAY, number=NUMBER, talk_s=60),
        called("c", NOW - HOUR, lead="L"),
        {"id": "q", "type": "lead.qualified", "lead": "L", "at": NOW - 2 * HOUR},
        {"id": "q", "type": "lead.qualified", "lead": "L", "at": NOW - 2 * HOUR, "rep": "ada", "revision": 1},
    ]
    right = floor_of(events)
    assert counts(right) == (1, 2, 1)
    assert [fact.id for fact in right.journeys()[b"lM"]] == ["r-L", "b", "q", "c"]
    for seed in range(80):
        chance = random.Random(seed)
        floor = FloorInMemory(clock=FixedClock(NOW), partitions=3)
        for event in events:
            floor.feed([event], batch=chance.choice((1, 3, 9)), chance=chance) if seed % 2 else floor.append(event)
        floor.drain(batch=chance.choice((1, 2, 3)), chance=chance)
        assert floor.journeys() == right.journeys(), seed
        assert floor.kpis("30d") == right.kpis("30d"), seed


def test_a_lead_that_is_itself_is_refused() -> None:
    floor = FloorInMemory(clock=FixedClock(NOW)).feed([merged("L", "L")])
    assert [str(refused) for refused in floor.refused] == ["into: the lead itself; write the lead that it is"]


def test_a_withdrawn_lead_counts_nowhere_and_its_number_is_a_lead_of_its_own_again() -> None:
    gone = {"id": "w", "type": "lead.withdrawn", "lead": "L", "at": NOW}
    for events in itertools.permutations([*STORY, gone]):
        floor = floor_of(events)
        assert counts(floor) == (1, 2, 0)
        assert counts(floor, campaign="solar") == (0, 0, 0)
        assert floor.kpis("30d")["penetration"]["denominator"] == 1
    assert counts(floor_of([*STORY, gone, merged("L", "M")])) == (1, 2, 1)  # it is that one, withdrawn or not


@pytest.mark.parametrize("at", [NOW + HOUR, NOW - HOUR])
def test_what_a_lead_is_holds_as_soon_as_it_is_known(at: int) -> None:
    assert counts(floor_of([*STORY, merged("L", "M", at=at)])) == (1, 2, 1)
    assert counts(floor_of([*STORY, {"id": "w", "type": "lead.withdrawn", "lead": "L", "at": at}])) == (1, 2, 0)


def test_the_greater_revision_of_an_event_stands_whichever_came_first() -> None:
    first = called("a", NOW - HOUR, lead="L", talk_s=60)
    second, third = ({**first, "talk_s": 1, "revision": n} for n in (1, 2))
    third |= {"talk_s": 90}
    for events in itertools.permutations([first, second, third]):
        floor = floor_of(events)
        assert floor.kpis("1h")["contact_rate"]["numerator"] in {0, 1}
        kpis = floor.kpis("today")["contact_rate"]
        assert (kpis["numerator"], kpis["denominator"]) == (1, 1)
    floor = floor_of([first, second])
    assert floor.kpis("today")["contact_rate"]["numerator"] == 0
    assert floor.floor.counts["revised",] == 1
    floor.feed([{**second, "talk_s": 60}])
    assert floor.kpis("today")["contact_rate"]["numerator"] == 0
    assert floor.floor.counts["conflicts",] == 1


def test_a_revised_call_of_a_number_reaches_its_leads_too() -> None:
    first = called("a", NOW - DAY, number=NUMBER)
    revised = {**first, "placed_at": NOW - 4 * DAY, "revision": 1}
    for events in itertools.permutations([request("L", NOW - 3 * DAY, number=NUMBER), first, revised]):
        assert counts(floor_of(events)) == (1, 1, 0)  # it was placed before the request


def test_a_request_that_is_revised_to_another_number_leaves_the_one_before() -> None:
    asked = request("L", NOW - 3 * DAY, number=NUMBER)
    revised = {**asked, "number": "06 39 98 00 02", "revision": 1}
    call = called("a", NOW - DAY, number=NUMBER)
    for events in itertools.permutations([asked, revised, call]):
        floor = floor_of(events)
        assert counts(floor) == (1, 1, 0)
        assert counts(floor, campaign="roof") == (1, 0, 0)
        assert [lead.lead for lead in floor.snapshot().leads] == ["L"]


def test_spend_is_revised_too() -> None:
    one = {"id": "s", "type": "spend.recorded", "campaign": "roof", "amount": "10.00", "currency": "EUR", "at": NOW}
    one |= {"from": NOW - HOUR, "to": NOW}
    for events in itertools.permutations([one, {**one, "amount": "12.00", "revision": 1}, request("L", NOW - HOUR)]):
        assert floor_of(events).kpis("today")["cost_per_lead"]["value"] == "12.0000"


def test_an_inbound_call_is_revised_in_its_queue() -> None:
    first = called("q", NOW - HOUR, lead="L", direction="inbound", queue="sales", talk_s=60, answered_at=NOW - HOUR)
    revised = {**first, "talk_s": 120, "revision": 1}
    for events in itertools.permutations([first, revised]):
        assert floor_of(events).kpis("today")["average_handle_time"]["value"] == 120
