"""A response to a typeform, signed as Typeform documents it, becomes a request with its number and campaign."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.mapping.loading import load_mapping
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve

SECRET = "the secret of the webhook in the tests"  # noqa: S105
PATH = "/v1/sources/form"


def response(**more: Any) -> dict[str, Any]:
    field = {"id": "JwWggjAKtOkA", "type": "short_text", "ref": "name"}
    number = {"id": "SMEUb7VJz92Q", "type": "phone_number", "ref": "phone"}
    return {
        "event_id": "LtWXD3crgy",
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec67a1365927098a606107fac15",
            "landed_at": "2026-01-05T07:55:00Z",
            "submitted_at": "2026-01-05T07:59:00Z",
            "definition": {"id": "lT4Z3j", "title": "Roof check", "fields": [field, number]},
            "answers": [
                {"type": "text", "text": "Jeanne Martin", "field": field},
                {"type": "phone_number", "phone_number": "+33639980001", "field": number},
            ],
            **more,
        },
    }


def told(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return list(load_mapping("typeform").events(payload))


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    made = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"Typeform-Signature": f"sha256={made}"}


def test_a_response_is_a_request_with_its_number() -> None:
    (one,) = told(response())
    assert (one["type"], one["lead"], one["at"], one["number"], one["campaign"], one.get("channel")) == (
        "lead.requested",
        "a3a12ec67a1365927098a606107fac15",
        NOW - 60_000,
        "+33639980001",
        "Roof check",
        None,
    )


@pytest.mark.parametrize(
    ("hidden", "campaign", "channel"),
    [
        ({"utm_campaign": "Search", "utm_source": "google"}, "Search", "google"),
        ({"campaign": "Fairs", "channel": "stand"}, "Fairs", "stand"),
        ({"utm_campaign": "", "user_id": "7"}, "Roof check", None),
    ],
)
def test_hidden_fields_say_where_it_comes_from(hidden: dict[str, str], campaign: str, channel: str | None) -> None:
    (one,) = told(response(hidden=hidden))
    assert (one["campaign"], one.get("channel")) == (campaign, channel)


def test_a_form_that_asks_for_no_number_gives_a_request_without_one() -> None:
    (one,) = told(response(answers=[], definition={}))
    assert "number" not in one
    assert one["campaign"] == "lT4Z3j"


def test_what_is_only_begun_is_no_request() -> None:
    assert told({**response(), "event_type": "form_response_partial"}) == []


async def test_what_typeform_signed_is_taken_once_and_nothing_else(serve: Serve) -> None:
    served = await serve(gateway_sources={"form": {"mapping": "typeform", "key": SECRET}})
    body = orjson.dumps(response())
    for headers in ({}, signed(body, SECRET[::-1]), signed(body + b" "), {"X-Api-Key": SECRET}):
        assert (await served.post(PATH, body, headers=headers))[0] == 403
    assert served.broker.records == []
    for _ in range(2):
        assert await served.post(PATH, body, headers=signed(body)) == (204, None)
    assert len({one["id"] for one in served.broker.of("events")}) == 1
    assert "Jeanne" not in str(served.broker.records)
