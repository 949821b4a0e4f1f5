"""A poisoned record of each kind on each topic of a real broker: the worker stays, the rest counts, nothing is lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from stream.clock import SystemClock
from stream.intake.rejected import Rejected, read_rejected
from stream.kafka.topics import topics
from stream.settings.model import Settings
from tests.kafka.test_pages import agree, same_floor, worker
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stream.broker import Broker
    from tests.kafka.test_pages import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

Place = tuple[str, int]
DUE_MS = 15_000
_LARGEST = 500_000  # what the topics that are not folded take, at the most
# A worker with a bug in the taking, the folding and the settling of records, each of its own kind.
BUGGY = """
import sys
from agents.worker import run_worker
from stream.journeys.events import EventsState
from stream.journeys.floor_state import FloorState
from stream.journeys.spend import SpendState
from stream.configuration import load_settings

def put_a_bug(cls, name, wrong):
    right = getattr(cls, name)
    def buggy(self, *args):
        done = right(self, *args)
        if wrong(*args):
            raise ZeroDivisionError("of 0639980001")
        return done
    setattr(cls, name, buggy)

put_a_bug(EventsState, "_take", lambda topic, record, batch: b"bug-take" in (record.value or b""))
put_a_bug(SpendState, "_read", lambda record: b"bug-take" in (record.value or b""))
for state in (EventsState, FloorState):
    put_a_bug(state, "_differ", lambda key, before, after, deltas:
        b"bug-fold" in key or any(fact.id == "bug-due" for fact in after))
sys.exit(run_worker(load_settings()))
"""


def poison(now: int) -> dict[str, bytes | None]:
    head = b'{"id":"p","type":"lead.requested","lead":"L","campaign":"c","at":'
    return {
        "a lone surrogate in a time": head + rb'"\ud800"}',
        "a lone surrogate in a text": head + b'%d,"channel":"a\\udcffb"}' % now,
        "no UTF-8": head + b'%d,"team":"\xff\xfe"}' % now,
        "nested deep": b'{"a":' * 60_000,
        "lists nested deep": b"[" * 60_000 + b"]" * 60_000,
        "a huge integer": head + b"9" * 10_000 + b"}",
        "an integer beyond 64 bits": head + b"%d}" % 2**70,
        "not a number": head + b"NaN}",
        "a year of thirty digits": head + b'"%s-11-29T08:00:00Z"}' % (b"9" * 30),
        "the last year": head + b'"9999-12-31T23:59:59.999Z"}',
        "nothing": b"",
        "a tombstone": None,
        "a giant text": head + b'%d,"team":"%s"}' % (now, b"x" * 900_000),
        "packed garbage": b"\x92\xc4\x01n\x91" + b"\x91" * 3_000,
        "packed, at no time": b"\x92\xc4\x01n\x91\x96\x07\xff\xa1L\xff\xa1r\xa1c",
        "packed, no text": b"\x92\xc4\x01l\x91\x93\x08\x01\xa1\xff",
    }


def sound(now: int) -> dict[str, list[dict[str, Any]]]:
    """Return events that are right, by the topic they belong to."""
    calls = [
        {
            "id": f"c{i}", "type": "call.ended", "at": now - 60_000 + i, "call": f"C{i}", "lead": f"L{i}", "talk_s": 40,
            "direction": "outbound", "placed_at": now - 120_000, "answered_at": now - 110_000,
        }
        for i in range(30)
    ]  # fmt: skip
    leads = [
        {"id": f"r{i}", "type": "lead.requested", "at": now - 300_000 + i, "lead": f"L{i}", "campaign": "c"}
        for i in range(30)
    ]
    states = [
        {"id": f"s{i}", "type": "rep.state", "at": now - 300_000 + 1000 * i, "rep": "r", "state": state}
        for i, state in enumerate(["available", "talking", "paused"] * 5)
    ]
    spends = [
        {
            "id": f"m{i}", "type": "spend.recorded", "at": now, "campaign": "c", "amount": "10", "currency": "EUR",
            "from": now - 3_600_000, "to": now,
        }
        for i in range(10)
    ]  # fmt: skip
    return {
        "events": [event for pair in zip(leads, calls, strict=True) for event in pair],
        "floor": states,
        "spend": spends,
    }


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return Settings(
        broker=broker.bootstrap, app_id=app_id, partitions=1, pseudonym_key=SecretStr(KEY), data_dir=tmp_path
    )


def encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


async def produce(settings: Settings, records: Sequence[tuple[str, bytes | None]]) -> list[Place]:
    """Append `records`, (topic, value), to the first partitions in their order; return where each lies."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, max_request_size=4_000_000)
    await producer.start()
    try:
        sent = [await producer.send(topic, value, key=b"worker/\xff", partition=0) for topic, value in records]
        return [(one.topic, one.offset) for one in [await sending for sending in sent]]
    finally:
        await producer.stop()


