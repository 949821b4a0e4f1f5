"""The ready mapping of Aircall's events says what its webhook says, also of events in a file."""

from __future__ import annotations

import io
from typing import Any

import pytest

from stream.clock import FixedClock
from stream.events.refusal import Refused
from stream.mapping.loading import load_mapping
from stream.sources.aircall.calls import call_ended
from stream.sources.mapped import Mapped
from stream.sources.reading import Read
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW, Serve
from tests.shared_data import Recording, each
from tests.unit.sources.aircall.test_webhook import BEGAN, TOKEN, ended, three

PATH = "/v1/sources/calls"


def told(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return list(load_mapping("aircall").events_of(payload))


def inbound(nth: int = 0, **fields: Any) -> dict[str, Any]:
    return ended(nth, direction="inbound", **fields)


MISSED = {"answered_at": None, "missed_call_reason": "no_available_agent", "user": None, "voicemail": "https://x"}


@pytest.mark.parametrize(
    "payload",
    [
        *three(),
        inbound(),
        inbound(1, **MISSED),
        ended(raw_digits=None),
        ended(raw_digits="anonymous"),
        ended(teams=[], user=None, number=None),
    ],
)
def test_a_call_is_told_as_the_webhook_tells_it(payload: dict[str, Any]) -> None:
    (event,) = told(payload)
    by_code = call_ended(payload["data"], {})
    assert {**event, "id": ""} == {**by_code, "id": ""}


def test_other_events_and_a_call_that_ends_before_its_answer_are_none() -> None:
    assert told({**ended(), "event": "call.created"}) == []
    with pytest.raises(Refused, match=r"talk_s: .* before"):
        told(ended(ended_at=BEGAN))


@each("aircall", outside="field/cloud")
def test_of_three_calls_in_a_file_one_is_a_contact(recorded: Recording) -> None:
    read = list(Mapped(load_mapping("aircall")).read(io.BytesIO(recorded.read_bytes("aircall_three_calls.ndjson"))))
    events = [dict(one.event) for one in read if isinstance(one, Read) and not isinstance(one.event, bytes)]
    assert len(events) == len(read)
    late = FixedClock(max(one["at"] for one in events) + 60_000)
    rate = FloorInMemory(clock=late).feed(events).kpis("1h")["contact_rate"]
    assert (rate["numerator"], rate["denominator"]) == (1, 3)


async def test_one_line_of_configuration_and_its_token_let_it_in(serve: Serve) -> None:
    gateway = await serve(gateway_sources={"calls": {"mapping": "aircall", "key": TOKEN}})
    for payload in [*three(), *three()]:
        assert await gateway.post(PATH, payload) == (204, None)
    rate = FloorInMemory(clock=FixedClock(NOW)).feed(gateway.broker.of("events")).kpis("today")["contact_rate"]
    assert (rate["numerator"], rate["denominator"]) == (1, 3)
    for wrong in (TOKEN[:-1], None, 7):
        assert (await gateway.post(PATH, {**ended(5), "token": wrong}))[0] == 401
    assert TOKEN.encode() not in b"".join(one.value for one in gateway.broker.records)
    assert (await gateway.post(PATH, {**ended(), "event": "call.created"}))[0] == 204
    assert 'ringboard_gateway_unused_total{source="calls"} 1.0' in await gateway.metrics()
