"""Aircall's webhook: who is let in, what a call becomes, and what never reaches a topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.sources.aircall.calls import call_ended
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW
from tests.shared_data import each

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve
    from tests.shared_data import Recording

TOKEN = "a token of the tests and of nobody"  # noqa: S105
PATH = "/v1/aircall"
BEGAN = NOW // 1000 - 3600
LEAD = "+33 6 39 98 01 80"


def ended(nth: int = 0, /, **fields: Any) -> dict[str, Any]:
    """Return the event of a call that was answered after 12 seconds, and lasted 60 from then."""
    data = {
        "id": 9100 + nth,
        "direction": "outbound",
        "started_at": BEGAN + 300 * nth,
        "answered_at": BEGAN + 300 * nth + 12,
        "ended_at": BEGAN + 300 * nth + 72,
        "duration": 72,
        "raw_digits": f"+33 6 39 98 01 {80 + nth}",
        "user": {"id": 456, "name": "Ada Example", "email": "ada@example.org"},
        "number": {"id": 1234, "name": "Ada's line", "digits": "+33 1 99 00 12 34"},
        "teams": [{"id": 7, "name": "Ada's team"}],
        "tags": [],
        "recording": "https://example.org/recording.mp3",
        "comments": [{"content": "call Ada back"}],
        **fields,
    }
    return {"resource": "call", "event": "call.ended", "timestamp": BEGAN, "token": TOKEN, "data": data}


def three() -> list[dict[str, Any]]:
    """Return a call of 60 s, one that nobody answered, and one of 25 s."""
    unanswered = ended(1, answered_at=None, ended_at=BEGAN + 338)
    short = ended(2, answered_at=BEGAN + 620, ended_at=BEGAN + 645)
    return [ended(0), unanswered, short]


async def contact_rate(serve: Serve, payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the contact rate of a floor whose gateway was posted `payloads`, each of them twice."""
    gateway = await serve(gateway_aircall_token=TOKEN)
    for payload in [*payloads, *payloads]:
        assert await gateway.post(PATH, payload) == (204, None)
    floor = FloorInMemory(clock=FixedClock(NOW)).feed(gateway.broker.of("events"))
    assert not floor.refused
    return floor.kpis("today")["contact_rate"]


async def test_of_three_calls_one_that_lasted_is_a_contact(serve: Serve) -> None:
    rate = await contact_rate(serve, three())
    assert (rate["numerator"], rate["denominator"]) == (1, 3)


@each("aircall", outside="field/cloud")
async def test_of_three_calls_that_were_written_down_one_is_a_contact(serve: Serve, recorded: Recording) -> None:
    lines = recorded.read_bytes("aircall_three_calls.ndjson").splitlines()
    payloads = [{**orjson.loads(line), "token": TOKEN} for line in lines]
    later = NOW // 1000 - 60 - max(payload["data"]["ended_at"] for payload in payloads)
    for payload in payloads:
        moved = {name: value + later for name, value in payload["data"].items() if name.endswith("_at") and value}
        payload["data"].update(moved)
    rate = await contact_rate(serve, payloads)
    assert (rate["numerator"], rate["denominator"]) == (1, 3)


def test_a_call_has_its_times_and_ids_and_names_by_the_setting_only() -> None:
    told = call_ended(ended()["data"], {"456": "rep-04", "1234": "solar-home"})
    assert told == {
        "id": "aircall:9100:ended",
        "type": "call.ended",
        "at": 1000 * (BEGAN + 72),
        "source": "aircall",
        "call": "9100",
        "direction": "outbound",
        "placed_at": 1000 * BEGAN,
        "number": LEAD,
        "answered_at": 1000 * (BEGAN + 12),
        "talk_s": 60.0,
        "ring_s": 12.0,
        "rep": "rep-04",
        "campaign": "solar-home",
        "team": "7",
    }


def test_a_caller_who_was_missed_has_waited_for_nobody() -> None:
    data = ended(direction="inbound", answered_at=None, missed_call_reason="no_available_agent", user=None)["data"]
    told = call_ended(data, {})
    assert (told["direction"], told["talk_s"], told["hangup_cause"]) == ("inbound", 0.0, "no_available_agent")
    assert not {"answered_at", "wait_s", "ring_s", "rep"} & told.keys()


