"""Genesys Cloud's conversation detail events, in EventBridge's envelope, become calls, stays in queues and verdicts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.gateway_in_memory import NOW

if TYPE_CHECKING:
    from tests.gateway_in_memory import Serve, Served

KEY = "a key of the API destination of the tests"
PATH = "/v1/sources/genesys"
HEAD = {"X-Api-Key": KEY}
BEGAN = NOW - 3_600_000
OURS, LEAD = "tel:+33199001234", "tel:+33639980181"
ADA, BEN = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
SALES = "33333333-cccc-4ccc-8ccc-333333333333"
CODE = "44444444-dddd-4ddd-8ddd-444444444444"
OUT = {"direction": "OUTBOUND", "ani": OURS, "dnis": LEAD}
IN = {"direction": "INBOUND", "ani": LEAD, "dnis": OURS}
CALL = "55555555-eeee-4eee-8eee-55555555555"


def event(topic: str, s: float, ends: dict[str, str], nth: int = 1, **body: Any) -> dict[str, Any]:
    """Return an event of the `nth` conversation, `s` seconds after it began."""
    return {
        "version": "0",
        "id": f"{topic}-{s}-{nth}",
        "detail-type": f"v2.detail.events.conversation.{{id}}.{topic}",
        "source": "aws.partner/genesys.com/cloud/66666666-ffff-4fff-8fff-666666666666/ringboard",
        "account": "123456789012",
        "time": "2026-01-05T08:00:00Z",
        "region": "eu-west-3",
        "resources": [],
        "detail": {
            "topicName": f"v2.detail.events.conversation.{CALL}{nth}.{topic}",
            "version": "2",
            "eventBody": {
                "eventTime": BEGAN + round(1000 * s),
                "conversationId": f"{CALL}{nth}",
                "participantId": f"p-{topic}",
                "sessionId": f"s-{topic}-{body.get('userId', '')}",
                "mediaType": "VOICE",
                "provider": "Edge",
                **ends,
                **body,
            },
        },
    }


def outbound(nth: int = 1, talked: float | None = 60, rang: float = 7) -> list[dict[str, Any]]:
    """Return the events of a call that a rep placed."""
    ended = rang + (talked or 0)
    talk = {} if talked is None else {"interactingDurationMs": round(1000 * talked)}
    dialled = {"dialingDurationMs": 1000, "contactingDurationMs": round(1000 * rang) - 1000}
    return [
        event("user.end", ended, OUT, nth, userId=ADA, queueId=SALES, disconnectType="PEER", **talk, **dialled),
        event("customer.end", ended, OUT, nth, disconnectType="ENDPOINT", **talk),
        event("acw", ended + 9, OUT, nth, userId=ADA, queueId=SALES, wrapupCode=CODE, wrapupDurationMs=9000),
    ]


def inbound(nth: int = 1) -> list[dict[str, Any]]:
    """Return the events of a caller whom one rep let ring, and another answered, and put on hold."""
    rang = {"queueId": SALES, "alertingDurationMs": 10_000}
    talked = {"interactingDurationMs": 50_000, "heldDurationMs": 10_000, "alertingDurationMs": 4_000}
    return [
        event("acd.start", 5, IN, nth, queueId=SALES),
        event("user.end", 16, IN, nth, userId=BEN, disconnectType="NO_ANSWER_TRANSFER", **rang),
        event(
            "acd.end", 20, IN, nth, queueId=SALES, acdOutcome="ANSWERED", answeredUserId=ADA, connectedDurationMs=15_000
        ),
        event("user.end", 80, IN, nth, userId=ADA, queueId=SALES, disconnectType="PEER", **talked),
        event("customer.end", 80, IN, nth, disconnectType="ENDPOINT", interactingDurationMs=80_000),
    ]


def given_up(nth: int = 1) -> list[dict[str, Any]]:
    return [
        event("acd.start", 5, IN, nth, queueId=SALES),
        event("acd.end", 35, IN, nth, queueId=SALES, acdOutcome="ABANDON", connectedDurationMs=30_000),
        event("customer.end", 35, IN, nth, disconnectType="ENDPOINT", interactingDurationMs=35_000),
    ]


async def posted(serve: Serve, *posts: dict[str, Any], **settings: Any) -> Served:
    gateway = await serve(gateway_sources={"genesys": {"mapping": "genesys", "key": KEY}}, **settings)
    for one in posts:
        assert await gateway.post(PATH, one, headers=HEAD) == (204, None)
    return gateway


async def call_of(serve: Serve, *posts: dict[str, Any]) -> dict[str, Any]:
    events = (await posted(serve, *posts)).broker.of("events")
    assert len({one["call"] for one in events}) == 1
    return max(events, key=lambda one: (one["at"], one["id"]))


def s(told: dict[str, Any], field: str) -> float:
    return float(told[field] - BEGAN) / 1000


async def test_a_call_that_a_rep_placed_has_its_times_its_number_and_its_wrap_up(serve: Serve) -> None:
    told = await call_of(serve, *outbound())
    assert (told["direction"], told["rep"], told["call"]) == ("outbound", ADA, f"{CALL}1")
    assert [s(told, name) for name in ("placed_at", "answered_at", "at")] == [0, 7, 67]
    assert (told["talk_s"], told["wrap_s"], told["disposition"]) == (60.0, 9.0, CODE)
    assert told["number"].startswith("num_")
    assert "queue" not in told


async def test_the_number_is_the_prospects_whichever_way_the_call_went(serve: Serve) -> None:
    assert (await call_of(serve, *outbound()))["number"] == (await call_of(serve, *inbound()))["number"]


@pytest.mark.parametrize("talked", [None, 0])
async def test_one_that_nobody_answered_has_no_talk(serve: Serve, talked: float | None) -> None:
    told = await call_of(serve, *outbound(talked=talked)[:2])
    assert (told["rep"], told.get("talk_s", 0), s(told, "placed_at")) == (ADA, 0, 0)
    assert "answered_at" not in told


async def test_one_of_a_dialler_that_came_to_no_rep_is_an_attempt(serve: Serve) -> None:
    told = await call_of(serve, event("customer.end", 20, OUT, disconnectType="TIMEOUT"))
    assert (told["direction"], told["hangup_cause"], "rep" in told, "answered_at" in told) == (
        "outbound", "TIMEOUT", False, False,
    )  # fmt: skip


async def test_a_caller_is_answered_by_the_rep_who_talked_and_not_by_one_who_let_it_ring(serve: Serve) -> None:
    gateway = await posted(serve, *inbound())
    told = gateway.broker.of("events")[-1]
    assert (told["direction"], told["rep"], told["queue"]) == ("inbound", ADA, SALES)
    assert (told["talk_s"], told["hold_s"], s(told, "answered_at"), s(told, "at")) == (50.0, 10.0, 20, 80)
    joined, left = gateway.broker.of("floor")
    assert (joined["type"], s(joined, "at"), joined["queue"]) == ("queue.joined", 5, SALES)
    assert (left["outcome"], left["wait_s"], left["call"]) == ("answered", 15.0, told["call"])


async def test_a_caller_who_gave_up_is_told_as_such(serve: Serve) -> None:
    gateway = await posted(serve, *given_up())
    assert gateway.broker.of("floor")[-1]["outcome"] == "abandoned"
    (told,) = gateway.broker.of("events")
    assert not {"rep", "answered_at", "talk_s"} & told.keys()


async def test_of_a_call_that_was_handed_on_the_first_rep_stands_and_all_talk_counts(serve: Serve) -> None:
    second = event("user.end", 127, OUT, userId=BEN, interactingDurationMs=60_000, alertingDurationMs=0)
    told = await call_of(serve, outbound()[0], second, event("customer.end", 127, OUT, interactingDurationMs=120_000))
    assert (told["rep"], told["talk_s"], s(told, "answered_at")) == (ADA, 120.0, 7)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("of", [outbound, inbound])
async def test_any_order_and_repetition_gives_the_same_call(serve: Serve, of: Any, seed: int) -> None:
    posts = [*of(), *of()]
    random.Random(seed).shuffle(posts)
    assert {**await call_of(serve, *posts), "id": ""} == {**await call_of(serve, *of()), "id": ""}


async def test_on_the_floor_calls_contacts_verdicts_and_service_are_counted(serve: Serve) -> None:
    posts = [*outbound(1), *outbound(2, None)[:2], *outbound(3, 20)[:2], *inbound(4), *given_up(5)]
    gateway = await posted(serve, *posts)
    floor = FloorInMemory(clock=FixedClock(NOW)).feed(gateway.broker.of("events") + gateway.broker.of("floor"))
    assert not floor.refused
    kpis = floor.kpis("today")
    for name, numerator, denominator in (("contact_rate", 1, 3), ("answer_rate", 2, 3), ("abandon_rate", 1, 2)):
        assert (kpis[name]["numerator"], kpis[name]["denominator"]) == (numerator, denominator), name


async def test_other_media_and_other_topics_are_left_and_counted(serve: Serve) -> None:
    chat = event("customer.end", 5, IN, mediaType="CHAT")
    gateway = await posted(serve, chat, event("user.start", 5, IN), event("acd.end", 5, OUT, acdOutcome="ANSWERED"))
    assert not gateway.broker.of("events")
    assert not gateway.broker.of("floor")
    assert 'ringboard_gateway_unused_total{source="genesys"} 3.0' in await gateway.metrics()


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": KEY[:-1]}, {"Authorization": "Basic x"}])
async def test_without_the_key_of_the_destination_nothing_is_taken(serve: Serve, headers: dict[str, str]) -> None:
    gateway = await posted(serve)
    assert (await gateway.post(PATH, outbound()[0], headers=headers))[0] == 401
    assert not gateway.broker.records


async def test_no_number_reaches_a_topic(serve: Serve) -> None:
    gateway = await posted(
        serve, *outbound(), *inbound(2), event("customer.end", 1, {**IN, "ani": "sip:ada@example.org"}, 3)
    )
    kept = b"".join(one.value + (one.key or b"") for one in gateway.broker.records)
    for secret in ("639980181", "199001234", "example.org", KEY):
        assert secret.encode() not in kept, secret
