"""What became of a lead: one outcome under an id that rules share, merges, and what ids and conditions may be."""

from __future__ import annotations

import hashlib
from itertools import permutations

import pytest

from stream.clock import FixedClock
from stream.mapping.wrong import WrongError
from tests.floor_in_memory import FloorInMemory
from tests.unit.mapping.writing import lead_lost, mapping, only

AT = 1_767_200_640_000


@pytest.mark.parametrize(("given", "applies"), [("00Q5e1", True), (" 00Q5e1 ", True), ("0065e1", False), ("", False)])
def test_a_condition_may_be_a_regular_expression(given: str, applies: bool) -> None:
    told = lead_lost('when = { id = { match = "^00Q" } }')
    assert bool(list(told.events({"lead": "L", "at": AT, "id": given}))) is applies
    with pytest.raises(WrongError, match=r"^a string of 1 character that is no regular expression"):
        lead_lost('when = { id = { match = "(" } }')


def test_a_condition_may_compare_what_is_now_with_what_was() -> None:
    told = lead_lost('when = { "now.owner" = { differs_from = "before.owner" } }')
    for now, before, applies in [({"owner": 7}, {"owner": "8"}, True), ({"owner": 7}, {"owner": "7 "}, False)]:
        assert bool(list(told.events({"lead": "L", "at": AT, "now": now, "before": before}))) is applies
    assert list(told.events({"lead": "L", "at": AT, "now": {"owner": 7}}))
    assert not list(told.events({"lead": "L", "at": AT}))


def test_a_condition_may_ask_whether_a_key_is_there_though_it_is_empty() -> None:
    told = lead_lost('when = { "before.owner" = { named = true } }')
    for before, applies in [({"owner": None}, True), ({"owner": ""}, True), ({"name": "x"}, False), (None, False)]:
        assert bool(list(told.events({"lead": "L", "at": AT, "before": before}))) is applies
    assert list(told.events({"lead": "L", "at": AT, "before.owner": ""}))
    with pytest.raises(WrongError, match=r"^a whole number; write true or false"):
        lead_lost('when = { "before.owner" = { named = 1 } }')


OUTCOME = """
    name = "crm"

    [[events]]
    type = "lead.won"
    when = { status = "won" }
    shared_id = "deal-{id}"
    revision = "{version}"
    lead = "{id}"
    at = "{at}"

    [[events]]
    type = "lead.lost"
    when = { status = "lost" }
    shared_id = "deal-{id}"
    revision = "{version}"
    lead = "{id}"
    at = "{at}"
"""


def test_an_id_may_be_shared_by_events_of_several_types_so_that_the_latest_stands_in_any_order() -> None:
    told = mapping(OUTCOME)
    request = {"id": "r", "type": "lead.requested", "at": AT, "lead": "7", "campaign": "Spring"}
    records = [
        {"id": "7", "status": "won", "version": "3", "at": AT},
        {"id": "7", "status": "lost", "version": "5", "at": AT},
        {"id": "7", "status": "lost", "version": "4", "at": AT},
    ]
    events = [event for record in records for event in told.events(record)]
    assert {one["id"] for one in events} == {"crm:shared:deal-7"}
    for order in permutations(events):
        floor = FloorInMemory(clock=FixedClock(AT + 60_000)).feed([request, *order])
        assert floor.kpis("today")["lead_to_customer"]["numerator"] == 0
        assert floor.kpis("today")["leads_lost"]["value"] == 1


def test_a_shared_id_needs_a_revision_and_no_other_id() -> None:
    with pytest.raises(WrongError, match=r"^missing, and shared_id needs it: the greater stands"):
        lead_lost('shared_id = "{lead}"')
    with pytest.raises(WrongError, match=r"^beside shared_id, which is the id; leave one of them out"):
        lead_lost('shared_id = "{lead}"\nid = "{lead}"\nrevision = "{v}"')
    with pytest.raises(WrongError, match=r'^a string of 1 character; write what no two .*: shared_id = "'):
        lead_lost('shared_id = "x"\nrevision = "{v}"')


def test_a_lead_that_is_merged_into_itself_is_passed_over() -> None:
    told = mapping("""
        name = "crm"

        [[events]]
        type = "lead.merged"
        repeat = { each = "ids" }
        lead = "{#each}"
        into = "{kept}"
        at = "{at}"
    """)
    merged = list(told.events({"ids": [1, 2, 3], "kept": 2, "at": AT}))
    assert [(one["lead"], one["into"]) for one in merged] == [("1", "2"), ("3", "2")]


def test_an_id_that_is_longer_than_a_field_can_be_is_told_by_its_digest() -> None:
    long = "Q" * 1_000
    (one,) = lead_lost().events({"lead": long, "at": AT})
    assert one["lead"] == "sha256-" + hashlib.sha256(long.encode()).hexdigest()
    assert only(lead_lost(), {"lead": "Q" * 200, "at": AT})["lead"] == "Q" * 200
