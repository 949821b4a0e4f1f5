"""The table of rights is what the processes need: with its row each works, and without any of it `check` says which."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from stream.check.kafka import expected_topics
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.kafka.authorised import lacking
from stream.kafka.connection import Connection, connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.rights import PROCESSES, Process, Right, grant, rights_of, rights_to_create
from stream.kafka.topics import topics
from tests.kafka.secured.acls import give, give_each, take_each
from tests.kafka.secured.commands import command, environment, ringboard, ringboard_here
from tests.kafka.secured.secured_broker import USER, Secured
from tests.kafka.worker_process import WorkerProcess
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

KEY: Final = "a key of the tests, of no floor"
PARTITIONS: Final = 2
WITHIN_S: Final = 120.0


def request(by: str) -> dict[str, Any]:
    return {
        "id": by,
        "type": "lead.requested",
        "at": SystemClock().now_ms() - 60_000,
        "lead": by,
        "campaign": "Spring",
    }


def floor_settings(kafka: Secured, app_id: str, user: str, **more: str) -> dict[str, str]:
    """Return the variables of a process of the floor `app_id`, which logs in as `user`."""
    return {
        **kafka.environment("SASL", user=user),
        "RINGBOARD_APP_ID": app_id,
        "RINGBOARD_PARTITIONS": str(PARTITIONS),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        **{f"RINGBOARD_{name.upper()}": value for name, value in more.items()},
    }


def of_floor(app_id: str) -> Settings:
    return load_settings(app_id=app_id, partitions=PARTITIONS)


async def make_topics(kafka: Secured, app_id: str) -> None:
    """Make all topics of a floor, as its administrator may."""
    settings = of_floor(app_id)
    await create_missing(Connection(kafka.broker.bootstrap), expected_topics(settings), 1)


async def test_each_right_that_is_taken_is_missed_and_no_row_has_one_too_many(
    kafka: Secured, app_id: str, tmp_path: Path
) -> None:
    await make_topics(kafka, app_id)
    floor = topics(of_floor(app_id))
    names = [topic.name for topic in expected_topics(of_floor(app_id))]
    rows = {name: looked_at(rights_of(name, floor)) for name in PROCESSES}
    entrances = {name: await entrance(kafka, app_id, name, tmp_path) for name in PROCESSES}
    await give_each(kafka.broker.bootstrap, [(name, right) for name, rights in rows.items() for right in rights])

    async def eventually(process: Process, missing: list[Right]) -> None:
        """Return once the broker goes by what its administrator has said last."""
        deadline = time.monotonic() + WITHIN_S
        while (found := await lacking(entrances[process], rows[process], names)) != missing:
            assert time.monotonic() < deadline, (process, found, missing)
            await asyncio.sleep(0.02)

    await asyncio.gather(*(eventually(name, []) for name in PROCESSES))
    for place in range(max(map(len, rows.values()))):  # of all processes at once
        taken = {name: rights[place] for name, rights in rows.items() if place < len(rights)}
        await take_each(kafka.broker.bootstrap, taken.items())
        await asyncio.gather(*(eventually(name, [right]) for name, right in taken.items()))
        await give_each(kafka.broker.bootstrap, taken.items())


@pytest.mark.parametrize("process", [name for name in PROCESSES if name != "kpis"])
async def test_check_names_every_right_that_is_missing_with_the_command_that_gives_it(
    kafka: Secured, app_id: str, tmp_path: Path, process: Process
) -> None:
    await make_topics(kafka, app_id)
    settings = floor_settings(kafka, app_id, USER)
    ended = await asyncio.to_thread(ringboard_here, settings, tmp_path, "check", "--for", process, "--json")
    found = {name: one for name, one in ended.checks.items() if name.startswith("right to ")}
    rights = looked_at(rights_of(process, topics(of_floor(app_id))))
    assert set(found) == {f"right to {right}" for right in rights}
    for right in rights:
        one = found[f"right to {right}"]
        assert (one["state"], one["told"]) == ("fail", f"{kafka.at('SASL')}: user {USER} may not {right}")
        assert one["todo"].startswith("let it: kafka-acls.sh --bootstrap-server ")


def looked_at(rights: tuple[Right, ...]) -> list[Right]:
    """Return those that a broker says of: whether one may create, it says where something is to be created."""
    return [right for right in rights if right.operation != "Create"]


async def entrance(kafka: Secured, app_id: str, user: str, folder: Path) -> Connection:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(floor_settings(kafka, app_id, user), folder).items():
            patch.setenv(name, value)
        return connection_of(load_settings())


def test_the_command_that_gives_a_right_is_kafkas_own() -> None:
    connection = Connection("kafka:9093", {"sasl_plain_username": "floor"})
    right = Right("Write", "transactional-id", "ringboard-", prefixed=True)
    assert grant(connection, right) == (
        "kafka-acls.sh --bootstrap-server kafka:9093 --command-config admin.properties --add "
        "--allow-principal User:floor --operation Write "
        "--transactional-id ringboard- --resource-pattern-type prefixed"
    )


async def test_where_topics_are_missing_and_may_not_be_created_the_right_is_named(
    kafka: Secured, app_id: str, tmp_path: Path
) -> None:
    settings = floor_settings(kafka, app_id, USER)
    floor = topics(of_floor(app_id))
    await give(kafka.broker.bootstrap, USER, rights_of("worker", floor))
    found = (await asyncio.to_thread(ringboard_here, settings, tmp_path, "check", "--json")).checks
    for right in rights_to_create(floor):
        assert found[f"right to {right}"]["state"] == "warn"
        assert "create the topics beforehand" in found[f"right to {right}"]["todo"]
    ended = await asyncio.to_thread(ringboard, settings, tmp_path, "worker")
    assert ended.code == 78
    assert f"user {USER} may not Create topic {app_id}." in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("simulate",),
        ("replay", "none.ndjson"),
        ("rejected", "list"),
        ("person", "show", "L-1"),
        ("rebuild", "--yes"),
        ("backup", "kept"),
    ],
    ids="-".join,
)
async def test_a_command_without_rights_ends_with_the_first_that_is_lacking(
    kafka: Secured, app_id: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    await make_topics(kafka, app_id)
    (tmp_path / "none.ndjson").write_text("{}\n")
    ended = await asyncio.to_thread(ringboard_here, floor_settings(kafka, app_id, USER), tmp_path, *words)
    assert ended.code == 1
    (line,) = ended.err.split("\n")[-2:-1]
    assert line.startswith(f"Error: {kafka.at('SASL')}: user {USER} may not ")
    assert "; let it: kafka-acls.sh " in line


async def test_every_process_works_with_its_row_of_the_table_alone(kafka: Secured, app_id: str, tmp_path: Path) -> None:
    await make_topics(kafka, app_id)
    floor = topics(of_floor(app_id))
    own = f"{app_id}-crm"
    await create_missing(Connection(kafka.broker.bootstrap), [replace(floor.spend, name=own)], 1)
    for process in PROCESSES:
        await give(kafka.broker.bootstrap, process, rights_of(process, floor))
    reads = [Right("Read", "topic", own), Right("Read", "group", f"{app_id}-connect-{own}")]
    await give(kafka.broker.bootstrap, "connect", reads)
    port, gateway_port = free_port(), free_port()
    by = {process: floor_settings(kafka, app_id, process, web_port=str(port)) for process in PROCESSES}
    recorded = json.dumps(request("by-replay")) + "\n" + json.dumps(request("") | {"id": "refused"}) + "\n"
    (tmp_path / "requests.ndjson").write_text(recorded, encoding="utf-8")
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(running(by["worker"], tmp_path, port, "worker"))
        await worker.wait_for("/readyz", lambda told: told["ready"])  # by then it has said which key is the floor's
        gateway = by["gateway"] | {"RINGBOARD_GATEWAY_PORT": str(gateway_port)}
        await stack.enter_async_context(running(gateway, tmp_path, gateway_port, "gateway"))
        connect = by["connect"] | {"RINGBOARD_CONNECT_PORT": "0"}
        await stack.enter_async_context(running(connect, tmp_path, 0, "connect", "kafka", "--topic", own))
        await send(kafka, own, request("by-connect"))
        for process, words in (
            ("replay", ("replay", "--history", "requests.ndjson")),
            (
                "simulate",
                ("simulate", "--reps", "1", "--campaigns", "1", "--leads-per-day", "1", "--beside-real-events"),
            ),
        ):
            ended = await asyncio.to_thread(ringboard, by[process], tmp_path, *words)
            assert ended.code == 0, ended
        listed = await asyncio.to_thread(ringboard_here, by["rejected"], tmp_path, "rejected", "list", "--json")
        (refused,) = json.loads(listed.out)
        resend = ("rejected", "resend", str(refused["offset"]), "--set", "lead=by-rejected")
        ended = await asyncio.to_thread(ringboard_here, by["rejected"], tmp_path, *resend)
        assert ended.code == 0, ended
        await post(gateway_port, request("by-gateway"))
        everybody = {"by-gateway", "by-connect", "by-replay", "by-rejected"}
        async with asyncio.timeout(WITHIN_S):
            while not everybody <= (found := await waiting(worker)):
                assert worker.process.returncode is None, worker.log.read_text()
                await asyncio.sleep(0.2)
        assert everybody <= found
        turned_down = await asyncio.to_thread(ringboard, by["simulate"], tmp_path, "simulate")
        assert "this floor has real events" in turned_down.err, turned_down  # it may read what is there
        kept = await asyncio.to_thread(ringboard_here, by["backup"], tmp_path, "backup", "kept", "--json")
        assert (kept.code, json.loads(kept.out)["states"]) == (0, PARTITIONS + 2), kept
        erase = ("person", "erase", "by-gateway", "--yes", "--json")
        ended = await asyncio.to_thread(ringboard_here, by["person"], tmp_path, *erase)
        assert (ended.code, json.loads(ended.out)["state"]) == (0, "erased"), ended
        read = await asyncio.to_thread(ringboard_here, by["kpis"], tmp_path, "kpis", "--json")
        assert read.code == 0, read
    rebuilt = await asyncio.to_thread(ringboard, by["rebuild"], tmp_path, "rebuild", "--yes")
    assert rebuilt.code == 0, rebuilt


@pytest.mark.parametrize("lost", ["transactional-id", "group", "topic"])
async def test_a_worker_that_loses_a_right_ends_and_says_which_in_one_line(
    kafka: Secured, app_id: str, tmp_path: Path, lost: str
) -> None:
    await make_topics(kafka, app_id)
    floor = topics(of_floor(app_id))
    await give(kafka.broker.bootstrap, "worker", rights_of("worker", floor))
    right = {
        "transactional-id": Right("Write", "transactional-id", f"{app_id}-", prefixed=True),
        "group": Right("Read", "group", app_id),
        "topic": Right("Read", "topic", floor.events.name),
    }[lost]
    port = free_port()
    settings = environment(floor_settings(kafka, app_id, "worker", web_port=str(port)), tmp_path)
    worker = await WorkerProcess.start(command("worker"), port, tmp_path / "worker.log", settings)
    try:
        await worker.wait_for("/readyz", lambda told: told["ready"])
        await take_each(kafka.broker.bootstrap, [("worker", right)])
        await send(kafka, floor.events.name, request("too-late"))
        assert await worker.ended() == 78
    finally:
        await worker.end()
    said = worker.log.read_text()
    assert said.count(f"user worker may not {right}; let it: ") == 1, said
    assert "Traceback" not in said


@asynccontextmanager
async def running(settings: dict[str, str], folder: Path, port: int, *words: str) -> AsyncIterator[WorkerProcess]:
    """Run a command that goes on until it is stopped, and hold it to a good end, without a traceback."""
    one = await WorkerProcess.start(command(*words), port, folder / f"{words[0]}.log", environment(settings, folder))
    try:
        yield one
        await one.stop()
        assert "Traceback" not in one.log.read_text()
    finally:
        await one.end()


async def waiting(worker: WorkerProcess) -> set[str]:
    told = await worker.ask("/api/v1/leads/waiting?campaign=Spring&limit=100")
    return {lead["lead"] for lead in told.get("leads", ())}


async def post(port: int, event: dict[str, Any]) -> None:
    async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as web:
        while True:
            with suppress(aiohttp.ClientConnectorError):
                async with web.post(f"http://127.0.0.1:{port}/v1/events", json=event) as answer:
                    if answer.status != 503:  # that it is not ready yet
                        assert answer.status < 300, await answer.text()
                        return
            await asyncio.sleep(0.2)


async def send(kafka: Secured, topic: str, event: dict[str, Any]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.broker.bootstrap) as producer:
        await producer.send_and_wait(topic, json.dumps(event).encode())
