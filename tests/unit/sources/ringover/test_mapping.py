"""Ringover's webhooks, as its samples have them, become calls; what it has signed is read, and nothing else let in."""

from __future__ import annotations

import base64
import hmac
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import orjson
import pytest

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.mapping.loading import load_mapping, ready_text
from stream.sources.mapped import Mapped
from stream.sources.reading import Read
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve

PAGE = Path(__file__).parents[4] / "docs" / "sources" / "ringover.md"
KEY = "a webhook key of the tests and of nobody else with the sixty-four signs that HS512 wants"
PATH = "/v1/sources/ringover"
BEGAN = NOW / 1000 - 3600
HEADER = "X-Ringover-Webhook-Signature"
FLOOR, LEAD = "33199001234", "33639980181"


def call(event: str = "hangup", nth: int = 0, /, **data: Any) -> dict[str, Any]:
    """Return an event of an outbound call that rang for 10 seconds and was talked on for 32."""
    began = BEGAN + 0.762305 + 300 * nth
    ends: dict[str, dict[str, Any]] = {
        "hangup": {"duration_in_seconds": 32, "record": "https://example.org/record.mp3", "channel_id": 123456789},
        "missed": {"status": "missed", "reason": "OUT_PLANNING"},
        "voicemail": {"answered_time": began + 12, "duration_in_seconds": 30},
    }
    return {
        "event": event,
        "resource": "call",
        "timestamp": began + 43,
        "data": {
            "id": "57622f20-a020-4f9e-814c-62a6123412fa",
            "call_id": 1234567890987654400 + nth,
            "start_time": began,
            "hangup_time": began + 42,
            "direction": "outbound",
            "from_number": FLOOR,
            "to_number": LEAD,
            "user_id": 12854321,
            "is_internal": False,
            "is_anonymous": False,
            "is_ivr": False,
            "user": {"user_id": 12854321, "firstname": "Ada", "lastname": "Example", "email": "ada@example.org"},
            **ends.get(event, {}),
            **data,
        },
        "attempt": 1,
    }


IN = {"direction": "inbound", "from_number": LEAD, "to_number": FLOOR}


