"""The calls of one Asterisk, told by three of its logs, are what was played: call by call, and in the KPIs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.read_source import Event, FileRead, read_bytes
from tests.shared_data import OURS, OUTSIDE, Recording, each
from tests.unit.sources.asterisk.recorded_totals import FLOOR, TOTALS

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"asterisk-cdr": "cdr.csv", "asterisk-cel": "cel.csv", "asterisk-queue-log": "queue_log"}
ANSWERED = {0, 4}  # by a person, by a machine

Cells = list[str]
Truth = list[dict[str, Any]]


each_floor = each(FLOOR)


def truth(recorded: Recording) -> Truth:
    told: Truth = json.loads(recorded.read_text("truth.json"))
    totals = TOTALS[recorded.place]
    assert len({call["number"] for call in told}) == len(told) == totals.attempts + totals.callers
    return told


def told(form: str, recorded: Recording) -> FileRead:
    said = read_bytes(form, recorded.read_bytes(FILES[form]))
    assert not said.refused
    assert said.source.left_open == 0
    return said


def outcome(call: dict[str, Any]) -> str:
    """Give how a caller left: the queue `inbound` has reps, `hard` has one who never answers, and gives up at 20 s."""
    if call["queue"] == "inbound":
        return "answered"
    return "timeout" if call["patience"] >= 20 else "abandoned"


@each_floor
@pytest.mark.parametrize("form", ["asterisk-cdr", "asterisk-cel"])
def test_each_outbound_call_is_as_it_was_played(form: str, recorded: Recording) -> None:
    calls = {call["number"]: call for call in told(form, recorded).calls().values()}
    outbound = [call for call in truth(recorded) if call["way"] == "out"]
    assert len(outbound) == TOTALS[recorded.place].attempts
    for played in outbound:
        call = calls[played["number"]]
        assert call["direction"] == "outbound"
        assert (call["rep"], call["campaign"]) == (played["rep"], played["campaign"])
        assert abs(call["placed_at"] / 1000 - played["started"]) < 1.5
        assert ("answered_at" in call) == (played["kind"] in ANSWERED)
        if played["kind"] in ANSWERED:
            assert call["talk_s"] == pytest.approx(played["talk"], abs=1)
            assert call["ring_s"] == pytest.approx(played["ring"], abs=1)
            assert "disposition" not in call
        else:
            assert call["talk_s"] == 0
            assert call["disposition"] == {1: "busy", 2: "failed", 3: "no_answer"}[played["kind"]]


@each_floor
@pytest.mark.parametrize("form", FILES)
def test_each_caller_waits_is_answered_or_leaves_as_it_was_played(form: str, recorded: Recording) -> None:
    said = told(form, recorded)
    calls = {call["number"]: call for call in said.calls().values()}
    left = {event["call"]: event for event in said.of_type("queue.left")}
    joined = {event["call"]: event for event in said.of_type("queue.joined")}
    number = dict(_callers(recorded))
    inbound = [call for call in truth(recorded) if call["way"] == "in"]
    assert len(inbound) == len(left) == len(joined) == TOTALS[recorded.place].callers
    for played in inbound:
        call = number[played["number"]]
        assert left[call]["outcome"] == outcome(played)
        assert abs(joined[call]["at"] / 1000 - played["started"]) < 1.5
        if outcome(played) == "answered":
            ended = calls[played["number"]]
            assert (ended["direction"], ended["call"], ended["queue"]) == ("inbound", call, left[call]["queue"])
            waited = played.get("wait", 0)
            assert ended["talk_s"] == pytest.approx(played["patience"] - waited, abs=1)
            assert left[call]["wait_s"] == pytest.approx(waited, abs=1)
        else:
            assert left[call]["wait_s"] == pytest.approx(min(played["patience"], 20), abs=1)


def _callers(recorded: Recording) -> list[tuple[str, str]]:
    """Read by another way which call a number is of: from the first rows of the queue log."""
    rows = recorded.read_text("queue_log").splitlines()
    return [(row.split("|")[6], row.split("|")[1]) for row in rows if "|ENTERQUEUE|" in row]


def kpis_of(recorded: Recording, events: list[Event]) -> dict[str, dict[str, Any]]:
    floor = FloorInMemory(clock=FixedClock(TOTALS[recorded.place].after_ms)).feed(events)
    assert not floor.refused
    return floor.kpis("30d")


def parts(kpi: dict[str, Any]) -> tuple[Any, Any]:
    return kpi["numerator"], kpi["denominator"]


def assert_counted(kpis: dict[str, dict[str, Any]], recorded: Recording, *, with_machines: bool) -> None:
    """Check the KPIs of a whole floor; without the detection's result, machines count as people."""
    totals = TOTALS[recorded.place]
    contacts = totals.people + (totals.machines if with_machines else 0)
    assert parts(kpis["contact_rate"]) == (contacts, totals.attempts)
    assert parts(kpis["answer_rate"]) == (totals.answered, totals.attempts)
    assert parts(kpis["abandon_rate"]) == (totals.abandoned, totals.callers)
    assert kpis["average_handle_time"]["denominator"] == totals.served


