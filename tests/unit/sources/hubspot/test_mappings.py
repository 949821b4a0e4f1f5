"""HubSpot's webhooks, as it documents them, become leads and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.mapping.loading import load_mapping
from tests.floor_in_memory import FloorInMemory

AT = 1_767_600_000_000
MINUTE = 60_000


def event(kind: str, minutes: float = 0, **fields: Any) -> dict[str, Any]:
    """Return one notification, with what HubSpot sends of each."""
    return {
        "eventId": 100,
        "subscriptionId": 1_166_707,
        "portalId": 1_706_050,
        "appId": 228_744,
        "occurredAt": AT + round(minutes * MINUTE),
        "subscriptionType": kind,
        "attemptNumber": 0,
        "objectId": 1246,
        "changeSource": "FORM",
        **fields,
    }


def changed(name: str, value: str, minutes: float, **fields: Any) -> dict[str, Any]:
    return event("contact.propertyChange", minutes, propertyName=name, propertyValue=value, **fields)


STORY = [
    event("contact.creation", changeFlag="NEW"),
    changed("phone", "06 39 98 00 01", 0.001),
    changed("hubspot_owner_id", "4711", 1, changeSource="CRM_UI"),
    changed("lifecyclestage", "salesqualifiedlead", 50, changeSource="CRM_UI"),
    changed("lifecyclestage", "customer", 59, changeSource="AUTOMATION_PLATFORM"),
]


def told(*payload: dict[str, Any], name: str = "hubspot") -> list[dict[str, Any]]:
    return list(load_mapping(name).events_of(list(payload)))


def test_a_contacts_way_from_the_form_to_the_customer() -> None:
    assert [(one["type"], one["lead"], one["at"] - AT) for one in told(*STORY)] == [
        ("lead.requested", "1246", 0),
        ("lead.requested", "1246", 60),
        ("lead.assigned", "1246", MINUTE),
        ("lead.qualified", "1246", 50 * MINUTE),
        ("lead.won", "1246", 59 * MINUTE),
    ]
    assert [one.get("number") for one in told(*STORY)][:2] == [None, "06 39 98 00 01"]
    assert {one["campaign"] for one in told(*STORY[:2])} == {"HubSpot forms"}
    assert told(STORY[2])[0]["rep"] == "4711"


def test_on_the_floor_a_call_to_its_number_answers_the_request() -> None:
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
    floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed([*told(*STORY), call])
    kpis = floor.kpis("today")
    assert not floor.refused
    for kpi in ("lead_response_within_5m_contact", "lead_to_customer", "opportunity_to_customer"):
        assert (kpis[kpi]["numerator"], kpis[kpi]["denominator"]) == (1, 1), kpi
    assert floor.kpis("today", rep="4711")["customers_closed"]["value"] == 1


def test_a_delivery_that_comes_again_changes_nothing_though_its_attempt_is_another() -> None:
    again = [{**one, "attemptNumber": 3, "eventId": 999} for one in STORY]
    assert told(*again) == told(*STORY)


def test_ids_are_hubspots_own_facts_as_its_event_ids_are_not_unique() -> None:
    ids = [one["id"] for one in told(*STORY)]
    assert len(set(ids)) == len(STORY)


@pytest.mark.parametrize(
    "notification",
    [
        event("contact.creation", changeSource="IMPORT"),
        event("company.creation"),
        event("deal.creation"),
        event("object.creation", objectTypeId="0-3"),
        changed("firstname", "Ada", 1),
        changed("phone", "", 1),
        changed("phone", "06 39 98 00 01", 1, changeSource="CRM_UI"),
        changed("lifecyclestage", "subscriber", 1),
        changed("hs_lead_status", "OPEN", 1),
    ],
)
def test_what_says_nothing_of_a_lead_is_left(notification: dict[str, Any]) -> None:
    assert told(notification) == []


def test_the_generic_form_of_notifications_is_read_too() -> None:
    (one,) = told(event("object.creation", objectTypeId="0-1"))
    assert (one["type"], one["lead"]) == ("lead.requested", "1246")


def test_an_unqualified_contact_is_lost() -> None:
    (one,) = told(changed("hs_lead_status", "UNQUALIFIED", 5))
    assert (one["type"], one["reason"]) == ("lead.lost", "unqualified")


def test_one_wrong_notification_costs_the_batch_nothing() -> None:
    wrong = {**STORY[3], "occurredAt": "soon"}
    events = load_mapping("hubspot").events_of([STORY[0], wrong, 3, STORY[4]])
    assert [next(events)["type"] for _ in range(2)] == ["lead.requested", "lead.won"]
    with pytest.raises(Refused, match=r'^at: "occurredAt": a string of 4 characters'):
        next(events)


def test_deals_are_read_by_a_mapping_of_their_own() -> None:
    deal = [
        event("deal.creation", changeSource="CRM_UI", objectId=77),
        event("deal.propertyChange", 1, objectId=77, propertyName="hubspot_owner_id", propertyValue="4711"),
        event("deal.propertyChange", 2, objectId=77, propertyName="dealstage", propertyValue="qualifiedtobuy"),
        event("deal.propertyChange", 3, objectId=77, propertyName="dealstage", propertyValue="closedwon"),
        event("deal.propertyChange", 4, objectId=78, propertyName="dealstage", propertyValue="closedlost"),
    ]
    assert [(one["type"], one["lead"]) for one in told(*deal, name="hubspot-deals")] == [
        ("lead.qualified", "deal-77"),
        ("lead.assigned", "deal-77"),
        ("lead.qualified", "deal-77"),
        ("lead.won", "deal-77"),
        ("lead.lost", "deal-78"),
    ]
    assert told(*deal) == []
    assert told(*STORY, name="hubspot-deals") == []
