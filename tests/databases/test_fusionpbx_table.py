"""FusionPBX's table comes to what a file of its rows comes to, with the reps of the table of extensions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import SystemClock
from stream.sources.sql.live import check
from tests.databases.hearing import Heard, following, of_a_file
from tests.freeswitch_legs import NUMBER, T, leg

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from tests.databases.conftest import Database

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
HOUSE, DOMAIN = "0199001000", "floor.example"
REPS = {f"{number:08}-0000-4000-8000-00000000000e": f"{1010 + number}" for number in range(3)}
"""The extensions by their ids."""
COLUMNS = {
    "xml_cdr_uuid": "uuid PRIMARY KEY", "extension_uuid": "uuid", "direction": "text", "context": "text",
    "caller_id_name": "text", "caller_id_number": "text", "caller_destination": "text", "destination_number": "text",
    "start_epoch": "numeric", "start_stamp": "timestamptz", "answer_stamp": "timestamptz", "answer_epoch": "numeric",
    "end_epoch": "numeric", "end_stamp": "timestamptz", "billsec": "numeric", "billmsec": "numeric",
    "bridge_uuid": "text", "leg": "char(1)", "originating_leg_uuid": "uuid", "last_app": "text",
    "voicemail_message": "boolean",
    "cc_side": "text", "cc_queue": "text", "cc_queue_joined_epoch": "numeric", "cc_queue_answered_epoch": "numeric",
    "cc_queue_terminated_epoch": "numeric", "cc_member_session_uuid": "uuid", "cc_agent": "text",
    "waitsec": "numeric", "status": "text", "hangup_cause": "text", "hangup_cause_q850": "numeric", "json": "jsonb",
    "insert_date": "timestamptz",
}  # fmt: skip
"""The types that FusionPBX gives the columns in PostgreSQL, the only database that it has left."""


def uuid(number: int, letter: str) -> str:
    return f"{number:08}-0000-4000-8000-00000000000{letter}"


def row(key: str, start: int, answer: int | None, end: int, **columns: Any) -> dict[str, Any]:
    stamps = {"start_stamp": T + start, "end_stamp": T + end, "insert_date": T + end + 20, "answer_stamp": 0}
    talk = 0 if answer is None else end - answer
    known = {
        "xml_cdr_uuid": key, "direction": "inbound", "context": "public", "caller_id_name": "Somebody",
        "caller_id_number": NUMBER, "caller_destination": HOUSE, "destination_number": HOUSE,
        "start_epoch": T + start, "answer_epoch": 0 if answer is None else T + answer, "end_epoch": T + end,
        "billsec": talk, "billmsec": 1000 * talk, "bridge_uuid": f"{key[:-1]}f" if answer is not None else None,
        "leg": "a", "last_app": "bridge", "voicemail_message": "false", "waitsec": (answer or start) - start,
        "status": "no_answer" if answer is None else "answered", "hangup_cause": "NORMAL_CLEARING",
        "hangup_cause_q850": 16, **{name: datetime.fromtimestamp(at, UTC) for name, at in stamps.items()}, **columns,
    }  # fmt: skip
    return {name: known.get(name) for name in COLUMNS}


def rows() -> list[dict[str, Any]]:
    """Return the legs of a morning in the order in which they were written."""
    found = []
    out: dict[str, Any] = {"direction": "outbound", "context": DOMAIN, "caller_id_number": HOUSE}
    for number in range(24):
        start, rep = 600 * number, list(REPS)[number % 3]
        a, b, c = (uuid(number, letter) for letter in "abc")
        if number % 4 == 0:  # placed by a rep; the far leg is logged too, and was before the near one
            called = f"063998{number:04}"
            found += [
                row(b, start + 1, start + 9, start + 60, **out, leg="b", originating_leg_uuid=a,
                    destination_number=called, insert_date=datetime.fromtimestamp(T + start + 61, UTC)),
                row(a, start, start + 9, start + 60, **out, extension_uuid=rep, destination_number=called,
                    bridge_uuid=b, waitsec=9),
            ]  # fmt: skip
        elif number % 4 == 1:  # a queue, whose first agent does not answer
            queue: dict[str, Any] = {"cc_queue": f"8000@{DOMAIN}", "cc_queue_joined_epoch": T + start + 2}
            answered = {"cc_queue_answered_epoch": T + start + 17, "cc_queue_terminated_epoch": T + start + 60}
            agent = {"cc_side": "agent", "cc_member_session_uuid": a, "cc_queue": queue["cc_queue"]}
            found += [
                row(b, start + 3, None, start + 10, **agent, destination_number="1011", extension_uuid=rep),
                row(c, start + 12, start + 17, start + 60, **agent, destination_number=REPS[rep], extension_uuid=rep),
                row(a, start, start + 1, start + 60, **queue, **answered, cc_side="member", cc_member_session_uuid=a,
                    bridge_uuid=c),
            ]  # fmt: skip
        elif number % 4 == 2:  # the whole record stands in the row
            record = leg(
                a, start, start + 1, start + 60.25, call=a, caller=NUMBER, called=HOUSE, context="public",
                variables={"bridge_uepoch": str(1_000_000 * (T + start) + 12_500_000), "campaign": "spring"},
            )  # fmt: skip
            found.append(row(a, start, start + 1, start + 60, extension_uuid=rep, json=json.dumps(record)))
        else:
            found.append(row(a, start, None, start + 60, extension_uuid=None))
    return sorted(found, key=lambda one: one["insert_date"])


async def make(database: Database, *, extensions: bool = True) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    await database.run(
        f"CREATE TABLE v_xml_cdr ({columns})", "CREATE INDEX v_xml_cdr_inserted ON v_xml_cdr (insert_date)"
    )
    if extensions:
        await database.run(
            "CREATE TABLE v_extensions (extension_uuid uuid PRIMARY KEY, extension text, password text)",
            f"REVOKE ALL ON v_extensions FROM {database.reader}",
            f"GRANT SELECT (extension_uuid, extension) ON v_extensions TO {database.reader}",
            *(f"INSERT INTO v_extensions VALUES ('{key}', '{name}')" for key, name in REPS.items()),  # noqa: S608 - ours
        )


async def insert(database: Database, some: list[dict[str, Any]]) -> None:
    """Insert rows, each value in the type of its column."""
    places = []
    for one in some:
        texts = ("NULL" if value is None else "'" + str(value).replace("'", "''") + "'" for value in one.values())
        kinds = (kind.removesuffix(" PRIMARY KEY") for kind in COLUMNS.values())
        places.append(f"({', '.join(f'{text}::{kind}' for text, kind in zip(texts, kinds, strict=True))})")
    statement = f"INSERT INTO v_xml_cdr ({', '.join(COLUMNS)}) VALUES {', '.join(places)}"  # noqa: S608 - ours
    await database.run(statement.replace("%", "%%"))


async def of_the_file(some: list[dict[str, Any]], *, reps: bool = True) -> Heard:
    """Return what a file of the same rows gives, as it stands."""
    texts = [
        {name: "" if value is None else value for name, value in one.items()}
        | ({"extension": REPS.get(one["extension_uuid"], "")} if reps else {})
        for one in some
    ]
    whole = Heard()
    for event in of_a_file(texts, "freeswitch-cdr", timezone="UTC").values():
        await whole.send(event)
    return whole


@pytest.fixture
def ours(settings: Settings) -> Settings:
    return settings.model_copy(update={"sql_tables": ["v_xml_cdr"]})


async def test_it_gives_the_events_of_a_file_of_the_same_rows(database: Database, ours: Settings) -> None:
    await make(database)
    await insert(database, rows())
    async with following(ours) as tables:
        await tables.begin()
        await tables.look(5)
    whole = await of_the_file(rows())
    assert not tables.heard.refused
    assert tables.heard.standing == whole.standing
    assert tables.heard.sends == len(whole.standing)
    calls = whole.calls().values()
    assert len(calls) == 24
    assert {call.get("rep") for call in calls} == {*REPS.values(), None}
    assert {call["queue"] for call in calls if "queue" in call} == {"8000"}
    (finding,) = [one for one in await check(ours, SystemClock()) if "v_xml_cdr" in one.what]
    assert "by the index of insert_date" in finding.message


async def test_legs_that_come_one_by_one_make_each_call_once(database: Database, ours: Settings) -> None:
    await make(database)
    some = rows()
    async with following(ours) as tables:
        await tables.begin()
        for one in some:
            await insert(database, [one])
            await tables.look()
    whole = await of_the_file(some)
    assert tables.heard.calls() == whole.calls()


async def test_a_row_that_changes_makes_a_later_revision_of_its_call(database: Database, ours: Settings) -> None:
    await make(database)
    some = [one for one in rows() if one["json"] is None]
    await insert(database, some)
    async with following(ours) as tables:
        await tables.begin()
        before = tables.heard.calls()
        await database.run("UPDATE v_xml_cdr SET hangup_cause_q850 = 31 WHERE cc_side IS NULL")
        await tables.look_far()
    after = tables.heard.calls()
    assert before.keys() == after.keys()
    changed = [{**one, "hangup_cause_q850": 31 if one["cc_side"] is None else 16} for one in some]
    assert after == (await of_the_file(changed)).calls()


async def test_without_the_table_of_extensions_reps_are_absent_and_check_says_so(
    database: Database, ours: Settings
) -> None:
    await make(database, extensions=False)
    await insert(database, rows()[:6])
    async with following(ours) as tables:
        await tables.begin()
    assert tables.heard.calls() == (await of_the_file(rows()[:6], reps=False)).calls()
    (finding,) = [one for one in await check(ours, SystemClock()) if "v_xml_cdr" in one.what]
    assert (
        finding.message == "there is no table v_extensions beside it, which tells which rep placed or answered a call"
    )
    assert finding.todo == "see whether it lies in the same schema"


def left_out(heard: Heard) -> tuple[int, int]:
    """Return how many calls were left out as internal, and as of no known direction."""
    return heard.metrics.fates["internal"], heard.metrics.fates["unknown"]


def orphans() -> list[dict[str, Any]]:
    """Return legs whose caller's row never comes: to a number outside, and to an agent whom a queue rang."""
    out: dict[str, Any] = {"direction": "outbound", "context": DOMAIN, "caller_id_number": HOUSE, "leg": "b"}
    agent: dict[str, Any] = {"cc_side": "agent", "cc_queue": f"8000@{DOMAIN}", "destination_number": "1011"}
    return [
        row(uuid(91, "b"), 14_400, 14_409, 14_460, **out, originating_leg_uuid=uuid(91, "a"),
            destination_number="0639980091"),
        row(uuid(92, "b"), 14_400, None, 14_420, **agent, cc_member_session_uuid=uuid(92, "a")),
    ]  # fmt: skip


