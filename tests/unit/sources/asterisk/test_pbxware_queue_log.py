"""A PBXware queue log becomes canonical events, and the same ones however often it is read."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from typing import Any

import pytest

from stream.errors import RingboardError
from stream.sources.asterisk.pbxware_queue_log import PbxwareQueueLog
from stream.sources.reading import Read, Unreadable
from tests.shared_data import OURS, OUTSIDE, Recording, each

HEADER = "uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,time"
T = 1_767_600_000  # a moment of January 2026, in seconds since the epoch

Event = dict[str, Any]


class Log:
    """A queue log that is written row by row."""

    def __init__(self) -> None:
        self.rows = [HEADER]

    def row(
        self, after_s: int, call: str, who: str, verb: str, number: str = "", *, queue: str = "NONE", **times: int
    ) -> None:
        htime, ttime = times.get("htime", 0), times.get("ttime", 0)
        uid = len(self.rows)
        self.rows.append(f'{uid},{T + after_s},{call},{queue},{who},{verb},{number},,,0,0,{htime},{ttime},"local time"')

    def read(self) -> tuple[list[Event], list[Unreadable], PbxwareQueueLog]:
        return read("\n".join(self.rows).encode())


def read(data: bytes) -> tuple[list[Event], list[Unreadable], PbxwareQueueLog]:
    source = PbxwareQueueLog()
    told = list(source.read(io.BytesIO(data)))
    events = [dict(item.event) for item in told if isinstance(item, Read) and not isinstance(item.event, bytes)]
    return events, [item for item in told if isinstance(item, Unreadable)], source


def of_type(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def test_an_answered_dial_is_one_attempt_with_its_ring_and_talk() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(63, "c1", "Agent/1141", "OUTANSWER", "0199001234", htime=9, ttime=54)
    events, refused, source = log.read()
    assert of_type(events, "call.ended") == [
        {
            "id": f"pbxware:{T + 63}:0000000002:call.ended",
            "type": "call.ended",
            "at": 1000 * (T + 63),
            "source": "pbxware",
            "call": "c1",
            "direction": "outbound",
            "placed_at": 1000 * T,
            "answered_at": 1000 * (T + 9),
            "number": "0199001234",
            "rep": "1141",
            "ring_s": 9,
            "talk_s": 54,
        }
    ]
    assert [(e["state"], e["at"] // 1000 - T) for e in of_type(events, "rep.state")] == [
        ("ringing", 0),
        ("talking", 9),
        ("available", 63),
    ]
    assert not refused
    assert source.left_open == 0


def test_a_redial_within_a_call_is_the_same_attempt_and_its_last_end_stands() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(1, "c1", "Agent/1141", "OUTCHANUNAVAIL", "0199001234", htime=1)
    log.row(1, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(20, "c1", "Agent/1141", "OUTCANCEL", "0199001234", htime=19)
    (attempt,) = of_type(log.read()[0], "call.ended")
    assert (attempt["disposition"], attempt["placed_at"], attempt["at"]) == ("no_answer", 1000 * T, 1000 * (T + 20))
    assert "answered_at" not in attempt


def test_the_answered_end_stands_whatever_follows_it() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(1, "c1", "Agent/1141", "OUTCONGESTION", "0199001234")
    log.row(1, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(45, "c1", "Agent/1141", "OUTANSWER", "0199001234", htime=4, ttime=40)
    log.row(55, "c1", "Agent/1141", "OUTTRANSFER", "0199001234", htime=5, ttime=5)
    log.row(56, "c1", "Agent/1141", "OUTCANCEL", "0199001234")
    events, _, source = log.read()
    (attempt,) = of_type(events, "call.ended")
    assert (attempt["talk_s"], attempt["answered_at"]) == (40, 1000 * (T + 5))
    assert "disposition" not in attempt
    assert source.unused == {"OUTTRANSFER": 1, "OUTCANCEL": 1}


def test_a_failed_dial_is_told_once_no_redial_can_follow_and_not_again_at_the_end() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(30, "c1", "Agent/1141", "OUTCHANUNAVAIL", "0199001234", htime=30)
    log.row(5000, "NONE", "NONE", "CONFIGRELOAD")
    (attempt,) = of_type(log.read()[0], "call.ended")
    assert attempt["disposition"] == "failed"


@pytest.mark.parametrize("number", ["1115", "881142", "15555550123", "+33199001234"])
def test_extensions_and_odd_numbers_are_passed_on_as_they_stand(number: str) -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", number)
    log.row(9, "c1", "Agent/1141", "OUTCANCEL", number)
    assert of_type(log.read()[0], "call.ended")[0]["number"] == number


def test_an_empty_number_is_a_withheld_one() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL")
    log.row(9, "c1", "Agent/1141", "OUTCANCEL")
    assert of_type(log.read()[0], "call.ended")[0]["number"] == "anonymous"


def test_a_caller_waits_is_answered_and_the_call_ends() -> None:
    log = Log()
    log.row(0, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="IT")
    log.row(76, "c1", "Agent/1127", "CONNECT", "", queue="IT", htime=76)
    log.row(123, "c1", "Agent/1127", "COMPLETECALLER", "0261911234", queue="IT", htime=76, ttime=47)
    events, _, source = log.read()
    joined, left, talking, ended, after = events
    assert (joined["type"], joined["call"], joined["queue"], joined["at"]) == ("queue.joined", "c1/IT", "IT", 1000 * T)
    assert (left["outcome"], left["wait_s"], left["at"]) == ("answered", 76, 1000 * (T + 76))
    assert (talking["state"], after["state"]) == ("talking", "available")
    assert (ended["direction"], ended["queue"], ended["talk_s"], ended["wait_s"]) == ("inbound", "IT", 47, 76)
    assert (ended["placed_at"], ended["answered_at"], ended["number"]) == (1000 * T, 1000 * (T + 76), "0261911234")
    assert source.left_open == 0


@pytest.mark.parametrize(
    ("verb", "outcome"), [("ABANDON", "abandoned"), ("EXITWITHTIMEOUT", "timeout"), ("EXITWITHKEY", "timeout")]
)
def test_a_caller_leaves_unanswered(verb: str, outcome: str) -> None:
    log = Log()
    log.row(0, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="IT")
    log.row(45, "c1", "NONE", verb, "0261911234", queue="IT", htime=45)
    _, left = log.read()[0]
    assert (left["type"], left["outcome"], left["wait_s"]) == ("queue.left", outcome, 45)


def test_a_call_that_passes_two_queues_is_told_apart() -> None:
    log = Log()
    log.row(0, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="IT")
    log.row(300, "c1", "NONE", "EXITWITHTIMEOUT", "0261911234", queue="IT", htime=300)
    log.row(300, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="SALES")
    log.row(310, "c1", "NONE", "ABANDON", "0261911234", queue="SALES", htime=10)
    log.row(400, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="IT")
    assert [event["call"] for event in log.read()[0]] == ["c1/IT", "c1/IT", "c1/SALES", "c1/SALES", "c1/IT/2"]


def test_a_rep_comes_and_goes_and_is_not_available_after_having_gone() -> None:
    log = Log()
    log.row(0, "m", "Local/1127@callback-agent", "ADDMEMBER", queue="IT")
    log.row(10, "c1", "Agent/1127", "OUTDIAL", "0199001234")
    log.row(15, "m", "Agent/1127", "AGENTCALLBACKLOGOFF", "hint:1127@default")
    log.row(50, "c1", "Agent/1127", "OUTANSWER", "0199001234", htime=5, ttime=35)
    states = [(event["rep"], event["state"]) for event in of_type(log.read()[0], "rep.state")]
    assert states == [("1127", state) for state in ("available", "ringing", "offline", "talking", "offline")]


def test_what_the_file_cuts_off_is_left_open_and_said() -> None:
    log = Log()
    log.row(0, "c1", "NONE", "ENTERQUEUE", "0261911234", queue="IT")
    log.row(5, "c2", "Agent/1127", "OUTDIAL", "0199001234")
    events, _, source = log.read()
    assert not of_type(events, "call.ended")
    assert source.left_open == 2


def test_a_call_that_began_before_the_file_is_an_attempt_all_the_same() -> None:
    log = Log()
    log.row(60, "c1", "Agent/1127", "OUTANSWER", "0199001234", htime=10, ttime=40)
    (attempt,) = of_type(log.read()[0], "call.ended")
    assert (attempt["placed_at"], attempt["answered_at"]) == (1000 * (T + 10), 1000 * (T + 20))


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("2,soon,c9,NONE,Agent/1,OUTDIAL,,,,0,0,0,0,", "wrong_type", "date_time"),
        (f"2,{T},c9,NONE,Agent/1,OUTDIAL,,,,0,0,-3,0,", "wrong_type", "htime"),
        (f"2,{T},c9,NONE,Agent/1,OUTDIAL,,,,0,0,0,1e3,", "wrong_type", "ttime"),
        (f"x,{T},c9,NONE,Agent/1,OUTDIAL,,,,0,0,0,0,", "wrong_type", "uid"),
        (f"2,{T},c9,NONE,Agent/1", "malformed_line", None),
        (f'2,{T},"c9,NONE,Agent/1,OUTDIAL,,,,0,0,0,0,', "malformed_line", None),
        (f"2,{T}00000000000,c9,NONE,Agent/1,OUTDIAL,,,,0,0,0,0,", "wrong_type", "date_time"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_line_and_the_rest_goes_on(
    row: str, reason: str, column: str | None
) -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.rows.append(row)
    log.row(9, "c1", "Agent/1141", "OUTCANCEL", "0199001234")
    events, (refused,), _ = log.read()
    assert (refused.line, refused.data) == (3, row.encode())
    assert (refused.refused.reason, refused.refused.field) == (reason, column)
    assert len(of_type(events, "call.ended")) == 1


def test_bytes_that_are_no_utf8_cost_nothing() -> None:
    data = f"{HEADER}\n1,{T},m,NONE,Agent/Zo\xe9,AGENTLOGIN,,,,0,0,0,0,\n".encode("latin-1")
    data += f"2,{T},m,NONE,Agent/7,AGENTLOGIN,,,,0,0,0,0,\n".encode()
    events, refused, _ = read(data)
    assert not refused
    assert [event["rep"] for event in events] == ["Zoé", "7"]


def test_another_tables_header_is_told_in_one_line() -> None:
    with pytest.raises(RingboardError, match="it lacks uid, date_time"):
        read(b"a,b\n1,2\n")


def test_reading_twice_gives_the_same_ids_each_once() -> None:
    log = Log()
    log.row(0, "c1", "Agent/1141", "OUTDIAL", "0199001234")
    log.row(50, "c1", "Agent/1141", "OUTANSWER", "0199001234", htime=5, ttime=35)
    one, two = log.read()[0], log.read()[0]
    assert one == two
    assert len({event["id"] for event in one}) == len(one)


# Of each log: dials, attempts, answered ones, those of 30 s or more, callers, how they left, and what is cut off.
WHOLE_LOGS: dict[str, tuple[int, int, int, int, int, dict[str, int], int]] = {
    OURS: (10, 8, 5, 3, 6, {"answered": 3, "abandoned": 1, "timeout": 1}, 1),
    OUTSIDE: (128, 110, 77, 42, 108, {"answered": 93, "abandoned": 12, "timeout": 1}, 4),
}


@each("pbxware_queue_log")
def test_a_whole_logs_numbers_agree_with_a_count_by_another_way(recorded: Recording) -> None:
    dials, attempted, answered, long_enough, callers, outcomes, left_open = WHOLE_LOGS[recorded.place]
    events, refused, source = read(recorded.read_bytes("queue_log.csv"))
    rows = list(csv.DictReader(io.StringIO(recorded.read_text("queue_log.csv"), newline="")))
    verbs = Counter(row["event"] for row in rows)
    talk: dict[str, int] = {row["callid"]: int(row["ttime"]) for row in rows if row["event"] == "OUTANSWER"}
    dialled: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["event"] == "OUTDIAL":
            dialled[row["callid"]].append(row["param1"])

    attempts = [e for e in of_type(events, "call.ended") if e["direction"] == "outbound"]
    assert verbs["OUTDIAL"] == dials
    assert {e["call"]: e["number"] for e in attempts} == {call: numbers[0] for call, numbers in dialled.items()}
    assert len(attempts) == len(dialled) == attempted
    assert {e["call"]: e["talk_s"] for e in attempts if "answered_at" in e} == talk
    assert len(talk) == answered
    assert sum(e["talk_s"] >= 30 for e in attempts) == sum(s >= 30 for s in talk.values()) == long_enough

    left = Counter(e["outcome"] for e in of_type(events, "queue.left"))
    assert len(of_type(events, "queue.joined")) == verbs["ENTERQUEUE"] == callers
    assert left == outcomes
    assert (verbs["CONNECT"], verbs["ABANDON"], verbs["EXITWITHTIMEOUT"]) == tuple(outcomes.values())
    assert not refused
    assert source.left_open == left_open
    assert len({e["id"] for e in events}) == len(events)
    assert all(e["placed_at"] <= e.get("answered_at", e["at"]) <= e["at"] for e in of_type(events, "call.ended"))
