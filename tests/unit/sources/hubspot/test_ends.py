"""What HubSpot merges and deletes waits for no call any more, and a deal has one outcome in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.unit.sources.hubspot.test_mappings import AT, MINUTE, event, told


def merge(kept: int, *merged: int, primary: int = 1, **fields: Any) -> dict[str, Any]:
    more = {"primaryObjectId": primary, "mergedObjectIds": list(merged), "newObjectId": kept}
    return event("contact.merge", 5, objectId=kept, numberOfPropertiesMoved=3, **more, **fields)


def waiting(*payload: dict[str, Any], order: tuple[int, ...] | None = None) -> list[str]:
    events = told(*payload)
    floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed([events[i] for i in order] if order else events)
    assert not floor.refused
    return sorted(one.lead for one in floor.snapshot().leads)


REQUESTS = [event("contact.creation", objectId=one) for one in (1, 2, 3)]


@pytest.mark.parametrize(
    ("notification", "left"),
    [
        (merge(1, 2), ["1", "3"]),
        (merge(1, 1, 2, 3), ["1"]),
        (merge(4, 2), ["3", "4"]),
        (merge(2, 1, primary=2), ["2", "3"]),
        ({**merge(1, 2), "newObjectId": None}, ["1", "3"]),
        (event("contact.deletion", 5, objectId=2, changeFlag="DELETED"), ["1", "3"]),
        (event("contact.privacyDeletion", 5, objectId=2), ["1", "3"]),
        ({**merge(1, 2), "subscriptionType": "object.merge", "objectTypeId": "0-1"}, ["1", "3"]),
        (event("object.deletion", 5, objectId=2, objectTypeId="0-1"), ["1", "3"]),
        (event("object.deletion", 5, objectId=2, objectTypeId="0-3"), ["1", "2", "3"]),
    ],
)
def test_what_is_merged_or_deleted_waits_no_more(notification: dict[str, Any], left: list[str]) -> None:
    assert waiting(*REQUESTS, notification) == left
    assert waiting(notification, *REQUESTS) == left


def test_a_contact_that_is_merged_and_then_deleted_lives_on_in_the_other() -> None:
    assert waiting(REQUESTS[1], merge(1, 2), event("contact.deletion", 5, objectId=2)) == ["1"]


def test_a_deal_has_the_outcome_of_its_last_stage_in_whatever_order_they_come() -> None:
    def stage(name: str, minutes: int) -> dict[str, Any]:
        return event("deal.propertyChange", minutes, objectId=77, propertyName="dealstage", propertyValue=name)

    created = event("deal.creation", changeSource="CRM_UI", objectId=77)
    stages = [stage("closedwon", 2), stage("qualifiedtobuy", 3), stage("closedlost", 4)]
    for last in range(1, 4):
        for order in permutations([created, *stages[:last]]):
            floor = FloorInMemory(clock=FixedClock(AT + 61 * MINUTE)).feed(told(*order, name="hubspot-deals"))
            kpis = floor.kpis("today")
            assert kpis["customers_closed"]["value"] == (last == 1)
            assert kpis["leads_lost"]["value"] == (last == 3)
            assert kpis["opportunity_to_customer"]["numerator"] == (last == 1)


def test_deals_are_merged_and_deleted_by_their_own_ids() -> None:
    merged = {**merge(77, 78, primary=77), "subscriptionType": "deal.merge"}
    gone = event("deal.deletion", 6, objectId=79)
    found = [(one["type"], one["lead"], one.get("into")) for one in told(merged, gone, name="hubspot-deals")]
    assert found == [("lead.merged", "deal-78", "deal-77"), ("lead.withdrawn", "deal-79", None)]
    assert told(merged, gone) == []
