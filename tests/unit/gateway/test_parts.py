"""A webhook of one's own whose calls come in parts: through the log, without numbers, until a call is whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.clock import FixedClock
from stream.gateway.overdue import Overdue
from stream.kafka.producer import NotTakenError
from tests.gateway_in_memory import NOW
from tests.unit.mapping.parts.calls_in_parts import CALL, CLOUD, moment, record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stream.sources.webhooks import Part
    from tests.gateway_in_memory import Serve, Served

SHARED = "the words that the tests share"
PATH = "/v1/sources/cloud"
KEY = {"X-Api-Key": SHARED}
LATER_MS = 120_000


async def serving(serve: Serve, folder: Path, text: str = CLOUD, **settings: Any) -> Served:
    path = folder / "cloud.toml"
    path.write_text(text)
    return await serve(gateway_sources={"cloud": {"mapping": str(path), "key": SHARED}}, **settings)


def logged(served: Served) -> list[Part]:
    """Keep the parts that the gateway logs."""
    parts: list[Part] = []
    append = served.broker.append

    async def keeping(part: Part) -> Any:
        parts.append(part)
        return await append(part)

    served.broker.append = keeping  # type: ignore[method-assign]
    return parts


async def post(served: Served, *records: Any) -> list[tuple[int, Any]]:
    return [await served.post(PATH, one, headers=KEY) for one in records]


async def test_a_call_of_several_posts_is_one_event_once_it_is_whole(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path)
    assert await post(served, CALL[1], CALL[0]) == [(204, None)] * 2
    assert served.broker.of("events") == []
    assert await post(served, CALL[2]) == [(204, None)]
    (event,) = served.broker.of("events")
    assert event["talk_s"] == 60
    assert (event["placed_at"], event["rep"], event["source"]) == (moment(0), "Ada", "cloud")
    assert event["number"].startswith("num_")
    assert await post(served, CALL[2], CALL[3]) == [(204, None)] * 2
    again, corrected = served.broker.of("events")[1:]
    assert again == event
    assert corrected["disposition"] == "interested"
    assert corrected["id"] > event["id"]


async def test_a_batch_brings_parts_of_several_calls(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path)
    batch = [one | {"id": name} for name in ("c1", "c2") for one in CALL]
    assert await post(served, batch) == [(204, None)]
    ends = {one["call"]: one for one in sorted(served.broker.of("events"), key=lambda one: one["id"])}
    assert [one["disposition"] for one in ends.values()] == ["interested"] * 2


async def test_no_number_address_or_name_gets_into_the_log(serve: Serve, tmp_path: Path) -> None:
    text = CLOUD.replace('rep = "{user}"', 'rep = "{user}"\nqueue = "{queue}"').replace(
        'placed_at = "{at}"', 'placed_at = "{at}"\nlead = "{lead}"'
    )
    served = await serving(serve, tmp_path, text)
    parts = logged(served)
    call = "+33639980001@pbx.example"
    records = [
        record("created", 0, id=call, lead="ada@example.com"),
        record("answered", 9, id=call, user="06 39 98 00 01", queue="ben@example.com", lead="0639980001"),
        record("hungup", 69, id=call),
    ]
    assert await post(served, *records) == [(204, None)] * 3
    assert len(parts) == 3
    for one in parts:
        assert b"39980001" not in one.value
        assert b"example.com" not in one.value
        assert "39980001" not in one.key
    (event,) = served.broker.of("events")
    assert "39980001" not in orjson.dumps(event).decode()


async def test_a_call_whose_name_is_too_long_is_told_by_its_digest(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path)
    await post(served, *(one | {"id": "x" * 300} for one in CALL[:3]))
    (event,) = served.broker.of("events")
    assert event["call"].startswith("sha256-")
    assert event["talk_s"] == 60


async def test_the_call_of_an_extension_is_left_out(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path, extension_pattern="[0-9]{3}")
    inside = [one | {"customer": "104"} for one in CALL]
    assert await post(served, *inside) == [(204, None)] * 4
    assert served.broker.of("events") == served.broker.of("rejected") == []
    assert 'ringboard_gateway_left_out_total{source="cloud"} 2.0' in await served.metrics()
    withheld = [one | {"customer": "anonymous", "id": "c2"} for one in CALL[:3]]
    await post(served, *withheld)
    (event,) = served.broker.of("events")
    assert event["number"].startswith("num_")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"at": "soon"}, "wrong_type"),
        ({"id": ""}, "missing_field"),
        ({"at": "2030-01-05T10:00:00+01:00"}, "time_ahead"),
    ],
)
async def test_a_part_that_no_event_can_say_is_refused_and_costs_its_call_nothing(
    serve: Serve, tmp_path: Path, wrong: dict[str, str], reason: str
) -> None:
    served = await serving(serve, tmp_path)
    ((status, answer),) = await post(served, CALL[0] | wrong)
    assert (status, answer["reason"]) == (422, reason)
    (rejected,) = served.broker.of("rejected")
    assert (rejected["reason"], rejected["source"]) == (reason, "webhook cloud")
    await post(served, *CALL)
    assert len({one["call"] for one in served.broker.of("events")}) == 1


async def test_times_that_cannot_be_of_one_call_are_refused_where_it_becomes_whole(
    serve: Serve, tmp_path: Path
) -> None:
    served = await serving(serve, tmp_path)
    answers = await post(served, CALL[0], record("answered", 80), CALL[2])
    assert [status for status, _ in answers] == [204, 204, 422]
    assert "lies 11 s before" in answers[2][1]["error"]
    assert served.broker.of("events") == []


async def test_without_a_broker_the_sender_is_asked_to_send_again(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path)
    served.broker.away = True
    assert (await post(served, CALL[0]))[0][0] == 503
    served.broker.away = False
    await post(served, *CALL[:3])
    assert len(served.broker.of("events")) == 1


async def test_what_is_overdue_is_sent_as_soon_as_the_broker_takes_it_and_counted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.gateway.overdue.LOOK_EVERY_S", 0.001)
    text = CLOUD.replace('when = { event = "rated" }\noptional = true', 'when = { event = "rated" }')
    served = await serving(serve, tmp_path, text)
    await post(served, *CALL[:3])
    gateway, tries = served.gateway, 0
    gateway._intake.clock = FixedClock(NOW + LATER_MS)
    taken = asyncio.Event()

    class Line:
        async def send(self, records: Sequence[Any]) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise NotTakenError("no answer in time")
            served.broker.records += records
            taken.set()

    overdue = Overdue(gateway._intake, gateway.assemblies, gateway._meters)
    running = asyncio.create_task(overdue.run(Line()))
    async with asyncio.timeout(60):
        await taken.wait()
        while "calls_lacking_total{" not in (text := await served.metrics()):  # noqa: ASYNC110  a scrape's way
            await asyncio.sleep(0)
    running.cancel()
    (event,) = served.broker.of("events")
    assert "disposition" not in event
    assert 'ringboard_gateway_calls_lacking_total{part="rated",source="cloud",what="told"} 1.0' in text


async def test_at_the_start_what_is_over_is_sent_again(serve: Serve, tmp_path: Path) -> None:
    served = await serving(serve, tmp_path)
    await post(served, *CALL, record("created", 0, id="c2"))
    before = served.broker.of("events")
    gateway = served.gateway
    await Overdue(gateway._intake, gateway.assemblies, gateway._meters).send_ends_again(served.broker)
    assert served.broker.of("events") == [*before, before[-1]]