@each_floor
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("form", ["asterisk-cdr", "asterisk-cel"])
def test_the_contact_rate_counts_machines_and_the_file_says_so(form: str, times: int, recorded: Recording) -> None:
    long_enough = [call["kind"] for call in truth(recorded) if call["way"] == "out" and call["talk"] >= 30]
    people, machines = long_enough.count(0), long_enough.count(4)
    said = told(form, recorded)
    kpis = kpis_of(recorded, said.events * times)
    totals = TOTALS[recorded.place]
    assert (people, machines) == (totals.people, totals.machines)
    assert parts(kpis["contact_rate"]) == (people + machines, totals.attempts)
    assert parts(kpis["answer_rate"]) == (totals.answered, totals.attempts)
    assert any("does not tell answering machines from people" in remark for remark in said.source.remarks)


@each_floor
def test_with_the_detections_result_in_the_file_machines_are_no_contacts(recorded: Recording) -> None:
    machines = {call["number"] for call in truth(recorded) if call.get("kind") == 4}
    rows = recorded.read_text("cdr.csv").splitlines()
    marked = [
        row.removesuffix('""') + ('"MACHINE"' if any(f'"{number}"' in row for number in machines) else '"HUMAN"')
        for row in rows
    ]
    said = read_bytes("asterisk-cdr", "\n".join(marked))
    assert not said.refused
    kpis = kpis_of(recorded, said.events)
    totals = TOTALS[recorded.place]
    assert parts(kpis["contact_rate"]) == (totals.people, totals.attempts)
    assert not any("machines" in remark for remark in said.source.remarks)


@each_floor
@pytest.mark.parametrize("form", FILES)
def test_the_service_of_the_queues_is_the_same_from_each_log(form: str, recorded: Recording) -> None:
    kpis = kpis_of(recorded, told(form, recorded).events)
    totals = TOTALS[recorded.place]
    assert parts(kpis["abandon_rate"]) == (totals.abandoned, totals.callers)
    assert kpis["average_handle_time"]["denominator"] == totals.served


@each_floor
def test_two_logs_of_the_same_calls_give_the_same_ids_and_count_once(recorded: Recording) -> None:
    every = {form: told(form, recorded) for form in FILES}
    assert every["asterisk-cdr"].calls().keys() == every["asterisk-cel"].calls().keys()
    assert every["asterisk-queue-log"].calls().keys() <= every["asterisk-cel"].calls().keys()
    kpis = kpis_of(recorded, [event for said in every.values() for event in said.events])
    assert_counted(kpis, recorded, with_machines=True)


@each_floor
@pytest.mark.parametrize(("form", "within"), [("asterisk-cel", 0.01), ("asterisk-cdr", 1.5)])
def test_each_call_is_the_same_live_and_from_its_log(form: str, within: float, recorded: Recording) -> None:
    live = read_bytes("asterisk-ami", recorded.read_bytes("ami.txt")).calls()
    logged = told(form, recorded).calls()
    assert live.keys() == logged.keys()
    for id_, call in live.items():
        other = logged[id_]
        for name in ("direction", "number", "rep", "campaign", "queue", "disposition"):
            assert other.get(name) == call.get(name), (id_, name)
        assert ("answered_at" in other) == ("answered_at" in call)
        for name, unit in (("placed_at", 1000), ("answered_at", 1000), ("talk_s", 1), ("ring_s", 1), ("wait_s", 1)):
            assert other.get(name, 0) / unit == pytest.approx(call.get(name, 0) / unit, abs=within), (id_, name)