def told(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return list(load_mapping("ringover").events_of(payload))


def test_a_call_that_was_talked_on() -> None:
    (event,) = told(call(answering_machine_detection="HUMAN"))
    began = round(1000 * BEGAN) + 762
    assert {**event, "id": ""} == {
        "id": "",
        "type": "call.ended",
        "source": "ringover",
        "call": "1234567890987654400",
        "direction": "outbound",
        "placed_at": began,
        "at": began + 42_000,
        "talk_s": 32.0,
        "number": f"+{LEAD}",
        "rep": "854321",
        "amd": "human",
    }


def test_recorded_webhooks_are_read_from_a_file_too() -> None:
    lines = b"\n".join(orjson.dumps(call("hangup", nth)) for nth in range(3))
    read = list(Mapped(load_mapping("ringover")).read(io.BytesIO(lines)))
    assert [one.event for one in read if isinstance(one, Read)] == [told(call("hangup", nth))[0] for nth in range(3)]


def test_the_number_is_the_prospects_whichever_way_the_call_went() -> None:
    assert told(call("hangup", **IN))[0]["number"] == f"+{LEAD}"
    assert told(call("hangup", **IN, is_anonymous=True))[0]["number"] == "anonymous"
    assert told(call("hangup", **{**IN, "from_number": ""}))[0]["number"] == "anonymous"


@pytest.mark.parametrize("duration", [None, 0, ""])
def test_nobody_was_talked_to_without_a_duration(duration: Any) -> None:
    assert told(call(duration_in_seconds=duration))[0]["talk_s"] == 0


@pytest.mark.parametrize(("event", "cause"), [("missed", "OUT_PLANNING"), ("voicemail", None)])
def test_a_missed_caller_and_one_who_spoke_to_a_mailbox_have_talked_to_nobody(event: str, cause: str | None) -> None:
    (one,) = told(call(event, **IN))
    assert (one["direction"], one["talk_s"], one.get("hangup_cause")) == ("inbound", 0.0, cause)


@pytest.mark.parametrize(
    ("detected", "amd"), [("HUMAN", "human"), ("MACHINE", "machine"), ("NOTSURE", "unknown"), (None, None)]
)
def test_who_answered_is_as_it_was_detected(detected: str | None, amd: str | None) -> None:
    assert told(call(answering_machine_detection=detected))[0].get("amd") == amd


@pytest.mark.parametrize("user", ["USER12854321", 12854321, "12854321", None])
def test_a_rep_is_the_end_of_the_users_number_however_it_is_written(user: Any) -> None:
    assert told(call(user_id=user))[0]["rep"] == "854321"


@pytest.mark.parametrize(
    "payload",
    [
        call("ringing"), call("answered"), call(is_internal=True), {**call(), "resource": "aftercall"},
        {**call(), "resource": "sms"},
    ],
)  # fmt: skip
def test_what_is_no_end_of_a_call_with_somebody_outside_is_left(payload: dict[str, Any]) -> None:
    assert told(payload) == []


@pytest.mark.parametrize("data", [{"direction": "sideways"}, {"start_time": "soon"}, {"hangup_time": None}])
def test_a_call_that_is_none_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        told(call(**data))


def signed(payload: dict[str, Any], key: str = KEY, algorithm: str = "HS512") -> dict[str, str]:
    """Sign as Ringover does: the address and the event."""
    return {HEADER: jwt.encode({"url": f"https://calls.example.com{PATH}", "payload": payload}, key, algorithm)}


async def test_what_is_signed_is_taken_and_counts_once(serve: Serve) -> None:
    gateway = await serve(gateway_sources={"ringover": {"mapping": "ringover", "key": KEY}})
    calls = [call(), call("hangup", 1, duration_in_seconds=None), call("hangup", 2, duration_in_seconds=25)]
    for one in [*calls, *calls]:
        assert await gateway.post(PATH, one, headers=signed(one)) == (204, None)
    floor = FloorInMemory(clock=FixedClock(NOW)).feed(gateway.broker.of("events"))
    assert not floor.refused
    rate, answered = (floor.kpis("today")[name] for name in ("contact_rate", "answer_rate"))
    assert (rate["numerator"], rate["denominator"], answered["numerator"]) == (1, 3, 2)


async def test_another_body_beside_what_is_signed_is_not_read(serve: Serve) -> None:
    gateway = await serve(gateway_sources={"ringover": {"mapping": "ringover", "key": KEY}})
    assert (await gateway.post(PATH, call("hangup", 9), headers=signed(call())))[0] == 204
    assert [one["call"] for one in gateway.broker.of("events")] == ["1234567890987654400"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Api-Key": KEY},
        {HEADER: KEY},
        signed(call(), KEY[::-1]),
        signed(call(), algorithm="HS256"),
        {HEADER: signed(call())[HEADER][:-6] + "AAAAAA"},
        {"Authorization": signed(call())[HEADER]},
    ],
)
async def test_what_is_signed_wrongly_is_turned_away(serve: Serve, headers: dict[str, str]) -> None:
    gateway = await serve(gateway_sources={"ringover": {"mapping": "ringover", "key": KEY}})
    assert (await gateway.post(PATH, call(), headers=headers))[0] in {401, 403}
    assert not gateway.broker.records


async def test_the_third_signature_is_checked_as_the_page_says(serve: Serve, tmp_path: Path) -> None:
    (sender,) = re.findall(r"```toml sender\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    own = re.sub(r"\[sender\.jwt\].*?\n\n", lambda _: f"{sender}\n", ready_text("ringover"), flags=re.DOTALL)
    (tmp_path / "ringover.toml").write_text(own)
    url = f"https://calls.example.com{PATH}"
    gateway = await serve(
        gateway_sources={"ringover": {"mapping": str(tmp_path / "ringover.toml"), "key": KEY}},
        gateway_public_url="https://calls.example.com",
    )
    body = orjson.dumps(call())

    def headers(at: int, of: bytes = body) -> dict[str, str]:
        made = hmac.digest(KEY.encode(), b"POST" + url.encode() + of + str(at).encode(), "sha256")
        return {f"{HEADER}-V3": base64.b64encode(made).decode(), "X-Ringover-Request-Signature-V3-Timestamp": str(at)}

    now = NOW // 1000
    assert (await gateway.post(PATH, body, headers=headers(now)))[0] == 204
    for wrong in (headers(now - 301), headers(now, b"{}"), signed(call()), {}):
        assert (await gateway.post(PATH, body, headers=wrong))[0] == 403
    assert len(gateway.broker.of("events")) == 1


async def test_no_name_number_or_recording_reaches_a_topic(serve: Serve) -> None:
    gateway = await serve(gateway_sources={"ringover": {"mapping": "ringover", "key": KEY}})
    for one in (call(), call("missed", 1, **IN), call("ringing", 2)):
        assert (await gateway.post(PATH, one, headers=signed(one)))[0] == 204
    kept = b"".join(one.value + (one.key or b"") for one in gateway.broker.records)
    for secret in (LEAD, FLOOR, "639980181", "Ada", "example.org", KEY):
        assert secret.encode() not in kept, secret
    assert 'ringboard_gateway_unused_total{source="ringover"} 1.0' in await gateway.metrics()