async def test_a_leg_whose_caller_never_comes_is_told_as_what_it_can_be_or_left_out_and_counted(
    database: Database, ours: Settings
) -> None:
    await make(database)
    await insert(database, [*rows(), *orphans()])
    heard = Heard()
    async with following(ours, heard) as tables:
        await tables.begin()
        whole = (await of_the_file(rows())).calls()
        assert heard.calls() == whole
        assert (left_out(heard), tables.followers[0].waiting) == ((0, 0), 2)
        await tables.look(every_s=3.9 * 3600)
        assert (left_out(heard), tables.followers[0].waiting) == ((0, 0), 2)
        await tables.look(every_s=0.2 * 3600)
        assert (left_out(heard), tables.followers[0].waiting) == ((0, 1), 0)
        (more,) = (call for call in heard.calls().values() if call["call"] not in whole)
        assert (more["direction"], more["number"], more["talk_s"]) == ("outbound", "0639980091", 51)
        await tables.look(3)
        assert (left_out(heard), len(heard.calls())) == ((0, 1), len(whole) + 1)


async def test_a_leg_that_waited_is_part_of_its_call_once_the_caller_comes(database: Database, ours: Settings) -> None:
    await make(database)
    await insert(database, orphans()[:1])
    heard = Heard()
    near = row(uuid(91, "a"), 14_399, 14_409, 14_460, direction="outbound", context=DOMAIN, caller_id_number=HOUSE,
               extension_uuid=next(iter(REPS)), destination_number="0639980091")  # fmt: skip
    async with following(ours, heard) as tables:
        await tables.begin()
        assert not heard.calls()
        await insert(database, [near])
        await tables.look(2)
        (call,) = heard.calls().values()
        assert (call["call"], call["rep"]) == (uuid(91, "a"), REPS[next(iter(REPS))])
        await tables.look(every_s=5 * 3600)
        assert (len(heard.calls()), left_out(heard)) == (1, (0, 0))


async def test_calls_between_extensions_are_counted_as_left_out(database: Database, ours: Settings) -> None:
    await make(database)
    inside = {"direction": "local", "context": DOMAIN, "caller_id_number": "1010", "destination_number": "1011"}
    await insert(database, [row(uuid(95, "a"), 0, 5, 60, **inside)])
    heard = Heard()
    async with following(ours, heard) as tables:
        await tables.begin()
        await tables.look(3)
    assert (left_out(heard), heard.calls()) == ((1, 0), {})
