"""`ringboard rejected` lists what was refused, shows it, and sends it again once it is corrected."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from stream.cli import main
from stream.cli.rejected import command
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.events.reading import Refused, read_event
from stream.intake.rejected import rejected_record
from stream.intake.resend import find_all
from stream.kafka.connection import connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import Record, sending
from stream.kafka.read_topic import records_of
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

NOW = 1_760_000_000_000
SPEND = {
    "type": "spend.recorded", "id": "s1", "at": NOW, "campaign": "Spring", "amount": "1000.00", "currency": "EURO",
    "from": NOW - 1000, "to": NOW,
}  # fmt: skip
CALL = {"type": "call.ended", "id": "c1", "at": NOW, "number": "06 39 98 00 01", "name": "Jeanne", "call": "c1"}


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in (("BROKER", broker.bootstrap), ("APP_ID", app_id), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    return load_settings()


async def refuse(settings: Settings, *records: bytes) -> None:
    """Put records into the rejected topic, as a worker does that cannot read them."""
    names = topics(settings)
    await create_missing(connection_of(settings), names, 1)
    identity = identity_of(settings)
    async with sending(connection_of(settings), FixedClock(NOW)) as sender:
        await sender.learn(names.rejected.name)
        for offset, data in enumerate(records):
            with pytest.raises(Refused) as caught:
                read_event(data, received_ms=NOW, ahead_ms=0)
            value = rejected_record(
                caught.value,
                data,
                identity=identity,
                at=NOW,
                source="topic",
                topic=names.events.name,
                partition=2,
                offset=offset,
            )
            sender.put(Record(names.rejected.name, None, value))
        await sender.flush()


def run(*arguments: str, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, ["rejected", *arguments])
    assert result.exit_code == expect, result.output
    assert "Traceback" not in result.output
    return result


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").output)


async def test_refused_records_are_listed_shown_corrected_and_sent_again(settings: Settings) -> None:
    await refuse(settings, b"\x00 poison", json.dumps(SPEND).encode(), json.dumps(CALL).encode())

    listed = await asyncio.to_thread(run_json, "list")
    assert [(one["offset"], one["reason"], one["field"]) for one in listed] == [
        (0, "malformed_json", None),
        (1, "unknown_currency", "currency"),
        (2, "missing_field", "direction"),
    ]
    assert listed[1]["origin"] == {"topic": topics(settings).events.name, "partition": 2, "offset": 1}
    table = (await asyncio.to_thread(run, "list", "--reason", "unknown_currency")).output
    assert "currency: a string of 4 characters that ISO 4217 does not list" in table
    assert "malformed_json" not in table

    shown = (await asyncio.to_thread(run, "show", "2")).output
    assert "Jeanne" not in shown
    assert "39 98" not in shown
    assert '"number":"num_' in shown

    again = (await asyncio.to_thread(run, "resend", "1", expect=1)).output
    assert again.startswith("Error: refused again (unknown_currency): currency: a string of 4 characters")
    sent = (await asyncio.to_thread(run, "resend", "1", "--set", "currency=EUR")).output
    assert sent == f"Sent to {topics(settings).spend.name}.\n"
    async with aclosing(records_of(connection_of(settings), topics(settings).spend.name)) as records:
        arrived = [(record.key, json.loads(record.value)) async for record in records]
    assert arrived == [(b"Spring", SPEND | {"currency": "EUR"})]

    marks = {one.offset: one.sent_again is not None for one in await find_all(settings)}
    assert marks == {0: False, 1: True, 2: False}
    assert "as before" in (await asyncio.to_thread(run, "resend", "1", "--set", "currency=EUR")).output


async def test_a_record_is_corrected_by_a_file_or_in_the_editor(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refuse(settings, json.dumps(CALL).encode())
    file = tmp_path / "corrected.json"
    file.write_text(json.dumps(CALL | {"direction": "outbound", "placed_at": NOW}))
    await asyncio.to_thread(run, "resend", "0", "--with", str(file))

    editor = tmp_path / "editor.py"
    editor.write_text(
        "import json, sys\n"
        "record = json.load(open(sys.argv[1]))\n"
        f"record.update(direction='outbound', placed_at={NOW})\n"
        "json.dump(record, open(sys.argv[1], 'w'))\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
    await asyncio.to_thread(run, "resend", "0", "--edit")
    found = await asyncio.to_thread(run_json, "show", "0")
    assert found["sent_again"] is not None


async def test_a_mistake_is_told_in_one_line(settings: Settings) -> None:
    told = (await asyncio.to_thread(run, "list", expect=1)).output
    assert told.startswith(f"Error: topic {topics(settings).rejected.name}: not there")
    await create_missing(connection_of(settings), topics(settings), 1)
    assert (await asyncio.to_thread(run, "list")).output == "Nothing was refused.\n"
    assert (await asyncio.to_thread(run_json, "list")) == []
    told = (await asyncio.to_thread(run, "show", "7", expect=1)).output
    assert told == "Error: offset 7: no rejected record is there; `ringboard rejected list` shows which are\n"
    await refuse(settings, b"[1]", b'{"a": "' + b"x" * 2_000_000)
    told = (await asyncio.to_thread(run, "resend", "0", "--set", "rep=r1", expect=1)).output
    assert told.startswith("Error: the record is no JSON object")
    told = (await asyncio.to_thread(run, "resend", "1", expect=1)).output
    assert told.startswith("Error: offset 1: only the beginning of its 2000007 bytes is kept")
    assert (await asyncio.to_thread(run, "resend", "0", "--edit", "--set", "a=b", expect=2)).output


def test_no_broker_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_BROKER", "127.0.0.1:1")
    monkeypatch.setenv("RINGBOARD_DATA_DIR", str(tmp_path))
    assert run("list", expect=1).output.startswith("Error: no Kafka broker answers at 127.0.0.1:1")


def test_each_subcommand_has_an_example_in_its_help() -> None:
    for name in ("list", "show", "resend"):
        assert f"ringboard rejected {name}" in CliRunner().invoke(command, [name, "--help"]).output
