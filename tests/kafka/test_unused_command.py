"""`ringboard unused` lists the last of what no rule took, and shows one."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from stream.cli.unused import command
from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.intake.unused import SHOWN, unused_record
from stream.kafka.connection import connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.producer import Record, sending
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka

NOW = 1_760_000_000_000


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in (("BROKER", broker.bootstrap), ("APP_ID", app_id), ("DATA_DIR", str(tmp_path))):
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    monkeypatch.setenv("COLUMNS", "200")
    return load_settings()


async def keep(settings: Settings, *sources: str) -> None:
    names, identity = topics(settings), identity_of(settings)
    await create_missing(connection_of(settings), names, 1)
    async with sending(connection_of(settings), FixedClock(NOW)) as sender:
        await sender.learn(names.rejected.name)
        for number, source in enumerate(sources, 1):
            record = {"event": "call.ended", "name": "Jeanne"}
            value = unused_record(source, record, count=number, at=NOW, identity=identity)
            sender.put(Record(names.rejected.name, None, value))
        sender.put(Record(names.rejected.name, None, b'{"sent_again": 1, "at": 2}'))
        await sender.flush()


def test_the_last_few_of_each_source_are_listed_and_one_is_shown(settings: Settings) -> None:
    asyncio.run(keep(settings, *["crm"] * (SHOWN + 2), "forms"))
    run = CliRunner().invoke
    listed = json.loads(run(command, ["list", "--json"]).output)
    assert [(one["source"], one["number"]) for one in listed] == [
        *(("crm", number) for number in range(3, SHOWN + 3)),
        ("forms", SHOWN + 3),
    ]
    table = run(command, ["list", "--source", "crm"]).output
    assert "event, name" in table
    assert "forms" not in table
    shown = run(command, ["show"]).output
    assert "from   forms, number 8 since its gateway began" in shown
    assert '"event": "call.ended"' in shown
    assert '"name": "a string of 6 characters"' in shown
    offset = str(listed[0]["offset"])
    assert json.loads(run(command, ["show", offset, "--json"]).output) == listed[0]
    wrong = run(command, ["show", "99"])
    assert "offset 99: nothing is kept there that no rule took; `ringboard unused list` shows" in str(wrong.exception)


def test_a_floor_without_any_says_so(settings: Settings) -> None:
    asyncio.run(keep(settings))
    run = CliRunner().invoke
    assert run(command, ["list"]).output == "Nothing that no rule took is kept.\n"
    assert "nothing is kept that no rule took; `ringboard unused list` shows what is" in str(
        run(command, ["show"]).exception
    )