@each_floor
def test_what_was_heard_live_stands_above_the_logs_in_whatever_order_they_come(recorded: Recording) -> None:
    live = read_bytes("asterisk-ami", recorded.read_bytes("ami.txt"))
    logs = [told(form, recorded) for form in FILES]
    assert live.calls().keys() == logs[0].calls().keys()
    for order in ([live, *logs], [*logs, live]):
        kpis = kpis_of(recorded, [event for said in order for event in said.events])
        # The live source knows the machines, and is believed.
        assert_counted(kpis, recorded, with_machines=False)


ORDERS: dict[str, Callable[[Cells], Cells]] = {
    "cdr_csv without userfield": lambda row: row[:17],
    "cdr_csv without any id": lambda row: row[:16],
    "cdr_csv with newer columns": lambda row: [*row, "", "", "7"],
    "cdr_custom": lambda row: [row[4], *row[1:4], *row[5:16], row[0], *row[16:], "7"],
    "cdr_custom, old": lambda row: [row[4], *row[1:4], *row[5:16], row[0], row[16]],
    "table": lambda row: [row[9], row[4], *row[1:4], *row[5:9], *row[12:16], row[0], *row[16:]],
}


@each_floor
@pytest.mark.parametrize("order", ORDERS)
def test_each_order_of_columns_of_the_same_rows_gives_the_same_calls(order: str, recorded: Recording) -> None:
    out = io.StringIO()
    rows = csv.reader(recorded.read_text("cdr.csv").splitlines())
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(ORDERS[order](row) for row in rows)
    said = read_bytes("asterisk-cdr", out.getvalue(), asterisk_cdr_timezone="UTC")
    assert not said.refused

    def same(calls: dict[str, Event]) -> list[tuple[Any, ...]]:
        names = ["direction", "number", "rep", "campaign", "talk_s", "answered_at", "disposition", "wait_s"]
        if order == "table":
            # It has no moments of answer and end, only lengths in whole seconds.
            names = [*names[:5], "disposition"]
        return sorted(tuple(str(call.get(name)) for name in names) for call in calls.values())

    assert same(said.calls()) == same(told("asterisk-cdr", recorded).calls())
    if "without any id" not in order:
        assert said.calls().keys() == told("asterisk-cdr", recorded).calls().keys()


@each_floor
@pytest.mark.parametrize("form", ["asterisk-cdr", "asterisk-cel"])
def test_a_floor_that_calls_its_contexts_by_other_names_is_read_alike(form: str, recorded: Recording) -> None:
    names = {
        "outbound": "dialer",
        "inbound_hard": "hotline2",
        "inbound": "hotline",
        "reps": "desk",
        "prospects": "world",
    }
    other = re.sub(
        rf"\b({'|'.join(names)})\b",
        lambda match: names[match[1]],
        recorded.read_text(FILES[form]),
    )
    said = read_bytes(form, other)
    here = {id_: {**call, "queue": None} for id_, call in told(form, recorded).calls().items()}
    assert {id_: {**call, "queue": None} for id_, call in said.calls().items()} == here
    assert {event["queue"] for event in said.of_type("queue.left")} == {"hotline", "hard"}


@each_floor
def test_times_are_those_of_the_ids_where_no_zone_is_set_and_the_set_one_where_it_is(recorded: Recording) -> None:
    data = recorded.read_bytes("cdr.csv")
    placed = {
        zone: min(call["placed_at"] for call in read_bytes("asterisk-cdr", data, **settings).calls().values())
        for zone, settings in {
            "none": {},
            "UTC": {"asterisk_cdr_timezone": "UTC"},
            "Paris": {"asterisk_cdr_timezone": "Europe/Paris"},
        }.items()
    }
    assert placed["none"] == placed["UTC"] == TOTALS[recorded.place].first_ms
    assert placed["Paris"] == placed["UTC"] - 3_600_000
    said = read_bytes("asterisk-cdr", data, asterisk_cdr_timezone="Europe/Paris")
    assert any("disagree with the ids" in remark for remark in said.source.remarks)


