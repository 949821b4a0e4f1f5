"""A bug of ours at the gateway puts one event aside, and what else was posted is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.intake import admission
from stream.sources import payloads
from stream.sources.twilio import webhook as twilio_webhook
from stream.sources.twilio.calls import Calls
from stream.sources.twilio.facts import Fact
from tests.gateway_in_memory import NOW
from tests.unit.gateway.test_sources import MAPPING
from tests.unit.intake.test_internal_faults import broken, leads
from tests.unit.sources.twilio.test_calls import leg
from tests.unit.sources.twilio.test_webhook import TOKEN, call_back

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway_in_memory import Serve


async def test_the_gateway_puts_one_event_aside_and_takes_the_others(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken(monkeypatch, admission, "encode_event", lambda event: event.lead == "bad")
    (tmp_path / "crm.toml").write_text(MAPPING)
    served = await serve(
        gateway_twilio_token=TOKEN, gateway_sources={"crm": {"mapping": str(tmp_path / "crm.toml"), "key": "k" * 20}}
    )
    status, answer = await served.post("/v1/events", leads("a", "bad", "b"))
    assert (status, answer["accepted"], answer["refused"]) == (200, 2, 1)
    assert answer["lines"][0]["reason"] == "internal"

    key = {"Authorization": f"Bearer {'k' * 20}"}
    assert (await served.post("/v1/sources/crm", {"at": NOW, "id": "c"}, headers=key))[0] == 204
    broken(monkeypatch, payloads, "json_in", lambda body: b"bad" in body)
    status, answer = await served.post("/v1/sources/crm", {"at": NOW, "id": "bad"}, headers=key)
    assert (status, answer["reason"]) == (422, "internal")

    broken(monkeypatch, twilio_webhook, "fact_of", lambda form, *_: form["CallSid"] == "CAbad")
    bad, good = leg("CAbad", 8, 61)[-1], leg("CA1", 8, 61)[-1]
    status, answer = await call_back(served, bad)
    assert (status, answer["reason"]) == (422, "internal")
    assert (await call_back(served, good))[0] == 204
    assert [one["reason"] for one in served.broker.of("rejected")] == ["internal"] * 3
    assert "0639980001" not in repr(served.broker.records)


async def test_nothing_is_put_aside_that_the_broker_has_not_taken(serve: Serve) -> None:
    served = await serve(gateway_twilio_token=TOKEN)
    served.broker.away = True
    assert (await call_back(served, leg("CA1", 8, 61)[-1]))[0] == 503


async def test_a_payload_that_is_nested_too_deep_is_refused(
    serve: Serve,
) -> None:
    served = await serve(gateway_connect_key="k" * 20)
    body = b'{"detail-type":"Amazon Connect Contact Event","detail":{"contactId":' + b"[" * 900 + b"]" * 900 + b"}}"
    status, answer = await served.post("/v1/amazon-connect", body, headers={"Authorization": f"Bearer {'k' * 20}"})
    assert (status, answer["reason"]) == (422, "too_deep")


async def test_a_callback_of_a_leg_that_dialled_itself_is_refused(serve: Serve) -> None:
    served = await serve(gateway_twilio_token=TOKEN)
    status, answer = await call_back(served, leg("CA1", 8, 61)[-1] | {"ParentCallSid": "CA1"})
    assert (status, answer["reason"]) == (422, "wrong_type")
    assert (await call_back(served, leg("CA2", 8, 61)[-1]))[0] == 204


@pytest.mark.parametrize("circle", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_log_of_legs_that_dialled_each_other_in_a_circle_is_read(circle: list[str]) -> None:
    calls = Calls()
    for sid, parent in zip(circle, circle[1:] + circle[:1], strict=True):
        calls.apply(Fact(sid=sid, at=NOW, parent=parent, status="completed", direction="inbound", talked_s=9), NOW)
    told = calls.apply(Fact(sid="z", at=NOW, status="completed", direction="inbound", talked_s=9), NOW)
    assert [event["call"] for event in told] == ["z"]
    assert list(calls.all_ended())
    calls.apply(Fact(sid="y", at=NOW, status="ringing"), NOW + 27 * 3_600_000)
    assert len(calls) == 1
