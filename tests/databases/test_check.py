"""`ringboard check` says what is wrong with a database in its administrator's words, and no password ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stream.clock import SystemClock
from stream.sources.live_source import LostError
from stream.sources.sql.live import check, source_of
from tests.databases.conftest import READER_PASSWORD
from tests.databases.floor_tables import TABLES, fill, make_tables
from tests.databases.hearing import Heard
from tests.databases.servers import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = pytest.mark.slow


async def said(settings: Settings) -> list[tuple[str, str, str]]:
    """Return what the check finds: its state, what it says, and what to do."""
    found = await check(settings, SystemClock())
    words = " ".join(str(one) for one in found)
    assert PASSWORD not in words
    assert READER_PASSWORD not in words
    return [(one.state, one.message, one.todo) for one in found]


def at(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"sql_url": SecretStr(url)})


async def test_all_is_well(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await fill(database, {name: rows()[:5] for name, rows in TABLES.items()})
    states = await said(settings)
    assert [state for state, _, _ in states] == ["ok"] * 4
    assert states[0][1] == "answers; its user may read, and nothing else; 3 tables"
    assert states[1][1].startswith("as asterisk-cdr, by the index of calldate; not read yet")


async def test_nobody_there(database: Database, settings: Settings) -> None:
    url = re.sub(r":\d+/", ":9/", database.url)
    ((state, message, todo),) = await said(at(settings, url))
    assert state == "fail"
    assert message == f"no database answers: {database.name} at 127.0.0.1:9"
    assert todo == "start it, or correct sql_url"


async def test_a_wrong_password(database: Database, settings: Settings) -> None:
    url = database.server.url(database.name, database.reader, "wrong")
    ((state, message, _),) = await said(at(settings, url))
    expected = f"the user {database.reader} or its password is wrong, or may not log in from this machine"
    assert (state, message) == ("fail", expected)
    with pytest.raises(LostError, match="its password is wrong") as lost:
        await source_of(at(settings, url), SystemClock()).listen(Heard())
    assert lost.value.hopeless


async def test_no_such_database(database: Database, settings: Settings) -> None:
    url = database.server.url("nowhere", database.reader, READER_PASSWORD)
    ((state, message, _),) = await said(at(settings, url))
    expected = f"there is no database nowhere, or the user {database.reader} has no right to it"
    assert (state, message) == ("fail", expected)


async def test_no_such_table_and_a_missing_column(database: Database, settings: Settings) -> None:
    await make_tables(database)
    await database.run("ALTER TABLE cel DROP COLUMN uniqueid", "DROP TABLE queue_log")
    _, _, cel, queue_log = await said(settings)
    assert cel[:2] == ("fail", "table cel: it has no column uniqueid, which asterisk-cel reads")
    assert cel[2] == "have the column written too, or name what the table is like in sql_tables"
    assert queue_log[:2] == ("fail", "table queue_log: it is not there, or may not be seen")
    assert queue_log[2] == "correct sql_tables, or grant SELECT on it (docs/sources/sql.md)"


async def test_a_column_that_says_nothing_of_what_is_newer(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text('name = "ours"\n[[events]]\ntype = "lead.lost"\nlead = "{id}"\nat = "{day}"\n')
    await database.run("CREATE TABLE web (id int PRIMARY KEY, day varchar(20), open boolean)")
    only = settings.model_copy(update={"sql_tables": [f"web={mapping}@open"]})
    _, (state, message, todo) = await said(only)
    if database.is_mariadb:  # where a boolean is a number
        assert (state, message) == ("warn", "no index begins with open, so each look reads the whole table")
    else:
        expected = "table web: the column open is no number or time that says which row is newer"
        assert (state, message) == ("fail", expected)
        assert todo == "name another in sql_tables: TABLE=MAPPING.toml@COLUMN"


async def test_no_right_to_a_table(database: Database, settings: Settings) -> None:
    await make_tables(database)
    revoked = f"REVOKE SELECT ON cdr FROM {database.reader}"  # noqa: S608 - a name of ours
    if database.is_mariadb:
        user = f"{database.reader}@'127.0.0.1'"
        revoked = f"REVOKE SELECT ON {database.name}.* FROM {user}"  # noqa: S608 - as above
        await database.run(f"GRANT SELECT ON {database.name}.cel TO {user}")
    await database.run(revoked)
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    _, (state, message, todo) = await said(only)
    assert state == "fail"
    assert "may not" in message
    assert "SELECT" in todo


async def test_a_table_without_an_index_is_slow(database: Database, settings: Settings) -> None:
    await make_tables(database, indexes=False)
    only = settings.model_copy(update={"sql_tables": ["cdr"]})
    _, (state, message, todo) = await said(only)
    assert (state, message) == ("warn", "no index begins with calldate, so each look reads the whole table")
    assert todo == "create one there: CREATE INDEX ringboard_calldate ON cdr (calldate)"
    await database.run(todo.partition(": ")[2])
    _, (state, message, _) = await said(only)
    assert (state, message) == ("warn", "it has no rows")


async def test_a_user_that_may_write_is_told(database: Database, settings: Settings) -> None:
    await make_tables(database)
    (state, message, _), *_ = await said(at(settings, database.server.url(database.name)))
    assert state == "warn"
    assert message.startswith("its user may also ")


async def test_over_tls_the_certificate_is_verified(database: Database, settings: Settings) -> None:
    await make_tables(database)
    tls = settings.model_copy(update={"sql_tls": "yes", "sql_tls_ca": database.server.ca})
    assert (await said(tls))[0][0] == "ok"
    ((state, message, _),) = await said(settings.model_copy(update={"sql_tls": "yes"}))
    assert (state, message) == ("fail", "its certificate does not show that it is 127.0.0.1")
