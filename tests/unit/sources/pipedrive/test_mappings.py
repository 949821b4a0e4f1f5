"""Pipedrive's webhooks, as it documents both versions, become leads and what becomes of them, in any order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.mapping.loading import load_mapping
from tests.floor_in_memory import FloorInMemory

AT = 1_767_600_000_000
MINUTE = 60_000
ACTIONS = {"create": "added", "change": "updated", "delete": "deleted"}
VERSIONS = (1, 2)


def moment(minutes: float, version: int) -> str:
    at = datetime.fromtimestamp(AT / 1000 + 60 * minutes, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ" if version == 2 else "%Y-%m-%d %H:%M:%S")


def webhook(
    version: int,
    event: str,
    minutes: float,
    now: dict[str, Any] | None,
    before: dict[str, Any] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """Return a webhook with what Pipedrive sends of each; of what was before, version 2 has only what has changed."""
    action, _, entity = event.partition(".")
    number = (now or before or {}).get("id")
    at_ms = AT + round(minutes * MINUTE)
    if version == 2:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        changed = before if now is None else {k: v for k, v in (before or {}).items() if now.get(k) != v} or None
        return {
            "meta": {
                "action": action,
                "entity": entity,
                "company_id": "1",
                "correlation_id": "c",
                "entity_id": str(number),
                "id": "e",
                "is_bulk_edit": False,
                "timestamp": at,
                "type": "general",
                "user_id": "71",
                "version": "2.0",
                "change_source": "app",
                "attempt": 1,
                **meta,
            },
            "data": now,
            "previous": changed,
        }
    return {
        "v": 1,
        "meta": {
            "v": 1,
            "action": ACTIONS.get(action, action),
            "object": entity,
            "id": number,
            "timestamp": at_ms // 1000,
            "timestamp_micro": at_ms * 1000,
            "is_bulk_update": False,
            "pipedrive_service_name": False,
            **meta,
        },
        "retry": 0,
        "event": f"{ACTIONS.get(action, action)}.{entity}",
        "current": now,
        "previous": before,
    }


def person(version: int, **more: Any) -> dict[str, Any]:
    phones = [{"value": "01 99 00 00 09", "primary": False}, {"value": "06 39 98 00 01", "primary": True}]
    return {
        "id": 3,
        "name": "Jeanne",
        "owner_id": 71,
        "add_time": moment(0, version),
        "update_time": moment(0, version),
        "phones" if version == 2 else "phone": phones,
        **more,
    }


def deal(version: int, minutes: float = 30, /, **more: Any) -> dict[str, Any]:
    """Return a deal as it is after so many minutes."""
    owner = {"owner_id": 71} if version == 2 else {"user_id": 71}
    return {
        "id": 77,
        "title": "Roof",
        "person_id": 3,
        "status": "open",
        "stage_id": 1,
        "value": 1250.5,
        "currency": "EUR",
        "add_time": moment(30, version),
        "update_time": moment(minutes, version),
        "won_time": None,
        "lost_time": None,
        "lost_reason": None,
        "origin": "WebForms",
        **owner,
        **more,
    }


def told(version: int, *payloads: dict[str, Any], deals: bool = False) -> list[dict[str, Any]]:
    name = f"pipedrive{'' if version == 2 else '-v1'}{'-deals' if deals else ''}"
    return [event for payload in payloads for event in load_mapping(name).events_of(payload)]


def story(version: int) -> list[dict[str, Any]]:
    """Return a person, a deal, its owner, and that it was won, for more than was said at first."""
    owner = "owner_id" if version == 2 else "user_id"
    opened, given = deal(version), deal(version, 31, **{owner: 72})
    won = {**given, "status": "won", "won_time": moment(59, version), "update_time": moment(59, version)}
    more = {**won, "value": 4000, "update_time": moment(60, version)}
    return [
        webhook(version, "create.person", 0, person(version)),
        webhook(version, "create.deal", 30, opened),
        webhook(version, "change.deal", 31, given, opened),
        webhook(version, "change.deal", 59, won, given),
        webhook(version, "change.deal", 60, more, won),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_persons_way_from_the_request_to_the_customer(version: int) -> None:
    events = told(version, *story(version))
    assert [(one["type"], one["lead"], (one["at"] - AT) / MINUTE) for one in events] == [
        ("lead.requested", "person-3", 0),
        ("lead.qualified", "person-3", 30),
        ("lead.assigned", "person-3", 31),
        ("lead.won", "person-3", 59),
        ("lead.won", "person-3", 59),
    ]
    assert (events[0]["number"], events[0]["campaign"]) == ("06 39 98 00 01", "Pipedrive")
    assert (events[1]["opportunity"], events[2]["rep"]) == ("77", "72")
    assert [(one["amount"], one["currency"], one["rep"]) for one in events[3:]] == [
        ("1250.5", "EUR", "72"),
        ("4000", "EUR", "72"),
    ]
    assert events[3]["id"] == events[4]["id"]
    assert events[3]["revision"] < events[4]["revision"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("deals", [False, True])
def test_on_the_floor_a_call_to_the_persons_number_answers_the_request(version: int, deals: bool) -> None:
    call = {
        "id": "c1",
        "type": "call.ended",
        "call": "c1",
        "direction": "outbound",
        "placed_at": AT + 4 * MINUTE,
        "at": AT + 6 * MINUTE,
        "talk_s": 100,
        "number": "+33639980001",
    }
    payloads = story(version)
    if deals:  # the form makes person and deal at once
        payloads = [
            webhook(version, "create.person", 0, person(version)),
            *(_since_the_beginning(one, version) for one in payloads[1:]),
        ]
    for order in ([*payloads], payloads[::-1]):
        floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed([*told(version, *order, deals=deals), call])
        kpis = floor.kpis("today")
        assert not floor.refused
        for kpi in ("lead_response_within_5m_contact", "lead_to_customer"):
            assert (kpis[kpi]["numerator"], kpis[kpi]["denominator"]) == (1, 1), kpi
        assert floor.kpis("today", rep="72")["customers_closed"]["value"] == 1
        assert floor.snapshot().leads == []


def _since_the_beginning(payload: dict[str, Any], version: int) -> dict[str, Any]:
    block = "data" if version == 2 else "current"
    return {**payload, block: {**payload[block], "add_time": moment(0, version)}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("deals", [False, True])
def test_a_deal_has_its_last_outcome_in_whatever_order_changes_come(version: int, deals: bool) -> None:
    states = [
        deal(version),
        deal(version, 40, status="won", won_time=moment(40, version)),
        deal(version, 41),
        deal(version, 42, status="lost", lost_time=moment(42, version), lost_reason="Price"),
    ]
    payloads = [webhook(version, "create.deal", 30, states[0])]
    payloads += [
        webhook(version, "change.deal", 39 + n, states[n], states[n - 1]) for n in range(1, len(states))
    ]  # fmt: skip
    for last in range(2, 5):
        for order in permutations(payloads[:last]):
            floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed(told(version, *order, deals=deals))
            kpis = floor.kpis("today")
            assert (kpis["customers_closed"]["value"], kpis["leads_lost"]["value"]) == (last == 2, last == 4)
    (lost,) = told(version, payloads[3], deals=deals)
    assert lost["reason"] == "Price"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("written", "reason"), [("x" * 300, "x" * 200), ("Price\nand time", "Price"), (None, None)])
def test_a_reason_is_as_long_as_a_text_may_be(version: int, written: str | None, reason: str | None) -> None:
    lost = deal(version, 42, status="lost", lost_time=moment(42, version), lost_reason=written)
    (event,) = told(version, webhook(version, "change.deal", 42, lost, deal(version)))
    assert event.get("reason") == reason
    assert not FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed([event]).refused


@pytest.mark.parametrize("version", VERSIONS)
def test_a_deal_that_was_deleted_is_neither_won_nor_lost(version: int) -> None:
    won = deal(version, 40, status="won", won_time=moment(40, version))
    payloads = [
        webhook(version, "change.deal", 40, won, deal(version)),
        webhook(version, "delete.deal", 50, None, won),
    ]
    for order in permutations(payloads):
        floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed(told(version, *order))
        assert floor.kpis("today")["customers_closed"]["value"] == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("entity", "deals"), [("person", False), ("deal", True)])
def test_what_was_deleted_waits_for_no_call(version: int, entity: str, deals: bool) -> None:
    made = person(version) if entity == "person" else deal(version, person_id=None)
    payloads = [webhook(version, f"create.{entity}", 0, made), webhook(version, f"delete.{entity}", 9, None, made)]
    assert [one["type"] for one in told(version, *payloads, deals=deals)] == ["lead.requested", "lead.withdrawn"]
    for order in permutations(payloads):
        floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed(told(version, *order, deals=deals))
        assert floor.snapshot().leads == []


@pytest.mark.parametrize(("entity", "deals"), [("person", False), ("deal", True)])
def test_what_was_merged_lives_on_in_the_other(entity: str, deals: bool) -> None:
    made = person(2) if entity == "person" else deal(2, person_id=None)
    gone = webhook(2, f"delete.{entity}", 9, None, made, merged_to_id="4")
    kept = webhook(2, f"change.{entity}", 9, {**made, "id": 4}, {**made, "id": 4, "name": "x"}, merged_from_id="3")
    (merged,) = told(2, gone, deals=deals)
    assert (merged["type"], merged["lead"], merged["into"]) == ("lead.merged", f"{entity}-{made['id']}", f"{entity}-4")
    assert told(2, kept, deals=deals) == []
    payloads = [webhook(2, f"create.{entity}", 0, made), gone]
    floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed(told(2, *payloads, deals=deals))
    assert [one.lead for one in floor.snapshot().leads] == [f"{entity}-4"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_that_comes_or_changes_later_is_the_requests(version: int) -> None:
    key = "phones" if version == 2 else "phone"
    bare, first = person(version, **{key: []}), person(version)
    other = person(version, **{key: [{"value": "06 39 98 00 02", "primary": False}]})
    events = told(
        version,
        webhook(version, "create.person", 0, bare),
        webhook(version, "change.person", 1, first, bare),
        webhook(version, "change.person", 2, other, first),
        webhook(version, "change.person", 3, {**other, "name": "Anne"}, other),
    )
    assert [one.get("number") for one in events] == [None, "06 39 98 00 01", "06 39 98 00 02"]
    assert len({one["id"] for one in events}) == 1
    assert [one["revision"] for one in events] == sorted({one["revision"] for one in events})
    assert {one["at"] for one in events} == {AT}


def test_a_lead_of_the_inbox_is_its_persons_and_is_given_up_once_it_is_archived() -> None:
    lead = {"id": "a-b", "person_id": 3, "owner_id": 71, "add_time": moment(0, 2), "is_archived": False}
    made = webhook(2, "create.lead", 0, {**lead, "origin": "LiveChat"})
    archived = webhook(2, "change.lead", 5, {**lead, "is_archived": True}, lead)
    alone = webhook(2, "delete.lead", 6, None, {**lead, "person_id": None})
    found = told(2, made, archived, webhook(2, "delete.lead", 6, None, lead), alone)
    assert [(one["type"], one["lead"]) for one in found] == [
        ("lead.requested", "person-3"),
        ("lead.lost", "person-3"),
        ("lead.withdrawn", "lead-a-b"),
    ]
    assert (found[0]["channel"], found[1]["reason"]) == ("LiveChat", "archived")


@pytest.mark.parametrize("version", VERSIONS)
def test_who_was_imported_or_edited_in_bulk_has_asked_for_nothing(version: int) -> None:
    bulk: dict[str, Any] = {"is_bulk_edit": True} if version == 2 else {"is_bulk_update": True}
    assert told(version, webhook(version, "create.person", 0, person(version), **bulk)) == []
    imported = webhook(1, "create.person", 0, person(1), pipedrive_service_name="Import")
    assert told(1, imported) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_delivery_that_comes_again_changes_nothing(version: int) -> None:
    again = [{**one, "retry": 2, "meta": {**one["meta"], "attempt": 3}} for one in story(version)]
    assert told(version, *again) == told(version, *story(version))


def test_each_version_is_read_by_its_own_mapping() -> None:
    assert told(1, *story(2)) == []
    assert told(2, *story(1)) == []
