"""RingCentral's telephony sessions, as its streams have them, become calls, in any order; its challenge is answered."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

KEY = "a verification token of the tests"
PATH = "/v1/sources/ringcentral"
HEAD = {"Verification-Token": KEY}
BEGAN = NOW / 1000 - 3600
LEAD, OURS = "+33639980181", "+33199001234"
REP, MENU, QUEUE = "809646016", "62242421016", "62242421099"
NAMED = "809646"


def notified(
    call: str, sequence: int, s: float, code: str, party: dict[str, Any], *, reason: str | None = None
) -> dict[str, Any]:
    """Return a notification of one party, `s` seconds after the call began."""
    moment = datetime.fromtimestamp(BEGAN + s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    status = {"code": code, "rcc": False, **({} if reason is None else {"reason": reason})}
    return {
        "uuid": f"{call}-{sequence}",
        "event": "/restapi/v1.0/account/809646016/telephony/sessions",
        "timestamp": moment,
        "subscriptionId": "2461434a-276a-4073-bd26-34089effbad5",
        "ownerId": "809646016",
        "body": {
            "sequence": sequence,
            "sessionId": "429182699016",
            "telephonySessionId": call,
            "serverId": "10.13.22.243.TAM",
            "eventTime": moment,
            "parties": [{"accountId": "809646016", "status": status, "park": {}, "missedCall": False, **party}],
            "origin": {"type": "Call"},
        },
    }


OUR_SIDE = {
    "id": "p-1",
    "direction": "Outbound",
    "extensionId": REP,
    "to": {"phoneNumber": LEAD},
    "from": {"phoneNumber": OURS, "extensionId": REP, "deviceId": "210074565016"},
}
THEIR_SIDE = {
    "id": "p-2",
    "direction": "Inbound",
    "to": {"phoneNumber": LEAD},
    "from": {"phoneNumber": OURS, "name": "Ada Example", "extensionId": REP},
}
CALLER = {"id": "p-1", "direction": "Outbound", "from": {"phoneNumber": LEAD}, "to": {"phoneNumber": OURS}}
CALLER_AT_MENU = {**CALLER, "to": {"phoneNumber": OURS, "name": "IVR Menu 1001", "extensionId": MENU}}


def ours(number: int, extension: str) -> dict[str, Any]:
    return {
        "id": f"p-{number}",
        "direction": "Inbound",
        "extensionId": extension,
        "from": {"phoneNumber": LEAD, "name": "PARIS"},
        "to": {"phoneNumber": OURS, "name": "Ada Example", "extensionId": extension},
    }


def outbound(call: str = "s-out", answered: float | None = 7.2, ended: float = 67.2) -> list[dict[str, Any]]:
    """Return the notifications of a call to a prospect, one of them of a hold."""
    told = [notified(call, 2, 0, "Setup", OUR_SIDE), notified(call, 3, 0.1, "Proceeding", THEIR_SIDE)]
    told.append(notified(call, 4, 3.5, "Proceeding", OUR_SIDE))
    if answered is not None:
        told += [
            notified(call, 5, answered, "Answered", THEIR_SIDE),
            notified(call, 6, answered + 0.1, "Answered", OUR_SIDE),
        ]
        told += [
            notified(call, 7, answered + 10, "Hold", OUR_SIDE),
            notified(call, 8, answered + 14, "Answered", OUR_SIDE),
        ]
    told.append(notified(call, 9, ended, "Disconnected", OUR_SIDE))
    return [*told, notified(call, 10, ended, "Disconnected", THEIR_SIDE)]


def inbound(call: str = "s-in") -> list[dict[str, Any]]:
    """Return the notifications of a caller who comes by a menu and a queue to a rep, and is talked to for 60 s."""
    menu, queue, rep = ours(2, MENU), ours(3, QUEUE), ours(4, REP)
    return [
        notified(call, 2, 0, "Setup", CALLER),
        notified(call, 3, 0.1, "Setup", menu),
        notified(call, 4, 0.2, "Answered", CALLER_AT_MENU),
        notified(call, 5, 8, "Disconnected", menu),
        notified(call, 6, 8, "Setup", queue),
        notified(call, 7, 9, "Setup", rep),
        notified(call, 8, 9.1, "Proceeding", rep),
        notified(call, 9, 20, "Answered", rep),
        notified(call, 10, 20, "Disconnected", queue, reason="AgentAnswered"),
        notified(call, 11, 80, "Disconnected", rep),
        notified(call, 12, 80, "Disconnected", CALLER_AT_MENU),
    ]


def missed(call: str = "s-missed") -> list[dict[str, Any]]:
    """Return the notifications of a caller whom nobody answered, and who spoke to a mailbox."""
    rep = ours(2, REP)
    return [
        notified(call, 2, 0, "Setup", CALLER),
        notified(call, 3, 0.1, "Setup", rep),
        notified(call, 4, 0.2, "Proceeding", rep),
        notified(call, 5, 20, "VoiceMail", rep),
        notified(call, 6, 45, "Disconnected", {**rep, "missedCall": True}),
        notified(call, 7, 45, "Disconnected", CALLER_AT_MENU),
    ]


def within() -> list[dict[str, Any]]:
    """Return the notifications of a call between two extensions."""
    ends = {"to": {"phoneNumber": "101", "name": "Ben", "extensionId": "62264425016"}}
    mine, theirs = {**OUR_SIDE, "to": {"phoneNumber": "101"}}, {**THEIR_SIDE, **ends, "extensionId": "62264425016"}
    return [
        notified("s-within", 2, 0, "Setup", mine),
        notified("s-within", 3, 0.1, "Setup", theirs),
        notified("s-within", 4, 0.2, "Answered", {**OUR_SIDE, **ends}),
        notified("s-within", 5, 5, "Answered", theirs),
        notified("s-within", 6, 50, "Disconnected", {**OUR_SIDE, **ends}),
        notified("s-within", 7, 50, "Disconnected", theirs),
    ]


async def serving(serve: Serve) -> Served:
    return await serve(gateway_sources={"ringcentral": {"mapping": "ringcentral", "key": KEY}})


async def told(serve: Serve, *posts: dict[str, Any]) -> dict[str, Any]:
    """Return the last that is told of the call in `posts`, which come in this order."""
    gateway = await serving(serve)
    for one in posts:
        assert await gateway.post(PATH, one, headers=HEAD) == (204, None)
    events = gateway.broker.of("events")
    assert len({one["call"] for one in events}) == 1
    return max(events, key=lambda one: (one["at"], one["id"]))


def s(event: dict[str, Any], field: str) -> float:
    return float(round(event[field] / 1000 - BEGAN, 3))


async def test_a_call_to_a_prospect_is_one_call_of_nine_notifications(serve: Serve) -> None:
    event = await told(serve, *outbound())
    assert (event["direction"], event["rep"], event["call"]) == ("outbound", NAMED, "s-out")
    assert [s(event, name) for name in ("placed_at", "answered_at", "at")] == [0.1, 7.2, 67.2]
    assert (event["talk_s"], event["ring_s"]) == (60.0, 7.1)
    assert event["number"].startswith("num_")
    assert "wait_s" not in event


async def test_one_that_nobody_answered_has_no_talk(serve: Serve) -> None:
    event = await told(serve, *outbound(answered=None, ended=30))
    assert (event["talk_s"], s(event, "at")) == (0.0, 30.0)
    assert not {"answered_at", "ring_s"} & event.keys()


@pytest.mark.parametrize("side", [OUR_SIDE, THEIR_SIDE])
async def test_either_party_of_it_tells_all_of_it(serve: Serve, side: dict[str, Any]) -> None:
    event = await told(serve, *(one for one in outbound() if one["body"]["parties"][0]["id"] == side["id"]))
    assert (event["rep"], event["direction"], event["number"][:4]) == (NAMED, "outbound", "num_")
    assert event["talk_s"] == pytest.approx(60, abs=0.2)


async def test_a_number_that_cannot_be_called_is_an_attempt(serve: Serve) -> None:
    failed = notified("s-bad", 3, 0.4, "Disconnected", OUR_SIDE, reason="InvalidNumber")
    event = await told(serve, notified("s-bad", 2, 0, "Setup", OUR_SIDE), failed)
    assert (event["talk_s"], event["hangup_cause"], event["placed_at"]) == (0.0, "InvalidNumber", event["at"])


async def test_a_caller_is_answered_by_the_rep_and_not_by_a_menu_or_a_queue(serve: Serve) -> None:
    event = await told(serve, *inbound())
    assert (event["direction"], event["rep"]) == ("inbound", NAMED)
    assert [s(event, name) for name in ("placed_at", "answered_at", "at")] == [0, 20, 80]
    assert (event["talk_s"], event["wait_s"]) == (60.0, 20.0)
    assert "ring_s" not in event


async def test_a_caller_who_spoke_to_a_mailbox_has_talked_to_nobody(serve: Serve) -> None:
    event = await told(serve, *missed())
    assert (event["direction"], event["talk_s"], s(event, "at")) == ("inbound", 0.0, 45.0)
    assert not {"answered_at", "rep", "wait_s"} & event.keys()


async def test_a_call_within_the_floor_is_none(serve: Serve) -> None:
    gateway = await serving(serve)
    for one in within():
        assert await gateway.post(PATH, one, headers=HEAD) == (204, None)
    assert not gateway.broker.of("events")
    assert 'ringboard_gateway_unused_total{source="ringcentral"} 6.0' in await gateway.metrics()


@pytest.mark.parametrize(("call", "seed"), itertools.product([outbound, inbound, missed], range(5)))
async def test_any_order_and_repetition_gives_the_same_call(serve: Serve, call: Any, seed: int) -> None:
    posts = [*call(), *call()]
    random.Random(seed).shuffle(posts)
    assert {**await told(serve, *posts), "id": ""} == {**await told(serve, *call()), "id": ""}


async def test_three_calls_at_once_on_the_floor(serve: Serve) -> None:
    gateway = await serving(serve)
    calls = [outbound("s-1"), outbound("s-2", None, 30), outbound("s-3", 5, 30), inbound("s-4"), within()]
    for several in itertools.zip_longest(*calls):
        for one in several:
            if one is not None:
                assert (await gateway.post(PATH, one, headers=HEAD))[0] == 204
    floor = FloorInMemory(clock=FixedClock(NOW)).feed(gateway.broker.of("events"))
    assert not floor.refused
    kpis = floor.kpis("today")
    assert (kpis["contact_rate"]["numerator"], kpis["contact_rate"]["denominator"]) == (1, 3)
    assert kpis["answer_rate"]["numerator"] == 2


async def test_the_validation_token_is_echoed_before_there_is_any_other(serve: Serve) -> None:
    gateway = await serving(serve)
    async with gateway.client.post(gateway.url + PATH, headers={"Validation-Token": "wtdwi2y88489yr34"}) as answer:
        assert (answer.status, answer.headers["Validation-Token"]) == (200, "wtdwi2y88489yr34")
        assert len(await answer.read()) + sum(len(name) + len(text) for name, text in answer.headers.items()) < 1000
    assert not gateway.broker.records


@pytest.mark.parametrize(
    "headers", [{}, {"Verification-Token": KEY[:-1]}, {"X-Api-Key": KEY}, {"Validation-Token": KEY}]
)
async def test_what_has_not_its_verification_token_is_turned_away(serve: Serve, headers: dict[str, str]) -> None:
    gateway = await serving(serve)
    assert (await gateway.post(PATH, outbound()[-1], headers=headers))[0] == 401
    assert not gateway.broker.records


async def test_no_name_or_number_reaches_a_topic(serve: Serve) -> None:
    gateway = await serving(serve)
    for one in (*outbound(), *inbound(), *missed(), *within()):
        await gateway.post(PATH, one, headers=HEAD)
    kept = b"".join(one.value + (one.key or b"") for one in gateway.broker.records)
    for secret in ("639980181", "199001234", "Ada", "PARIS", KEY):
        assert secret.encode() not in kept, secret