@each("asterisk_cdr_csv")
def test_a_lab_of_another_place_has_its_calls_by_its_own_contexts(recorded: Recording) -> None:
    data = recorded.read_bytes("Master.csv")
    said = read_bytes("asterisk-cdr", data, asterisk_outbound_contexts=["default"])
    rows = data.decode().splitlines()
    calls = said.calls()
    total, answered = {OURS: (6, 4), OUTSIDE: (14, 11)}[recorded.place]
    assert len(calls) == len(rows) == total
    assert sum("answered_at" in call for call in calls.values()) == sum('"ANSWERED"' in row for row in rows) == answered
    assert sum(call["talk_s"] for call in calls.values()) == sum(int(row.split('","')[12]) for row in rows)
    # Its clock is three hours ahead of UTC, which its ids say.
    assert all(call["placed_at"] // 1000 - int(float(id_)) in range(3) for id_, call in calls.items())
    unknown = read_bytes("asterisk-cdr", data)
    assert not unknown.events
    # Each of its peers is rung by its name alone, as telephones are, and lines are not.
    assert unknown.source.unused == {"internal call": total}


@each("pbxware_queue_log")
def test_a_floors_table_with_broken_quotes_gives_its_calls_as_a_count_by_another_way_does(recorded: Recording) -> None:
    data = recorded.read_bytes("cdr.csv")
    said = read_bytes("asterisk-cdr", data)
    assert not said.refused
    dialled: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    entered = set()
    for row in data.decode().splitlines()[1:]:
        # The name and the data of the application hold the only commas and quotes; the rest can be cut.
        src, dst, _, channel, peer, app, *_ = row.partition('>",')[2].split(",")
        tail = row.rsplit(",", 16)
        disposition, linked = tail[-12].strip('"'), tail[-7]
        extension = channel.startswith("PJSIP/") and channel[6:].partition("-")[0].isdigit()
        second_half = channel.startswith("Local/") and channel.endswith(";2") and len(src) <= 6
        if (extension or second_half) and len(dst) > 6 and app in {"Dial", "AppDial"} and dst.isdigit():
            if peer[6:].partition("-")[0].isdigit():
                continue  # another telephone of the floor, by its number
            # A telephone that dials another number without hanging up has made another attempt: one did.
            dialled[linked, dst].append(disposition)
        elif not any(linked == call for call, _ in dialled) and not extension and channel.startswith("PJSIP/"):
            entered.add(linked)
    attempts = {
        (id_.partition("/")[0], call["number"]): call
        for id_, call in said.calls().items()
        if call["direction"] == "outbound"
    }
    assert attempts.keys() == {(linked, dst) for linked, dst in dialled if linked not in entered}
    assert len(attempts) == len({linked for linked, _ in attempts}) + 1
    answered = {place for place, rows in dialled.items() if "ANSWERED" in rows}
    assert {place for place, call in attempts.items() if "answered_at" in call} == answered & attempts.keys()
    kpis = kpis_of_then(said.events)
    assert kpis["contact_rate"]["denominator"] == len(attempts)
    assert kpis["answer_rate"]["numerator"] == len(answered & attempts.keys())


def kpis_of_then(events: list[Event]) -> dict[str, dict[str, Any]]:
    floor = FloorInMemory(clock=FixedClock(max(event["at"] for event in events) + 1)).feed(events)
    assert not floor.refused
    return floor.kpis("30d")


@each("pbxware_queue_log")
def test_the_tables_log_of_queues_is_read_under_the_general_name_too(recorded: Recording) -> None:
    data = recorded.read_bytes("queue_log.csv")
    joined, open_ = {OURS: (6, 1), OUTSIDE: (108, 4)}[recorded.place]
    named, general = (read_bytes(form, data) for form in ("pbxware-queue-log", "asterisk-queue-log"))
    assert named.events == general.events
    assert Counter(event["type"] for event in general.events)["queue.joined"] == joined
    assert general.source.left_open == open_