@pytest.mark.parametrize("shown", [None, "", "anonymous"])
async def test_a_number_that_is_not_shown_is_keyed_by_its_call(serve: Serve, shown: str | None) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    assert (await gateway.post(PATH, ended(0, raw_digits=shown)))[0] == 204
    assert (await gateway.post(PATH, ended(1, raw_digits=shown)))[0] == 204
    one, other = gateway.broker.of("events")
    assert one["number"] != other["number"]


@pytest.mark.parametrize("token", ["another token of the tests", None, 7, "", TOKEN[:-1]])
async def test_without_the_token_nothing_is_taken(serve: Serve, token: Any) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    status, answer = await gateway.post(PATH, {**ended(), "token": token})
    assert (status, "token" in answer["error"], TOKEN in answer["error"]) == (401, True, False)
    assert not gateway.broker.records


async def test_while_a_token_replaces_another_both_are_taken_and_without_one_the_path_is_not_there(
    serve: Serve,
) -> None:
    gateway = await serve(gateway_aircall_token=f"{TOKEN}, the next token of the tests")
    for token in (TOKEN, "the next token of the tests"):
        assert (await gateway.post(PATH, {**ended(), "token": token}))[0] == 204
    assert (await (await serve()).post(PATH, ended()))[0] == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'"text"', b"\xff", b"[" * 100_000, b'{"token": {}}'],
    ids=lambda body: repr(body[:9]),
)
async def test_what_is_no_event_is_turned_away_as_it_has_no_token(serve: Serve, body: bytes) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    assert (await gateway.post(PATH, body))[0] == 401
    assert not gateway.broker.records


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None), ("id", "9100"), ("id", True), ("id", -1), ("id", 10**30),
        ("direction", None), ("direction", "sideways"), ("direction", ["outbound"]),
        ("started_at", None), ("started_at", "yesterday"), ("started_at", 1.5), ("started_at", True),
        ("ended_at", None), ("ended_at", 10**15), ("ended_at", -5), ("ended_at", BEGAN - 60),
        ("answered_at", "soon"), ("answered_at", {}),
        ("raw_digits", 33639980180), ("raw_digits", ["+33"]),
    ],
)  # fmt: skip
async def test_a_call_that_is_none_is_refused_and_kept_without_people_or_the_token(
    serve: Serve, field: str, value: Any
) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    status, answer = await gateway.post(PATH, json.dumps(ended(**{field: value})).encode())
    assert (status, answer["refused"]) == (422, 1)
    (kept,) = gateway.broker.records
    assert not gateway.broker.of("events")
    for secret in (TOKEN, "Ada", "39 98 01 80", "example.org", "recording.mp3", "99 00 12 34"):
        assert secret.encode() not in kept.value, secret


@pytest.mark.parametrize("data", [None, [], "text", 7])
async def test_an_event_without_a_call_is_refused(serve: Serve, data: Any) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    assert (await gateway.post(PATH, {**ended(), "data": data}))[0] == 422


@pytest.mark.parametrize("field", ["user", "number", "teams"])
@pytest.mark.parametrize("value", [None, [], {}, 7, "Ada", [None], {"id": "Ada"}, {"name": "Ada"}])
def test_who_and_what_for_is_left_out_where_it_has_no_id(field: str, value: Any) -> None:
    told = call_ended(ended(**{field: value})["data"], {})
    assert "Ada" not in repr(told)
    assert {"user": "rep", "number": "campaign", "teams": "team"}[field] not in told


async def test_other_events_of_aircall_are_passed_over(serve: Serve) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    kinds: list[Any] = ["call.created", "call.hungup", "number.opened", None, {}]
    for kind in kinds:
        assert await gateway.post(PATH, {**ended(), "event": kind}) == (204, None)
    assert not gateway.broker.records


async def test_no_name_number_or_recording_reaches_a_topic(serve: Serve) -> None:
    gateway = await serve(gateway_aircall_token=TOKEN)
    assert (await gateway.post(PATH, ended()))[0] == 204
    (record,) = gateway.broker.records
    for secret in (TOKEN, "Ada", "39980180", "39 98 01 80", "example.org", "99 00 12 34"):
        assert secret.encode() not in record.value + (record.key or b""), secret


def test_a_call_that_ends_before_it_begins_is_told_as_it_stands_and_refused_at_admission() -> None:
    assert call_ended(ended(ended_at=BEGAN - 60)["data"], {})["talk_s"] == 0.0
    with pytest.raises(Refused):
        call_ended([], {})
