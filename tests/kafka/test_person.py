"""One person is shown and erased on a real floor of two workers: the KPIs stay, also after a kill and a rebuild."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from stream.cli import main
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.kafka.connection import connection_of
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of
from tests.kafka.test_pages import Worker, tell, worker
from tests.kafka.worker_process import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
NUMBER, WRITTEN, OTHER = "+33639987301", "06 39 98 73 01", "+33639987302"
MINUTE = 60_000
AS_TIME_PASSES = {"occupancy"}
Answer = dict[str, Any]


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    given = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path),
        "PSEUDONYM_KEY": KEY,
        "PARTITIONS": "3",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


def of(kind: str, now: int, minutes_ago: int, **fields: Any) -> Answer:
    return {"type": kind, "id": f"{kind} {minutes_ago}", "at": now - minutes_ago * MINUTE, **fields}


def call(now: int, minutes_ago: int, **fields: Any) -> Answer:
    at = now - minutes_ago * MINUTE
    talk = {"answered_at": at - 50_000, "talk_s": 45} if minutes_ago % 2 else {}
    ended = of("call.ended", now, minutes_ago, call=f"c{minutes_ago}", direction="outbound", placed_at=at - MINUTE)
    return {**ended, **talk, "rep": "1001", **fields}


def events(now: int) -> list[Answer]:
    day = 1440
    return [
        of("lead.requested", now, 12 * day, lead="PERSON-1", campaign="Spring", number=NUMBER),
        call(now, 12 * day - 11, number=NUMBER),
        call(now, 11 * day, lead="PERSON-1"),
        of("lead.requested", now, 10 * day, lead="PERSON-2", campaign="Web", number=NUMBER),
        call(now, 9 * day + 1, number=NUMBER),
        of("lead.won", now, 8 * day, lead="PERSON-1", rep="1001"),
        of("customer.at_risk", now, 7 * day, customer="PERSON-1", rep="1001"),
        of("lead.requested", now, 6 * day, lead="PERSON-3", campaign="Web", number=WRITTEN),
        {"type": "lead.lost", "id": "broken", "at": "then", "lead": "PERSON-2"},
        call(now, 5 * day, direction="inbound", number=NUMBER, queue="600"),
        of("lead.requested", now, 6 * day + 1, lead="SOMEBODY-1", campaign="Web", number=OTHER),
        call(now, 5 * day + 1, number=OTHER),
        of("lead.requested", now, 6 * day + 2, lead="SOMEBODY-2", campaign="Web"),
    ]


async def kpis(*workers: Worker) -> list[dict[str, tuple[Any, Any]]]:
    """Return what each worker says of the whole floor, without what changes as time passes."""
    return [
        {
            name: (kpi["numerator"], kpi["denominator"])
            for name, kpi in (await one.settled("30d"))["kpis"].items()
            if name not in AS_TIME_PASSES
        }
        for one in workers
    ]


async def leads(one: Worker) -> set[str]:
    return {lead["lead"] for lead in (await one.ask("/api/v1/leads/waiting"))["leads"]}


async def changelogs(settings: Settings) -> dict[bytes, bytes]:
    """Return the latest value of every key of the changelogs, as compaction leaves them."""
    names = topics(settings)
    places = [
        (names.changelog(table, source).name, number)
        for table, source in (
            ("journeys", names.events),
            ("slices", names.events),
            ("floor-journeys", names.floor),
            ("floor-slices", names.floor),
        )
        for number in range(source.partitions)
    ]
    latest: dict[tuple[str, int, bytes], bytes | None] = {}
    async with scanning(connection_of(settings), places) as scan:
        while not scan.done:
            for record in (await scan.next())[0]:
                latest[record.topic, record.partition, record.key] = record.value
    return {key: value for (_, _, key), value in latest.items() if value is not None}


async def run(*arguments: str) -> Answer:
    result = await asyncio.to_thread(CliRunner().invoke, main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert "39987301" not in result.output.replace(" ", "")
    return dict(json.loads(result.stdout))


def known(answer: Answer) -> set[tuple[str, str]]:
    return {
        (one["kind"], one["name"])
        for one in answer["journeys"]
        if any(event["what"] != "erased" for event in one["events"])
    }


def in_values(latest: Mapping[bytes, bytes], name: str) -> list[bytes]:
    return [key for key, value in latest.items() if name.encode() in value or name.encode() + b"\0" in key]


async def test_a_person_is_shown_and_erased_and_the_numbers_stay(settings: Settings) -> None:
    pseudonym = identity_of(settings).pseudonym(NUMBER, call=None)
    assert pseudonym is not None
    mine = ("PERSON-1", "PERSON-2", "PERSON-3", pseudonym.value)
    await tell(settings, events(SystemClock().now_ms()))
    async with AsyncExitStack() as stack:
        two = [await stack.enter_async_context(worker(settings)) for _ in range(2)]
        before = await kpis(*two)
        assert before[0] == before[1]
        assert await leads(two[0]) == {"PERSON-3", "SOMEBODY-2"}

        shown = await run("person", "show", WRITTEN)
        assert shown["numbers"] == [pseudonym.value]
        assert shown["leads"] == ["PERSON-1", "PERSON-2", "PERSON-3"]
        assert known(shown) == {("number", mine[3]), ("customer", "PERSON-1"), *(("lead", one) for one in mine[:3])}
        kinds = {record["topic"].removeprefix(f"{settings.app_id}.") for record in shown["records"]}
        assert kinds == {"events.v1", "links.v1", "floor.v1", "rejected.v1"}
        assert set(shown["until"]) == {record["topic"] for record in shown["records"]}
        assert (await run("person", "show", "PERSON-2"))["journeys"] == shown["journeys"]
        assert not known(await run("person", "show", "nobody-at-all"))

        planned = await run("person", "erase", WRITTEN, "--dry-run")
        assert planned["state"] == "planned"
        assert known(await run("person", "show", WRITTEN)) == known(shown)

        done = await run("person", "erase", WRITTEN, "--yes", "--within", "200")
        assert done["state"] == "erased"
        assert known(done) == set()
        assert done["gone_from_topics"] > done["until"][f"{settings.app_id}.rejected.v1"][:4]
        assert await kpis(*two) == before
        for one in two:
            assert not await leads(one) & set(mine)
        latest = await changelogs(settings)
        assert [key for name in mine for key in in_values(latest, name)] == []
        assert in_values(latest, "SOMEBODY-1") != []

        await two[0].kill()
        third = await stack.enter_async_context(worker(settings))
        assert await kpis(two[1], third) == before
        assert known(await run("person", "show", WRITTEN)) == set()
        again = await run("person", "erase", WRITTEN, "--yes")
        assert again["state"] == "nothing held"

    await run("rebuild", "--yes")
    async with AsyncExitStack() as stack:
        two = [await stack.enter_async_context(worker(settings)) for _ in range(2)]
        assert await kpis(*two) == before
        for one in two:
            assert not await leads(one) & set(mine)
        latest = await changelogs(settings)
        assert [key for name in mine for key in in_values(latest, name)] == []
        # What comes of them later begins anew.
        now = SystemClock().now_ms()
        await tell(settings, [of("lead.requested", now, 0, lead="PERSON-2", campaign="Web", number=NUMBER)])
        await kpis(*two)
        assert "PERSON-2" in await leads(two[1])
        assert known(await run("person", "show", "PERSON-2")) == {("lead", "PERSON-2"), ("number", mine[3])}


async def test_without_a_worker_it_is_done_when_one_runs(settings: Settings) -> None:
    await tell(settings, events(SystemClock().now_ms()))
    async with worker(settings) as one:
        before = await kpis(one)
    asked = await run("person", "erase", "PERSON-1", "--yes")
    assert asked["state"] == "no worker"
    assert known(asked)
    async with worker(settings) as one:
        assert await kpis(one) == before
        assert known(await run("person", "show", "PERSON-1")) == set()
