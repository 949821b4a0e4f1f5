"""Webhooks of one's own are read by their mapping, and those of HubSpot by their signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve, Served

SHARED = "the words that the tests share"
HUBSPOT = {"hubspot": {"mapping": "hubspot", "key": SHARED, "signed": "hubspot"}}
PATH = "/v1/sources/hubspot"
MAPPING = """
name = "crm"
[[events]]
type = "lead.lost"
at = { from = "at", time = "epoch-ms" }
lead = "{id}"
"""


def notification(lead: int, **fields: Any) -> dict[str, Any]:
    return {
        "eventId": 1,
        "occurredAt": NOW - 1000,
        "subscriptionType": "contact.creation",
        "objectId": lead,
        "changeSource": "FORM",
        **fields,
    }


def signed(url: str, body: bytes, at: int = NOW, key: str = SHARED) -> dict[str, str]:
    """Sign as HubSpot documents it, apart from how the gateway does."""
    text = b"POST" + url.encode() + body + str(at).encode()
    made = base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()
    return {"X-HubSpot-Signature-v3": made, "X-HubSpot-Request-Timestamp": str(at)}


def leads(served: Served) -> list[str]:
    return [one["lead"] for one in served.broker.of("events")]


async def test_a_batch_that_hubspot_signed_is_taken_whole(serve: Serve) -> None:
    served = await serve(gateway_sources=HUBSPOT)
    body = orjson.dumps([notification(1), notification(2)])
    assert await served.post(PATH, body, headers=signed(served.url + PATH, body)) == (204, None)
    assert leads(served) == ["1", "2"]


async def test_behind_a_proxy_the_signature_is_of_the_address_that_hubspot_was_given(serve: Serve) -> None:
    served = await serve(gateway_sources=HUBSPOT, gateway_public_url="https://calls.example.com")
    body = orjson.dumps([notification(1)])
    url = "https://calls.example.com" + PATH
    assert (await served.post(PATH + "?a=%3A%40", body, headers=signed(url + "?a=:@", body)))[0] == 204
    assert (await served.post(PATH, body, headers=signed(served.url + PATH, body)))[0] == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"at": NOW - 5 * 60_000 - 1},
        {"at": NOW + 5 * 60_000 + 1},
        {"key": "other words of the tests"},
        {"body": b"[]"},
    ],
)
async def test_what_hubspot_did_not_sign_or_long_ago_is_turned_away(serve: Serve, wrong: dict[str, Any]) -> None:
    served = await serve(gateway_sources=HUBSPOT)
    body = orjson.dumps([notification(1)])
    headers = signed(served.url + PATH, **{"body": body, **wrong}) if wrong else {}
    status, answer = await served.post(PATH, body, headers={**headers, "X-Api-Key": SHARED})
    assert status == 403
    assert "X-HubSpot" in answer["error"]
    assert served.broker.records == []
    assert '="wrong_signature"} 1.0' in await served.metrics()


async def test_the_moment_at_which_it_came_stands_for_the_time_that_a_sender_does_not_tell(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "form.toml"
    path.write_text(
        'name = "form"\n[sender]\nbody = "form"\ntoken = { query = "token" }\n[[events]]\ntype = "lead.lost"\n'
        'id = "{id}"\nlead = "{id}"\nat = { from = ["at", "#received"] }\n'
    )
    served = await serve(gateway_sources={"form": {"mapping": str(path), "key": SHARED}})
    where = "/v1/sources/form?token=" + SHARED.replace(" ", "+")
    assert (await served.post(where, b"id=L-1&%23received=0"))[0] == 204
    assert (await served.post(where, f"id=L-2&at={NOW - 60_000}".encode()))[0] == 204
    assert [(one["lead"], one["at"]) for one in served.broker.of("events")] == [("L-1", NOW), ("L-2", NOW - 60_000)]


async def test_one_wrong_record_of_a_batch_costs_the_others_nothing(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "crm.toml"
    path.write_text(MAPPING)
    served = await serve(gateway_sources={"crm": {"mapping": str(path), "key": SHARED}})
    batch = [{"id": "a", "at": NOW}, {"id": "b", "at": "soon"}, 7, {"id": "c", "at": NOW}]
    status, answer = await served.post("/v1/sources/crm", batch, headers={"X-Api-Key": SHARED})
    assert (status, answer["accepted"], answer["reason"]) == (200, 2, "wrong_type")
    assert leads(served) == ["a", "c"]
    (rejected,) = served.broker.of("rejected")
    assert (rejected["reason"], rejected["source"]) == ("wrong_type", "webhook crm")
    assert (await served.post("/v1/sources/crm", batch))[0] == 401
