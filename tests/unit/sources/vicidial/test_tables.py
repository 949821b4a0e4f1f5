"""VICIdial's tables, as mysql writes them, become calls, stays in queues and states of reps."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from stream.sources.formats import FORMATS
from stream.sources.reading import WrongFileError
from stream.sources.vicidial.tables import TABLES, TableFile
from tests.floor_in_memory import FloorInMemory
from tests.read_source import FileRead, read_bytes, settings_of
from tests.shared_data import SHARED, recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

(OURS,) = recordings("vicidial")
FIELD = SHARED / "field" / "vicidial"
START = 1_767_258_000_000
AFTER = START + 3 * 3_600_000
FORMS = {table.name: table.form for table in TABLES}


def read(table: str, change: Callable[[str], str] = str, **settings: Any) -> FileRead:
    return read_bytes(FORMS[table], change(OURS.read_text(f"{table}.tsv")), **settings)


def row_of(table: str, place: int, **columns: str) -> str:
    """Return the header of a table and one of its rows, with other texts in some columns, or in columns of its own."""
    header, *rows = OURS.read_text(f"{table}.tsv").splitlines()
    record = dict(zip(header.split("\t"), rows[place].split("\t"), strict=True)) | columns
    return "\n".join("\t".join(cells) for cells in (record.keys(), record.values()))


def one(table: str, place: int, settings: dict[str, Any] | None = None, /, **columns: str) -> FileRead:
    return read_bytes(FORMS[table], row_of(table, place, **columns), **(settings or {}))


def told_at(table: str, data: str, at: int) -> Iterator[dict[str, Any]]:
    """Yield the events of a file that is read at `at`."""
    (found,) = (entry for entry in TABLES if entry.name == table)
    for item in TableFile(found, found.reader(settings_of(), at)).read(io.BytesIO(data.encode())):
        yield item.event  # type: ignore[union-attr,misc]


def kpis(*files: FileRead, now: int = AFTER, window: str = "today") -> dict[str, Any]:
    floor = FloorInMemory(clock=FixedClock(now))
    told = floor.feed(event for file in files for event in file.events).kpis(window)
    return {name: one["value"] for name, one in told.items()} | {"attempts": told["contact_rate"]["denominator"]}


@pytest.mark.parametrize("table", FORMS)
@pytest.mark.parametrize("written", [str, lambda text: text.replace("\t", ","), lambda text: text.replace("\t", ";")])
def test_a_table_is_known_by_its_header_however_its_columns_are_separated(
    table: str, written: Callable[[str], str]
) -> None:
    head = written(OURS.read_text(f"{table}.tsv"))
    assert next(name for name, form in FORMATS.items() if form.looks(head.encode())) == FORMS[table]
    told = read(table, written)
    assert [{**event, "revision": 0} for event in told.events] == [
        {**event, "revision": 0} for event in read(table).events
    ]
    assert not told.refused


def test_each_row_of_the_calls_dialled_is_one_attempt_and_a_number_left_out_is_none() -> None:
    told = read("vicidial_log")
    calls = told.calls()
    assert len(calls) == 9
    assert {call["direction"] for call in calls.values()} == {"outbound"}
    assert told.source.left_open == 1
    assert told.source.unused == {"number that was not dialled": 1}
    assert [call["disposition"] for call in calls.values()] == [
        "interested", "no_answer", "voicemail", "refused", "abandoned", "busy", "voicemail", "conversation", "HUP",
    ]  # fmt: skip
    assert [call.get("rep") for call in calls.values()] == [
        "6001", None, "6001", "6002", None, None, None, "6001", "6002",
    ]  # fmt: skip


def test_what_a_machine_or_nobody_answered_has_no_talk_and_what_was_answered_says_so() -> None:
    calls = list(read("vicidial_log").calls().values())
    assert [call["talk_s"] for call in calls] == [185, 0, 12, 41, 0, 0, 0, 95, 33]
    assert [bool(call["talk_s"] or "answered_at" in call) for call in calls] == [
        True, False, True, True, True, False, True, True, True,
    ]  # fmt: skip
    assert [call.get("amd") for call in calls] == [None] * 6 + ["machine", None, None]


def test_times_are_those_of_the_epoch_whatever_the_clock_of_the_server_shows() -> None:
    call = one("vicidial_log", 0, call_date="2025-12-31 20:00:00").call()
    assert (call["placed_at"], call["at"]) == (START, START + 185_000)


def test_a_row_without_an_epoch_is_of_the_clock_that_other_rows_show() -> None:
    header, first, second, *_ = OURS.read_text("vicidial_user_log.tsv").splitlines()
    away = [line.replace("2026-01-01 10:", "2026-01-01 04:") for line in (first, second)]
    away[1] = away[1].replace("1767258000", "NULL")
    told = read_bytes("vicidial-user-log", "\n".join([header, *away]))
    assert [event["at"] for event in told.events] == [START, START]
    assert any("vicidial_timezone" in remark for remark in told.source.remarks)


def test_a_row_without_an_epoch_is_of_the_configured_clock() -> None:
    told = one(
        "vicidial_user_log", 0, {"vicidial_timezone": "America/New_York"}, event_epoch="NULL",
        event_date="2026-01-01 04:00:00",
    )  # fmt: skip
    assert told.events[0]["at"] == START


@pytest.mark.parametrize(
    ("code", "number", "said"),
    [
        ("33", "0639980001", "+33639980001"),
        ("33", "639980001", "+33639980001"),
        ("1", "0639980001", "0639980001"),  # a floor that has never set the code
        ("44", "7700900123", "+447700900123"),
        ("NULL", "0639980001", "0639980001"),
        ("33", "NULL", "anonymous"),
        ("33", "unknown", "unknown"),
    ],
)
def test_a_number_is_that_of_its_country_or_of_the_floors(code: str, number: str, said: str) -> None:
    assert one("vicidial_log", 0, phone_code=code, phone_number=number).call()["number"] == said


def test_a_lead_is_named_only_where_the_settings_say_that_it_is_the_floors() -> None:
    assert "lead" not in one("vicidial_log", 0).call()
    assert one("vicidial_log", 0, {"vicidial_leads": "yes"}).call()["lead"] == "1001"


def test_columns_of_the_agents_row_make_the_talk_exact() -> None:
    call = one("vicidial_log", 0, talk_sec="180", dead_sec="5", dispo_sec="15").call()
    assert (call["talk_s"], call["wrap_s"]) == (175, 20)
    assert not one("vicidial_log", 0, talk_sec="180", dead_sec="5", dispo_sec="15").source.remarks
    assert any("whole length" in remark for remark in one("vicidial_log", 0).source.remarks)


def test_a_code_of_the_floors_own_is_left_to_the_settings() -> None:
    own = {"dispositions": {"NP": "conversation"}}
    assert one("vicidial_log", 0, own, status="NP").call()["disposition"] == "NP"
    assert one("vicidial_log", 0, status="NP").call()["disposition"] == "other"
    assert one("vicidial_log", 0, {"dispositions_profile": "vicidial"}).call()["disposition"] == "SALE"


def test_a_call_that_ended_without_its_end_being_written_is_one_if_it_has_an_outcome() -> None:
    call = one("vicidial_log", 3, end_epoch="NULL").call()
    assert call["at"] == call["placed_at"] + 41_000


def test_a_status_that_is_corrected_later_stands_and_the_call_counts_once() -> None:
    before = row_of("vicidial_log", 2)
    after = row_of("vicidial_log", 2, status="SALE")
    floor = FloorInMemory(clock=FixedClock(AFTER))
    for at, data in ((1, before), (2, after), (1, before)):
        floor.feed(told_at("vicidial_log", data, at))
        rate = floor.kpis("today")["contact_rate"]
        assert rate["denominator"] == 1
    assert rate["value"] == 1


def test_the_same_file_twice_counts_once() -> None:
    files = [read(table) for table in FORMS]
    assert kpis(*files) == kpis(*files, *[read(table) for table in FORMS])


def test_attempts_contacts_and_answers_are_those_counted_by_hand() -> None:
    values = kpis(*[read(table) for table in FORMS])
    assert values["attempts"] == 9
    assert values["contact_rate"] == pytest.approx(4 / 9)  # SALE, NI, XFER, and HUP by its talk


def test_in_groups_are_queues_with_their_waits_and_outcomes() -> None:
    told = read("vicidial_closer_log")
    left = {
        event["call"].partition("/")[2] or event["call"].partition(".")[2]: event
        for event in told.of_type("queue.left")
    }
    assert {stay: (event["queue"], event["outcome"], event["wait_s"]) for stay, event in left.items()} == {
        "501": ("CLOSERS", "answered", 12),
        "502": ("SUPPORT", "answered", 8),
        "503": ("SUPPORT", "abandoned", 35),
        "504": ("SUPPORT", "timeout", 90),
        "505": ("SUPPORT", "answered", 41.5),
        "506": ("SUPPORT", "abandoned", 0),
        "508": ("SUPPORT", "answered", 5),
    }
    assert len(told.of_type("queue.joined")) == 8
    assert told.source.left_open == 2
    calls = told.of_type("call.ended")
    assert [(call.get("rep"), call["talk_s"]) for call in calls] == [
        ("7001", 228), ("6001", 122), (None, 0), (None, 0), ("6002", 33.5), (None, 0),
    ]  # fmt: skip


def test_a_wait_that_a_row_does_not_tell_is_absent_and_who_was_not_answered_has_waited_till_the_end() -> None:
    answered = one("vicidial_closer_log", 1, queue_seconds="NULL")
    (left,), (call,) = answered.of_type("queue.left"), answered.of_type("call.ended")
    assert left["outcome"] == "answered"
    assert not {"wait_s", "talk_s", "answered_at"} & ({*left} | {*call})
    (remark,) = answered.source.remarks
    assert remark.startswith("queue_seconds is empty in 1 rows of answered callers: their wait is left out, and their")
    dropped = one("vicidial_closer_log", 1, queue_seconds="NULL", user="VDCL", status="DROP", term_reason="ABANDON")
    (left,) = dropped.of_type("queue.left")
    assert (left["outcome"], left["wait_s"], dropped.source.remarks) == ("abandoned", 130.0, [])


@pytest.mark.parametrize("table", ["vicidial_log", "vicidial_closer_log"])
def test_a_time_that_is_not_needed_costs_no_row(table: str) -> None:
    zero, right = one(table, 1, call_date="0000-00-00 00:00:00"), one(table, 1)
    assert not zero.refused
    assert [{**event, "revision": 0} for event in zero.events] == [{**event, "revision": 0} for event in right.events]


def test_drops_make_the_abandon_rate() -> None:
    values = kpis(read("vicidial_closer_log"))
    assert values["abandon_rate"] == pytest.approx(2 / 7)  # of all that left a queue


def test_a_call_that_was_handed_on_stays_the_attempt_that_it_was() -> None:
    outbound, inbound = read("vicidial_log"), read("vicidial_closer_log")
    assert not outbound.calls().keys() & inbound.calls().keys()
    assert kpis(outbound, inbound)["attempts"] == kpis(inbound, outbound)["attempts"] == 9


def test_an_in_group_for_handing_calls_on_is_no_queue_and_its_status_is_the_calls() -> None:
    told = read("vicidial_closer_log", vicidial_transfer_groups=["CLOS*"])
    (verdict,) = told.of_type("call.disposed")
    assert (verdict["call"], verdict["disposition"], verdict["rep"]) == (
        f"{START // 1000 + 960}.8",
        "interested",
        "7001",
    )
    assert {event["queue"] for event in told.of_type("queue.joined")} == {"SUPPORT"}


def test_reps_pause_wait_talk_and_wrap_up_and_who_is_alone_on_the_line_wraps_up() -> None:
    told = read("vicidial_agent_log")
    states = [(event["at"] // 1000 - START // 1000, event["state"], event.get("reason")) for event in told.events
              if event["rep"] == "6001"]  # fmt: skip
    assert states == [
        (0, "paused", "LOGIN"), (60, "available", None), (100, "talking", None), (280, "wrap_up", None),
        (300, "available", None), (330, "talking", None), (342, "wrap_up", None),
        (350, "paused", "LUNCH"), (950, "available", None), (970, "talking", None), (1065, "wrap_up", None),
        (1095, "paused", "LAGGED"), (1100, "offline", None),
    ]  # fmt: skip


def test_who_has_no_row_for_long_is_taken_to_be_gone_and_the_summary_says_so() -> None:
    told = read("vicidial_agent_log")
    gone = [(event["rep"], (event["at"] - START) // 1000) for event in told.events if event["state"] == "offline"]
    assert gone == [("6002", 410), ("6001", 1100), ("6002", 1125)]
    assert any(remark.startswith("3 times no row follows") for remark in told.source.remarks)


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"pause_sec": "0", "wait_epoch": "NULL"}, "paused"),
        ({"wait_epoch": "1767259100", "wait_sec": "0"}, "available"),
        ({"wait_epoch": "1767259100", "wait_sec": "9", "talk_epoch": "1767259109"}, "talking"),
        ({"wait_epoch": "1767259100", "talk_epoch": "1767259109", "dead_epoch": "1767259119"}, "wrap_up"),
        (
            {"wait_epoch": "1767259100", "talk_epoch": "1767259109", "talk_sec": "9", "dispo_epoch": "1767259118"},
            "wrap_up",
        ),
    ],
)
def test_a_row_that_goes_on_says_what_the_rep_does_now(columns: dict[str, str], state: str) -> None:
    assert one("vicidial_agent_log", 4, None, **columns).events[-1]["state"] == state


def test_logins_and_logouts_are_coming_and_going() -> None:
    told = read("vicidial_user_log")
    assert [(event["rep"], event["state"], event["at"] - START) for event in told.events] == [
        ("6001", "available", 0), ("6002", "available", 0),
        ("6002", "offline", 410_000), ("6001", "offline", 1_100_000),
    ]  # fmt: skip
    assert told.source.unused == {"user event": 1}


def test_occupancy_is_the_reps_time_on_contacts_of_their_time_on_hand() -> None:
    values = kpis(read("vicidial_user_log"), read("vicidial_agent_log"))
    on_contact = (180 + 20) + (12 + 8) + (95 + 30) + (41 + 9) + (33 + 12)
    idle = 40 + 30 + 20 + 300 + 80
    assert values["occupancy"] == pytest.approx(on_contact / (on_contact + idle))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"start_epoch": "soon"}, "start_epoch: 4 characters; write seconds since the epoch"),
        ({"start_epoch": "NULL", "call_date": "NULL"}, "start_epoch: empty, and call_date too; one of them says when"),
        ({"uniqueid": ""}, "uniqueid: empty; each call has one"),
        (
            {"length_in_sec": "0:41"},
            "length_in_sec: 4 characters; write seconds, 0 or more, as a number and not as on a clock",
        ),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_costs_itself_alone_and_says_why(columns: dict[str, str], said: str) -> None:
    bad = row_of("vicidial_log", 0, **columns)
    told = read_bytes("vicidial-log", f"{bad}\n{OURS.read_text('vicidial_log.tsv').splitlines()[2]}")
    assert [one.refused.message for one in told.refused] == [said]
    assert len(told.of_type("call.ended")) == 1


def test_a_row_that_is_cut_off_is_refused() -> None:
    header, row, *_ = OURS.read_text("vicidial_log.tsv").splitlines()
    told = read_bytes("vicidial-log", f"{header}\n{row[:22]}")
    assert told.refused[0].refused.message == "4 columns where the header has 18; is the row cut off?"
    told = read_bytes("vicidial-log", header.replace("\t", ",") + '\n"cut')
    assert told.refused[0].refused.message == "a quote is open; is the row cut off?"


def test_each_table_says_which_of_its_columns_is_empty() -> None:
    messages = [
        one("vicidial_closer_log", 1, closecallid="").refused[0].refused.message,
        one("vicidial_agent_log", 1, user="").refused[0].refused.message,
        one("vicidial_user_log", 1, user_log_id="NULL").refused[0].refused.message,
    ]
    assert messages == [
        "closecallid: empty; each row of vicidial_closer_log has one",
        "user: empty; each row of vicidial_agent_log has one",
        "user_log_id: empty; each row of vicidial_user_log has one",
    ]


def test_another_header_is_told_what_it_lacks() -> None:
    with pytest.raises(WrongFileError) as error:
        read_bytes("vicidial-log", "uniqueid\tcall_date\tstatus\n")
    assert str(error.value) == (
        "header: it lacks length_in_sec, phone_number, alt_dial of the table vicidial_log; write all its columns, and "
        "their names above them, as mysql --batch does"
    )


def test_a_remark_in_an_older_character_set_costs_no_call_and_a_tab_in_it_no_column() -> None:
    data = row_of("vicidial_log", 0, comments="déjà\\tappelé").encode("cp1252")
    assert read_bytes("vicidial-log", data).call()["talk_s"] == 185


@pytest.mark.skipif(not FIELD.exists(), reason="the files of others are not there")
def test_tables_that_others_wrote_are_read_as_they_stand() -> None:
    files = [
        read_bytes(FORMS[table], (FIELD / f"{table}.tsv").read_bytes())
        for table in ("vicidial_log", "vicidial_closer_log", "vicidial_agent_log")
    ]
    assert not any(file.refused for file in files)
    values = kpis(*files, now=1_795_540_000_000)
    assert values["attempts"] == 11
    assert values["contact_rate"] == pytest.approx(5 / 11)  # SALE, NI, CALLBK, XFER, and HUP by its 33 seconds
    assert values["abandon_rate"] == pytest.approx(2 / 6)
