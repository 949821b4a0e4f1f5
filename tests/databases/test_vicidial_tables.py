"""VICIdial's four tables come to what files of the same rows come to, and a status that is corrected stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.databases.hearing import following, plain
from tests.read_source import read_bytes
from tests.shared_data import OWN

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = pytest.mark.slow
FLOOR = OWN / "vicidial"
KEYS = {
    "vicidial_log": "call_date",
    "vicidial_closer_log": "closecallid",
    "vicidial_agent_log": "agent_log_id",
    "vicidial_user_log": "user_log_id",
}
OF_THE_FILES_END = "offline"  # that the last row of a rep has ended, a file knows, and a table that goes on does not


def rows_of(table: str) -> list[dict[str, Any]]:
    header, *lines = (line.split("\t") for line in (FLOOR / f"{table}.tsv").read_text("utf-8").splitlines())
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    return [{name: None if value == "NULL" else value for name, value in row.items()} for row in rows]


async def make(database: Database, table: str) -> None:
    quote = "`" if database.is_mariadb else '"'
    rows, key = rows_of(table), KEYS[table]
    kinds = dict.fromkeys(rows[0], "varchar(255)")
    if key.endswith("id"):
        kinds[key] = "int PRIMARY KEY"
    columns = ", ".join(f"{quote}{name}{quote} {kind}" for name, kind in kinds.items())
    await database.run(f"CREATE TABLE {table} ({columns})", f"CREATE INDEX {table}_dated ON {table} ({key})")
    await database.insert(table, [{**row, key: int(row[key]) if key.endswith("id") else row[key]} for row in rows])


async def test_they_give_the_events_of_files(database: Database, settings: Settings) -> None:
    for table in KEYS:
        await make(database, table)
    ours = settings.model_copy(update={"sql_tables": list(KEYS)})
    async with following(ours) as tables:
        await tables.begin()
        await database.run("UPDATE vicidial_log SET status = 'NI' WHERE status = 'SALE'")
        await tables.look_far()
    expected: dict[str, Any] = {}
    for table in KEYS:
        file = read_bytes(table.replace("_", "-"), (FLOOR / f"{table}.tsv").read_bytes(), timezone="UTC")
        expected |= {event["id"]: plain(event) for event in file.events}
    standing = {name: plain(event) for name, event in tables.heard.standing.items()}
    assert not tables.heard.refused
    missing = {name for name in expected.keys() - standing.keys() if expected[name].get("state") != OF_THE_FILES_END}
    assert missing == set()
    assert standing.keys() <= expected.keys()
    changed = {name for name, event in standing.items() if event != expected[name]}
    assert changed
    assert {standing[name]["call"] for name in changed} <= {
        row["uniqueid"] for row in rows_of("vicidial_log") if row["status"] == "SALE"
    }
