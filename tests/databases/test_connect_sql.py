"""`ringboard connect sql` as a process, killed in the midst, and while the database goes: each call counts once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from stream.clock import SystemClock
from stream.sources.live_source import LostError
from stream.sources.sql.live import source_of
from tests.databases.conftest import READER_PASSWORD
from tests.databases.floor_tables import cdr_rows, fill, make_tables
from tests.databases.hearing import Heard, of_a_file
from tests.kafka.test_connect_kafka import DEADLINE_S, told, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = [pytest.mark.slow, pytest.mark.kafka]
TRUNKS = {"asterisk_trunks": ["trunk*"], "timezone": "UTC"}


@pytest.fixture
def on_a_broker(settings: Settings, broker: Broker, app_id: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    own = {"broker": broker.bootstrap, "app_id": app_id, "sql_tables": ["cdr"]}
    for name, value in {"BROKER": broker.bootstrap, "APP_ID": app_id, "SQL_TABLES": "cdr"}.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return settings.model_copy(update=own)


@contextmanager
def connecting(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ringboard connect sql` in a process of its own."""
    command = [sys.executable, "-c", "from stream.cli import main; main()", "connect", "sql"]
    with log.open("ab") as file, subprocess.Popen(command, env=os.environ.copy(), stderr=file) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def standing(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the calls that stand: of one id the greatest revision, of one call the latest."""
    by_id: dict[str, dict[str, Any]] = {}
    for event in events:
        known = by_id.get(event["id"])
        if known is None or event.get("revision", 0) > known.get("revision", 0):
            by_id[event["id"]] = event
    ended = [event for event in by_id.values() if event["type"] == "call.ended"]
    return {event["call"]: event for event in sorted(ended, key=lambda one: (one["at"], one["id"]))}


async def test_killed_in_the_midst_every_call_counts_once(
    database: Database, on_a_broker: Settings, tmp_path: Path
) -> None:
    rows = cdr_rows()
    half = len(rows) // 2
    await make_tables(database)
    await fill(database, {"cdr": rows[:half]})
    log = tmp_path / "log"
    with connecting(log) as process:

        async def some() -> bool:
            return bool(await told(on_a_broker))

        await until(some)
        process.send_signal(signal.SIGKILL)
        process.wait()
    await fill(database, {"cdr": rows[half:]})
    files = standing(list(of_a_file(rows, "asterisk-cdr", **TRUNKS).values()))
    with connecting(log) as process:

        async def all_read() -> bool:
            return files.keys() <= standing(await told(on_a_broker)).keys()

        await until(all_read)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    calls = standing(await told(on_a_broker))
    assert calls.keys() == files.keys()
    facts = ("direction", "talk_s", "rep", "queue", "disposition", "wait_s")
    for name, call in calls.items():
        assert {fact: call.get(fact) for fact in facts} == {fact: files[name].get(fact) for fact in facts}
    said = log.read_text("utf-8")
    assert "sql: connected" in said
    assert READER_PASSWORD not in said
    assert READER_PASSWORD.encode() not in orjson.dumps(list(calls.values()))


async def test_a_database_that_goes_away_is_read_on_when_it_is_back(database: Database, settings: Settings) -> None:
    rows = cdr_rows()
    await make_tables(database)
    await fill(database, {"cdr": rows[:50]})
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    source, heard = source_of(only, SystemClock()), Heard()

    async def sent() -> bool:
        return bool(heard.standing)

    listening = asyncio.create_task(source.listen(heard))
    await until(sent)
    await asyncio.to_thread(database.server.stop)
    with pytest.raises(LostError) as lost:
        await asyncio.wait_for(listening, DEADLINE_S)
    assert not lost.value.hopeless
    with pytest.raises(LostError, match="no database answers"):
        await source.listen(heard)
    await asyncio.to_thread(database.server.start)
    await fill(database, {"cdr": rows[50:]})
    files = standing(list(of_a_file(rows, "asterisk-cdr", **TRUNKS).values()))

    async def all_read() -> bool:
        return heard.calls().keys() == files.keys()

    listening = asyncio.create_task(source.listen(heard))
    try:
        await until(all_read)
    finally:
        listening.cancel()
    assert {name: call["talk_s"] for name, call in heard.calls().items()} == {
        name: call["talk_s"] for name, call in files.items()
    }