async def rejected(settings: Settings) -> list[Rejected]:
    place = TopicPartition(topics(settings).rejected.name, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker, isolation_level="read_committed", enable_auto_commit=False
    )
    await consumer.start()
    found: list[Rejected] = []
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                kept = read_rejected(record.value or b"")
                found += [kept] if isinstance(kept, Rejected) and record.key is None else []
    finally:
        await consumer.stop()
    return found


async def internal(one: Worker) -> float:
    found = re.search(
        r'^ringboard_events_rejected_total\{reason="internal"\} (\S+)$', await one.text("/metrics"), re.MULTILINE
    )
    return float(found[1]) if found else -1.0


async def test_no_record_on_any_topic_ends_a_worker_and_all_that_is_sound_counts(settings: Settings) -> None:
    now = SystemClock().now_ms()
    names = topics(settings)
    right = sound(now)
    of = {"events": names.events.name, "floor": names.floor.name, "spend": names.spend.name}
    folded = [*of.values(), names.links.name, *(topic.name for topic in names.histories.values())]
    aside = [names.rejected.name, names.control.name, names.legs.name]
    bugs = [
        (names.events.name, right["events"][0] | {"id": "bug-take", "lead": "X"}),
        (names.events.name, right["events"][0] | {"id": "b1", "lead": "bug-fold"}),
        (names.events.name, right["events"][1] | {"id": "b2", "lead": "bug-fold"}),
        (names.floor.name, right["floor"][0] | {"id": "b3", "rep": "bug-fold"}),
        (names.spend.name, right["spend"][0] | {"id": "bug-take"}),
    ]

    async with worker(settings, program=BUGGY) as one:
        await one.settled()
        halves = [
            [(of[kind], encoded(event)) for kind, events in right.items() for event in events[half::2]]
            for half in (0, 1)
        ]
        await produce(settings, halves[0])
        every = [(topic, value) for topic in (*folded, *aside) for value in poison(now).values()]
        every = [(topic, value) for topic, value in every if topic in folded or len(value or b"") < _LARGEST]
        places = await produce(settings, every)
        wrong = await produce(settings, [(topic, encoded(event)) for topic, event in bugs])
        due = right["events"][1] | {"id": "bug-due", "at": SystemClock().now_ms() + DUE_MS}
        (due_place, *_) = await produce(settings, [(names.events.name, encoded(due)), *halves[1]])
        memory = same_floor(settings, [event for events in right.values() for event in events])
        for window in ("today", "7d"):
            agree(await one.settled(window), memory)
        while await internal(one) < len(bugs) + 1:
            await one.settled()
        for window in ("today", "7d"):
            agree(await one.settled(window), memory)

        kept = await rejected(settings)
        refused = {(one.topic, one.offset): one for one in kept if one.topic is not None}
        settled = [one for one in kept if one.topic is None]
        if settled:
            assert [(one.reason, one.source) for one in settled] == [("internal", "what came due in journeys[0]")]
        else:  # so slow a machine that the moment had come before the record was folded
            wrong.append(due_place)
        expected = {place for place in places if place[0] in folded}
        assert set(refused) == expected | set(wrong)
        assert {place for place, one in refused.items() if one.reason == "internal"} == set(wrong)
        assert all(refused[place].message.startswith("ZeroDivisionError at ") for place in wrong)
        for place, (_, value) in zip(places, every, strict=True):
            if place in refused:
                assert refused[place].size == len(value or b"")
        assert await internal(one) == len(bugs) + 1
        log = one.log.read_text()
        assert "Traceback" not in log
        assert "0639980001" not in log
        assert f"{names.events.name}[0] at offset {wrong[0][1]}: ZeroDivisionError at " in log

    async with worker(settings) as again:
        for window in ("today", "7d"):
            agree(await again.settled(window), memory)
