"""Leads of Google Ads come with the key in their body, and become requests with their number, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stream.mapping.loading import load_mapping
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

KEY = "the key that the form was given"
PATH = "/v1/sources/ads"
LEAD = {
    "lead_id": "TeSter-123-" + "AaBbCcDdEe" * 30,  # as long as Google's own sample
    "api_version": "1.0",
    "form_id": 40000000000,
    "campaign_id": 20000000000,
    "google_key": KEY,
    "is_test": False,
    "gcl_id": "click",
    "adgroup_id": 20000000001,
    "creative_id": 30000000000,
    "lead_submit_time": "2026-01-05T07:59:00Z",
    "user_column_data": [
        {"column_name": "Full Name", "string_value": "Jeanne Martin", "column_id": "FULL_NAME"},
        {"column_name": "User Phone", "string_value": "+33639980001", "column_id": "PHONE_NUMBER"},
        {"column_name": "User Email", "string_value": "jeanne@example.com", "column_id": "EMAIL"},
    ],
}


async def served_with_it(serve: Serve) -> Served:
    return await serve(gateway_sources={"ads": {"mapping": "google-ads-leads", "key": KEY}})


def told(**more: Any) -> dict[str, Any]:
    (one,) = load_mapping("google-ads-leads").events({**LEAD, **more})
    return one


def test_a_lead_is_a_request_with_its_number_and_campaign() -> None:
    one = told()
    assert (one["type"], one["number"], one["campaign"], one["channel"], one["at"]) == (
        "lead.requested",
        "+33639980001",
        "20000000000",
        "Google Ads",
        NOW - 60_000,
    )
    assert one["lead"].startswith("sha256-")
    assert told(lead_id="L-1")["lead"] == "L-1"


def test_a_number_at_work_is_one_and_a_form_may_ask_for_none() -> None:
    work = [{"string_value": "+33199000001", "column_id": "WORK_PHONE"}]
    assert told(user_column_data=work)["number"] == "+33199000001"
    assert "number" not in told(user_column_data=[])


async def test_a_lead_is_answered_as_google_wants_and_counts_once(serve: Serve) -> None:
    served = await served_with_it(serve)
    for _ in range(2):
        assert await served.post(PATH, LEAD) == (200, {})
    events = served.broker.of("events")
    assert len({one["id"] for one in events}) == 1
    assert events[0]["number"].startswith("num_")
    text = str(served.broker.records)
    assert all(private not in text for private in (KEY, "Jeanne", "639980001", "jeanne@"))


async def test_of_a_lead_without_a_time_the_moment_counts_at_which_it_came(serve: Serve) -> None:
    served = await served_with_it(serve)
    before = {name: value for name, value in LEAD.items() if name != "lead_submit_time"}
    assert await served.post(PATH, before) == (200, {})
    assert [one["at"] for one in served.broker.of("events")] == [NOW]


async def test_a_test_lead_is_answered_and_is_no_request(serve: Serve) -> None:
    served = await served_with_it(serve)
    assert await served.post(PATH, {**LEAD, "is_test": True}) == (200, {})
    assert served.broker.of("events") == []


@pytest.mark.parametrize("key", ["another key of sixteen or more", "", None, 7, [KEY]])
async def test_who_has_not_the_key_is_turned_away(serve: Serve, key: Any) -> None:
    served = await served_with_it(serve)
    status, answer = await served.post(PATH, {**LEAD, "google_key": key}, headers={"X-Api-Key": KEY})
    assert (status, served.broker.records) == (401, [])
    assert KEY not in str(answer)
