"""Tables come to what files of the same rows come to: read whole, as they grow, and as they change."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.databases.floor_tables import FLOOR, TABLES, cdr_rows, cel_rows, fill, make_tables
from tests.databases.hearing import Heard, Time, following, of_a_file, plain
from tests.read_source import read_bytes

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = pytest.mark.slow
TRUNKS = {"asterisk_trunks": ["trunk*"], "timezone": "UTC"}


def of_the_files() -> dict[str, dict[str, Any]]:
    events = of_a_file(cdr_rows(), "asterisk-cdr", **TRUNKS) | of_a_file(cel_rows(), "asterisk-cel", **TRUNKS)
    log = read_bytes("asterisk-queue-log", (FLOOR / "queue_log").read_bytes(), **TRUNKS)
    return events | {event["id"]: event for event in log.events}


async def test_tables_give_the_events_of_files_of_the_same_rows(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await fill(database, {name: rows() for name, rows in TABLES.items()})
    async with following(settings) as tables:
        await tables.begin()
        await tables.look(5)
    heard = tables.heard
    assert {name: plain(event) for name, event in heard.standing.items()} == of_the_files()
    assert heard.sends == len(heard.standing)
    assert not heard.refused


async def test_rows_that_come_bit_by_bit_give_the_same_calls_and_waits(database: Database, settings: Settings) -> None:
    await make_tables(database)
    rows: list[tuple[str, dict[str, Any]]] = [(name, row) for name, some in TABLES.items() for row in some()]
    chance = random.Random(7)
    parts: list[dict[str, list[dict[str, Any]]]] = [{name: [] for name in TABLES} for _ in range(12)]
    for name in TABLES:
        own = [row for table, row in rows if table == name]
        cuts = sorted(chance.sample(range(1, len(own)), len(parts) - 1))
        for part, begin, end in zip(parts, [0, *cuts], [*cuts, len(own)], strict=True):
            part[name] = own[begin:end]
    async with following(settings) as tables:
        await fill(database, parts[0])
        await tables.begin()
        for part in parts[1:]:
            await fill(database, part)
            await tables.look(2)
            await tables.look_far()
    heard, files = tables.heard, of_the_files()
    assert files.keys() - heard.standing.keys() == set()
    whole = Heard()
    for event in files.values():
        await whole.send(event)
    assert heard.calls() == whole.calls()


async def test_a_row_that_changes_makes_a_later_revision_of_its_call(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await fill(database, {"cdr": cdr_rows()})
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    async with following(only) as tables:
        await tables.begin()
        before = tables.heard.calls()
        await database.run("UPDATE cdr SET accountcode = 'autumn'")
        await tables.look_far()
    after = tables.heard.calls()
    assert before.keys() == after.keys()
    assert {call["campaign"] for call in after.values()} == {"autumn"}
    assert all(event["revision"] for event in tables.heard.standing.values() if event["type"] == "call.ended")


async def test_begun_again_it_has_what_came_and_changed_meanwhile(database: Database, settings: Settings) -> None:
    await make_tables(database)
    rows = cdr_rows()
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    heard, time = Heard(), Time()
    await fill(database, {"cdr": rows[: len(rows) // 2]})
    async with following(only, heard, time) as tables:
        await tables.begin()
        await tables.look(3)
    await fill(database, {"cdr": rows[len(rows) // 2 :]})
    await database.run("UPDATE cdr SET accountcode = 'autumn'")
    async with following(only, heard, Time(), now_ms=1) as tables:  # and Ringboard's own clock was put back
        await tables.begin()
    autumn = [{**row, "accountcode": "autumn"} for row in rows]
    whole = Heard()
    for event in of_a_file(autumn, "asterisk-cdr", **TRUNKS).values():
        await whole.send(event)
    assert heard.calls() == whole.calls()


async def test_a_table_without_linkedid_is_read_as_a_file_without_is(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await database.run("ALTER TABLE cdr DROP COLUMN linkedid")
    rows = [{name: value for name, value in row.items() if name != "linkedid"} for row in cdr_rows()]
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    async with following(only) as tables:
        await fill(database, {"cdr": rows[:40]})
        await tables.begin()
        await fill(database, {"cdr": rows[40:]})
        await tables.look_far()
    whole = Heard()
    for event in of_a_file(rows, "asterisk-cdr", **TRUNKS).values():
        await whole.send(event)
    assert tables.heard.calls() == whole.calls()


async def test_a_clock_put_back_by_days_loses_no_call(database: Database, settings: Settings) -> None:
    await make_tables(database)
    rows, only = cdr_rows(), settings.model_copy(update={"sql_tables": ["cdr"]})
    shift = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - max(row["calldate"] for row in rows)
    calls = list(dict.fromkeys(row["linkedid"] for row in rows))
    before = set(calls[: len(calls) // 2])
    ahead = [
        {**row, "calldate": row["calldate"] + shift + timedelta(days=2)} for row in rows if row["linkedid"] in before
    ]
    after = [{**row, "calldate": row["calldate"] + shift} for row in rows if row["linkedid"] not in before]
    async with following(only) as tables:
        await fill(database, {"cdr": ahead})
        await tables.begin()
        await tables.look(20)
        await fill(database, {"cdr": after})
        await tables.look_far()
    whole = Heard()
    for event in of_a_file([*ahead, *after], "asterisk-cdr", **TRUNKS).values():
        await whole.send(event)
    assert tables.heard.calls().keys() == whole.calls().keys()


async def test_a_row_of_ones_own_is_read_by_a_mapping(database: Database, settings: Settings, tmp_path: Any) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text(
        'name = "ours"\ntimezone = "UTC"\n[[events]]\ntype = "lead.requested"\nat = "{asked}"\nlead = "{lead}"\n'
        'number = "{phone}"\nid = "{lead}"\ncampaign = "web"\n'
    )
    moment = "datetime" if database.is_mariadb else "timestamp"
    await database.run(
        f"CREATE TABLE web (lead int PRIMARY KEY, phone varchar(20), asked {moment}, changed {moment})",
        "CREATE INDEX web_changed ON web (changed)",
        "INSERT INTO web VALUES (1, '0639980001', '2026-01-05 08:00:00', '2026-01-05 08:00:00')",
    )
    only = settings.model_copy(update={"sql_tables": [f"web={mapping}@changed"]})
    async with following(only) as tables:
        await tables.begin()
        await database.run(
            "INSERT INTO web VALUES (2, '0639980002', '2026-01-05 08:01:00', '2026-01-05 08:01:00')",
            "UPDATE web SET phone = '0639980003', changed = '2026-01-05 08:02:00' WHERE lead = 1",
        )
        await tables.look()
    standing = {event["lead"]: event["number"] for event in tables.heard.standing.values()}
    assert standing == {"1": "0639980003", "2": "0639980002"}


async def test_what_comes_while_nothing_is_new_is_asked_little(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await fill(database, {name: rows() for name, rows in TABLES.items()})
    async with following(settings) as tables:
        await tables.begin()
        asked, read = (sum(getattr(one, name) for one in tables.queries) for name in ("asked", "rows_read"))
        await tables.look(64, every_s=5.0)
        asked_now, read_now = (sum(getattr(one, name) for one in tables.queries) for name in ("asked", "rows_read"))
    assert asked_now - asked == 64 * 2 * len(TABLES)
    assert read_now > read
