"""A live source is connected again and again, and what it told reaches the broker, however often that goes away."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from pydantic import SecretStr

from stream.check.left_out import check_left_out
from stream.clock import FixedClock
from stream.connect.buffer import Buffer
from stream.connect.serving import Service
from stream.errors import BrokerAwayError, RingboardError
from stream.events.refusal import Reason, Refused
from stream.intake.outbox import Intake, Outbox
from stream.kafka.backoff import Backoff
from stream.settings.model import Settings
from stream.sources import left_out
from stream.sources.live_source import LostError
from stream.web.source_metric_defs import FATES
from stream.web.source_metrics import SourceMetrics
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from stream.clock import Clock
    from stream.kafka.producer import Record
    from stream.sources.live_source import Listener

NOW = 1_700_000_000_000
KEY = SecretStr("a key of the tests, and no other")


def call(number: int) -> dict[str, Any]:
    return {
        "id": f"c-{number}",
        "type": "call.ended",
        "at": NOW,
        "call": f"c-{number}",
        "direction": "outbound",
        "placed_at": NOW,
        "number": f"+336399800{number:02d}",
    }


class Broker:
    """A broker that is away for its first `away` tries, and loses what is under way when it fails in between."""

    def __init__(self, away: int = 0, fails_at: tuple[int, ...] = ()) -> None:
        self.away = away
        self.fails_at = fails_at
        self.taken: list[tuple[str, bytes]] = []
        self._flushes = 0
        self._put: list[tuple[str, bytes]] = []

    @asynccontextmanager
    async def outbox(self, settings: Settings, clock: Clock) -> AsyncIterator[Outbox]:
        self._put = []
        if self.away:
            self.away -= 1
            raise BrokerAwayError("no Kafka broker answers")
        yield Outbox(Intake(settings, clock), self)

    def put(self, record: Record) -> None:
        self._put.append((record.topic, record.value))

    async def relieve(self) -> None: ...

    async def flush(self) -> None:
        self._flushes += 1
        if self._flushes in self.fails_at:
            raise BrokerAwayError("the broker does not take the records")
        self.taken += self._put
        self._put = []


class ScriptedSource:
    """A source that sends the events of one connection after the other, and then nothing more."""

    name = "told"

    def __init__(self, *connections: list[Any] | LostError) -> None:
        self.connections = list(connections)
        self.done = asyncio.Event()

    async def listen(self, listener: Listener) -> None:
        if not self.connections:
            self.done.set()
            listener.connected()
            await asyncio.Event().wait()
        script = self.connections.pop(0)
        if isinstance(script, LostError):
            raise script
        listener.connected()
        for one in script:
            listener.heard()
            if isinstance(one, Refused):
                await listener.refuse(one, b"a line of 06 39 98 00 01")
            else:
                await listener.send(one)
        raise LostError("cut off")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, connect_port=free_port(), pseudonym_key=KEY)


def service(source: ScriptedSource, settings: Settings, broker: Broker) -> Service:
    clock = FixedClock(NOW)
    metrics = SourceMetrics(source.name)
    soon = Backoff(0.001, 0.002)
    buffer = Buffer(settings, clock, metrics, open_outbox=broker.outbox, backoff=soon)
    return Service(source, settings, clock, backoff=soon, buffer=buffer, metrics=metrics)


async def run(service: Service, until: Callable[[], Any]) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(service.run(stop))
    async with asyncio.timeout(60):
        while not until() and not running.done():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)
    stop.set()
    await running


def value(service: Service, name: str, **labels: str) -> float | None:
    return service.metrics.registry.get_sample_value(f"ringboard_{name}", {"source": "told", **labels})


async def test_a_source_is_connected_again_and_all_that_it_told_is_sent(settings: Settings) -> None:
    source, broker = ScriptedSource([call(1)], LostError("refused"), LostError("refused"), [call(2)]), Broker()
    under_test = service(source, settings, broker)
    await run(under_test, source.done.is_set)
    assert [b'"c-1"' in broker.taken[0][1], b'"c-2"' in broker.taken[1][1], len(broker.taken)] == [True, True, 2]
    assert value(under_test, "source_reconnects_total") == 4
    assert value(under_test, "source_events_total", type="call.ended") == 2
    assert value(under_test, "source_messages_total") == 2


async def test_a_reason_is_told_once_however_often_it_is_tried_and_so_is_the_end(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stream")
    source = ScriptedSource(*[LostError("refused")] * 5, LostError("the login was refused"))
    await run(service(source, settings, Broker()), source.done.is_set)
    *away, back = [line for line in caplog.messages if line.startswith("told")]
    assert away == ["told is away: refused; trying again", "told is away: the login was refused; trying again"]
    assert back.startswith("told is back after ")


async def test_waits_begin_anew_after_a_connection_of_use_and_not_after_one_without(settings: Settings) -> None:
    waited: list[float] = []

    class Noted(Backoff):
        def next_s(self, *, longest: bool = False) -> float:
            waited.append(self.first_s * 2**self._tries)
            Backoff.next_s(self, longest=longest)
            return 0.0

    source = ScriptedSource(LostError("refused"), [], [], [call(1)], LostError("refused"))
    under_test = service(source, settings, Broker())
    under_test._backoff = Noted(1, 1000)
    await run(under_test, source.done.is_set)
    assert waited == [1, 2, 4, 1, 2]


async def test_what_is_told_while_the_broker_is_away_is_sent_when_it_is_back(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stream")
    source, broker = ScriptedSource([call(1), call(2)], [call(3)]), Broker(away=5)
    await run(service(source, settings, broker), lambda: len(broker.taken) >= 3)
    assert len(broker.taken) == 3
    away, back = [line for line in caplog.messages if line.startswith("the broker")]
    assert away.startswith("the broker is away: ")
    assert away.endswith("; what is heard meanwhile is kept")
    assert re.fullmatch(r"the broker is back after [\d.]+ s; 3 events have waited", back)


async def test_what_the_broker_did_not_acknowledge_is_sent_again_and_counted_once(settings: Settings) -> None:
    source, broker = ScriptedSource([call(number) for number in range(10)]), Broker(fails_at=(1, 2, 4))
    under_test = service(source, settings, broker)
    await run(under_test, lambda: len(broker.taken) >= 10 and not under_test.health()["unsent"])
    assert {value.split(b'"id":"')[1].split(b'"')[0] for _, value in broker.taken} == {b"c-%d" % n for n in range(10)}
    assert value(under_test, "source_events_total", type="call.ended") == 10


async def test_what_is_no_event_is_put_aside_with_source_and_reason_and_no_number(settings: Settings) -> None:
    broken = {**call(1), "direction": "sideways"}
    refused = Refused(Reason.MALFORMED_LINE, None, "no message of the manager interface")
    source, broker = ScriptedSource([broken, refused, call(2)]), Broker()
    under_test = service(source, settings, broker)
    await run(under_test, lambda: len(broker.taken) >= 3)
    rejected = [value for topic, value in broker.taken if topic.endswith("rejected.v1")]
    assert len(rejected) == 2
    assert all(b'"source":"told"' in value for value in rejected)
    assert not any(b"39 98" in value or b"39980" in value for _, value in broker.taken)
    assert value(under_test, "source_refused_total", reason="unknown_value") == 1
    assert value(under_test, "source_refused_total", reason="malformed_line") == 1


async def test_a_wrong_key_ends_it_since_waiting_does_not_help(settings: Settings) -> None:
    @asynccontextmanager
    async def refuses(_settings: Settings, _clock: Clock) -> AsyncIterator[Outbox]:
        raise RingboardError("pseudonym_key: this one has another fingerprint")
        yield

    broker = Broker()
    broker.outbox = refuses  # type: ignore[method-assign,assignment]
    with pytest.raises(RingboardError, match="pseudonym_key"):
        await run(service(ScriptedSource(), settings, broker), lambda: False)


async def test_health_and_metrics_are_served_while_it_runs(settings: Settings) -> None:
    source, broker = ScriptedSource([call(1)]), Broker()
    under_test = service(source, settings, broker)
    stop = asyncio.Event()
    running = asyncio.create_task(under_test.run(stop))
    base = f"http://127.0.0.1:{settings.connect_port}"
    async with asyncio.timeout(60), aiohttp.ClientSession() as web:
        await source.done.wait()
        while not broker.taken:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)
        async with web.get(f"{base}/healthz") as answer:
            assert answer.status == 200
            assert (await answer.json())["connected"] is True
        async with web.get(f"{base}/metrics") as answer:
            assert 'ringboard_source_connected{source="told"} 1.0' in await answer.text()
    stop.set()
    await running


async def test_beyond_this_machine_the_pages_ask_for_the_token(tmp_path: Path) -> None:
    anywhere = "0.0.0.0"  # noqa: S104
    settings = Settings(
        data_dir=tmp_path, connect_port=free_port(), connect_host=anywhere, api_token=SecretStr("a token of the tests")
    )
    source = ScriptedSource()
    stop = asyncio.Event()
    running = asyncio.create_task(service(source, settings, Broker(away=1000)).run(stop))
    base = f"http://127.0.0.1:{settings.connect_port}"
    async with asyncio.timeout(60), aiohttp.ClientSession() as web:
        await source.done.wait()
        async with web.get(f"{base}/metrics") as answer:
            assert answer.status == 401
        async with web.get(f"{base}/healthz", headers={"Authorization": "Bearer a token of the tests"}) as answer:
            assert answer.status == 503
            assert (await answer.json())["broker"] is False
    stop.set()
    await running


def test_waits_double_up_to_the_longest_and_no_two_processes_wait_alike() -> None:
    waits = Backoff(1, 8, random.Random(1))
    told = [waits.next_s() for _ in range(6)]
    assert all(whole / 2 <= wait <= whole for wait, whole in zip(told, (1, 2, 4, 8, 8, 8), strict=True))
    assert told != [Backoff(1, 8, random.Random(2)).next_s() for _ in range(6)]
    waits.reset()
    assert waits.next_s() <= 1
    assert waits.next_s(longest=True) >= 4


def test_beyond_this_machine_there_must_be_a_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="connect_host lets other machines in"):
        Settings(data_dir=tmp_path, connect_host="0.0.0.0")  # noqa: S104


async def test_that_many_calls_are_left_out_is_said_once_and_the_check_reads_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    clock, source = FixedClock(NOW), ScriptedSource([call(1)], [])
    metrics, broker = SourceMetrics(source.name), Broker()
    metrics.left_out.inc(30)
    buffer = Buffer(settings, clock, metrics, open_outbox=broker.outbox, backoff=Backoff(0.001, 0.002))
    reasons = [left_out.Reason("trunks have other names", "name those", ("internal",))]
    made = Service(
        source, settings, clock, backoff=Backoff(0.001, 0.002), buffer=buffer, metrics=metrics,
        reasons=reasons, look_every_s=0.001,
    )  # fmt: skip
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    async with asyncio.timeout(60):
        while not any("are left out" in line for line in caplog.messages):  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.001)
        (finding,) = await check_left_out(settings)
    stop.set()
    await running
    assert (finding.what, finding.state) == (f"calls of {source.name}", "warn")
    assert "internal)" in finding.message
    assert "trunks have other names: name those" in finding.message
    assert finding.todo == "correct the setting, then start `ringboard connect` again"
    assert len([line for line in caplog.messages if "are left out" in line]) == 1


def test_each_call_is_counted_by_what_became_of_it() -> None:
    metrics = SourceMetrics("a-source")
    metrics.sent("call.ended")
    metrics.sent("call.started")
    metrics.left_out.inc(2)
    metrics.rejected("missing_field")
    metrics.call("unknown", 3)
    values = {
        fate: metrics.registry.get_sample_value("ringboard_source_calls_total", {"source": "a-source", "fate": fate})
        for fate in FATES
    }
    assert values == {"counted": 1, "internal": 2, "unknown": 3, "refused": 1}
