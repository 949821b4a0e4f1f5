"""3CX's call detail records: which columns a file has, which rows are one call, and what becomes of each."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from stream.errors import RingboardError
from stream.sources.opening import format_of
from stream.sources.reading import Read
from stream.sources.threecx.cdr import ThreecxCdr
from tests.read_source import FileRead, read_bytes, settings_of
from tests.shared_data import OURS, Recording, each

ORDER = (
    "historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no",
    "to-no", "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate",
    "bill-cost", "bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname",
    "final-dispname", "missed-queue-calls",
)  # fmt: skip
SWAPPED = (*ORDER[:20], "missed-queue-calls", *ORDER[23:26], *ORDER[20:23])
LEAD = "+33639980131"
REP = {"no": "Ext.201", "dn": "201", "type": "Extension", "dispname": "Ada"}
LINE = {"no": LEAD, "dn": "10001", "type": "Line", "dispname": ""}
SALES = {"no": "Ext.800", "dn": "800", "type": "Queue", "dispname": "Sales"}
MAILBOX = {"no": "Ext.999", "dn": "999", "type": "VMail", "dispname": ""}
NEW = {"Extension": "extension", "Line": "external_line", "Queue": "queue", "VMail": "voicemail"}


def end(side: str, of: dict[str, str]) -> dict[str, str]:
    return {f"{side}-{name}": value for name, value in of.items()}


def row(start: int, answered: int | None, ended: int, source: Any, target: Any, /, **given: str) -> dict[str, str]:
    """Return a row of a call that began `start` seconds after nine, by its columns."""
    at = {"time-start": start, "time-answered": answered, "time-end": ended}
    talked = 0 if answered is None else ended - answered
    return {
        "historyid": "Call 500001",
        "callid": "00000AAAA_1",
        "duration": f"00:{talked // 60:02}:{talked % 60:02}",
        **{name: "" if s is None else f"2026/11/27 09:{s // 60:02}:{s % 60:02}" for name, s in at.items()},
        "reason-terminated": "TerminatedBySrc",
        "chain": "Chain: somebody;somebody else;",
        **end("from", source),
        **end("to", target),
        **{name.replace("_", "-"): value for name, value in given.items()},
    }


def csv(*rows: dict[str, str], order: tuple[str, ...] = ORDER, header: bool = False) -> str:
    lines = [",".join(one.get(name, "") for name in order) for one in rows]
    return "\n".join([*([",".join(order)] if header else []), *lines]) + "\n"


def told(*rows: dict[str, str], **settings: Any) -> FileRead:
    read = read_bytes("3cx-cdr", csv(*rows), threecx_timezone="UTC", **settings)
    assert not read.refused
    return read


def seconds(at: int) -> float:
    return at / 1000 - datetime(2026, 11, 27, 9, tzinfo=UTC).timestamp()


def stays(read: FileRead) -> list[tuple[str, str, float | None]]:
    return [(one["queue"], one["outcome"], one.get("wait_s")) for one in read.of_type("queue.left")]


@each("threecx", outside="field/cloud")
def test_a_recorded_file_is_known_by_its_content_and_tells_its_calls(recorded: Recording) -> None:
    data = recorded.read_bytes("3cx_cdr.csv")
    assert format_of("cdr.log", data) == "3cx-cdr"
    read = read_bytes("3cx-cdr", data)
    calls = [
        (c["direction"], c["number"][-4:], c["rep"], c["talk_s"], c.get("ring_s"), c.get("wait_s"), c.get("queue"))
        for c in read.of_type("call.ended")
        if "rep" in c
    ]
    if recorded.place == OURS:
        assert calls == [
            ("outbound", "0141", "Cleo", 65.0, 10.0, None, None),
            ("outbound", "0142", "Dan", 0.0, None, None, None),
            ("inbound", "0143", "Dan", 120.0, None, 16.0, "Sales"),
        ]
        assert stays(read) == [("Sales", "answered", 16.0), ("Sales", "abandoned", 41.0)]
    else:
        assert calls == [
            ("outbound", "0131", "Ada", 45.0, 12.0, None, None),
            ("outbound", "0132", "Ada", 0.0, None, None, None),
            ("inbound", "0133", "Ada", 70.0, None, 20.0, "Ventes"),
        ]
        assert stays(read) == [("Ventes", "answered", 20.0)]
    assert read.source.unused == {"internal call": 1}
    assert not read.refused


def test_a_call_to_a_prospect_has_its_times_its_number_and_its_rep() -> None:
    call = told(row(0, 12, 57, REP, LINE)).call()
    assert (call["direction"], call["number"], call["rep"], call["call"]) == ("outbound", LEAD, "Ada", "3cx-500001")
    assert [seconds(call[name]) for name in ("placed_at", "answered_at", "at")] == [0, 12, 57]
    assert (call["talk_s"], call["ring_s"], call["hangup_cause"]) == (45.0, 12.0, "TerminatedBySrc")


def test_one_that_nobody_answered_has_no_talk_and_no_ring() -> None:
    call = told(row(0, None, 25, REP, LINE)).call()
    assert call["talk_s"] == 0
    assert not {"answered_at", "ring_s"} & call.keys()


def test_a_call_between_telephones_is_left_out_and_counted() -> None:
    read = told(row(0, 2, 30, REP, {**REP, "no": "Ext.202", "dn": "202"}))
    assert not read.events
    assert read.source.unused == {"internal call": 1}


def test_a_caller_is_answered_by_the_rep_and_not_by_the_queue() -> None:
    rows = row(0, 2, 20, LINE, SALES, final_dn="201", final_type="Extension"), row(2, 20, 90, LINE, REP)
    read = told(*rows)
    call = read.call()
    assert (call["direction"], call["number"], call["rep"], call["queue"]) == ("inbound", LEAD, "Ada", "Sales")
    assert (seconds(call["answered_at"]), call["wait_s"], call["talk_s"]) == (20, 20.0, 70.0)
    assert stays(read) == [("Sales", "answered", 20.0)]
    assert told(*reversed(rows)).events == read.events


def test_a_caller_who_gave_up_while_a_telephone_rang_has_waited_to_the_end() -> None:
    read = told(row(0, 1, 30, LINE, SALES), row(5, None, 30, LINE, REP))
    assert stays(read) == [("Sales", "abandoned", 30.0)]
    assert read.call()["talk_s"] == 0
    assert not {"rep", "answered_at", "wait_s"} & read.call().keys()


@pytest.mark.parametrize("typed", [True, False])
def test_a_caller_who_is_led_to_a_mailbox_has_not_given_up(typed: bool) -> None:
    led = {"final_type": "VMail", "final_dn": "999"} if typed else {}
    rows = [row(0, 1, 30, LINE, SALES, **led), *([] if typed else [row(30, 31, 50, LINE, MAILBOX)])]
    read = told(*rows)
    assert stays(read) == [("Sales", "timeout", 30.0)]
    assert read.call()["talk_s"] == 0
    assert "rep" not in read.call()


def test_of_two_queues_the_second_answered() -> None:
    support = {**SALES, "no": "Ext.801", "dn": "801", "dispname": "Support"}
    read = told(row(0, 1, 30, LINE, SALES), row(30, 30, 40, LINE, support), row(31, 40, 100, LINE, REP))
    assert stays(read) == [("Sales", "timeout", 30.0), ("Support", "answered", 10.0)]
    assert read.call()["queue"] == "Support"


def test_who_comes_to_a_queue_again_is_another_stay_there() -> None:
    read = told(row(0, 1, 30, LINE, SALES), row(30, 30, 40, LINE, SALES))
    assert [one["call"] for one in read.of_type("queue.left")] == ["3cx-500001", "3cx-500001/2"]
    assert stays(read) == [("Sales", "timeout", 30.0), ("Sales", "abandoned", 10.0)]


def test_a_ring_group_stands_for_a_queue_and_a_direct_call_for_none() -> None:
    assert stays(told(row(0, 1, 9, LINE, {**SALES, "type": "RingGroup"}))) == [("Sales", "abandoned", 9.0)]
    read = told(row(0, 7, 60, LINE, REP))
    assert not stays(read)
    assert (read.call()["wait_s"], read.call()["talk_s"], read.call()["rep"]) == (7.0, 53.0, "Ada")


def test_what_a_queue_or_menu_answered_before_the_rep_did_is_left_out_with_a_note() -> None:
    read = told(row(0, 0, 337, LINE, SALES, final_number="Ext.504", final_dn="504", final_type="Extension"))
    assert not {"talk_s", "wait_s", "answered_at"} & read.call().keys()
    assert read.call()["rep"] == "504"
    assert stays(read) == [("Sales", "answered", None)]
    assert any("of 1 callers whom a queue or a menu had answered" in one for one in read.source.remarks)


def test_without_types_a_number_that_was_replaced_is_none_of_a_rep() -> None:
    rows = row(0, 0, 337, LINE, SALES, final_number="Ext.504", final_dn="504"), row(0, 12, 57, REP, LINE)
    data = csv({**rows[0], "historyid": "Call 2"}, rows[1], order=ORDER[:20])
    inbound, outbound = read_bytes("3cx-cdr", data).of_type("call.ended")
    assert (inbound["direction"], inbound["rep"], "talk_s" in inbound) == ("inbound", "504", False)
    assert (outbound["direction"], outbound["rep"], outbound["talk_s"]) == ("outbound", "201", 45.0)


def test_a_call_that_is_handed_on_is_one_attempt_with_all_of_its_talk() -> None:
    other = {**REP, "no": "Ext.202", "dn": "202", "dispname": "Ben"}
    read = told(row(0, 10, 40, REP, LINE), row(38, 40, 100, LINE, other))
    assert (read.call()["direction"], read.call()["rep"], read.call()["talk_s"]) == ("outbound", "Ada", 90.0)


def test_a_caller_who_is_sent_on_to_a_number_outside_is_answered_by_no_rep() -> None:
    read = told(row(0, 1, 30, LINE, SALES), row(30, 35, 65, LINE, {**LINE, "no": "+33639980199"}))
    assert (read.call()["talk_s"], "rep" in read.call()) == (30.0, False)
    assert stays(read) == [("Sales", "timeout", 30.0)]


@pytest.mark.parametrize("shown", ["", "anonymous", "Ext.10001"])
def test_a_caller_whose_number_is_not_shown_is_keyed_by_the_call(shown: str) -> None:
    assert told(row(0, 7, 60, {**LINE, "no": shown}, REP)).call()["number"] == "anonymous"


def test_the_words_of_newer_versions_mean_the_same() -> None:
    rows = row(0, 2, 20, LINE, SALES, final_dn="201"), row(2, 20, 90, LINE, REP)
    newer = [{name: NEW.get(value, value) for name, value in one.items()} for one in rows]
    changed = [{**one, "historyid": "00000000-01db-0000-0000-00000000abcd"} for one in newer]
    assert told(*changed).call()["talk_s"] == told(*rows).call()["talk_s"] == 70.0
    assert stays(told(*changed)) == stays(told(*rows))


def test_names_of_ones_own_stand_before_those_that_are_shown() -> None:
    read = told(
        row(0, 2, 20, LINE, SALES), row(2, 20, 90, LINE, REP), threecx_names={"201": "rep-04", "800": "hotline"}
    )
    assert (read.call()["rep"], read.call()["queue"]) == ("rep-04", "hotline")


@pytest.mark.parametrize(
    ("order", "header"),
    [
        (ORDER, False), (SWAPPED, False), (ORDER[:26], False), (ORDER[:23], False), ((*ORDER, "end"), False),
        (("time-start", "to-no", "from-no", "time-end", "historyid", "time-answered"), True), (SWAPPED, True),
    ],
)  # fmt: skip
def test_columns_are_found_by_what_stands_in_them_or_in_a_header(order: tuple[str, ...], header: bool) -> None:
    data = csv(row(0, 12, 57, REP, LINE), order=order, header=header)
    assert format_of("cdr.log", data.encode()) == "3cx-cdr"
    call = read_bytes("3cx-cdr", data).call()
    assert (call["direction"], call["talk_s"], call["number"]) == ("outbound", 45.0, LEAD)


def test_an_order_of_ones_own_is_named_by_a_setting() -> None:
    order = ("time-start", "time-answered", "time-end", "from-no", "to-no", "historyid")
    data = csv(row(0, 12, 57, REP, LINE), order=order)
    with pytest.raises(RingboardError, match="of no known format"):
        format_of("cdr.log", data.encode())
    assert read_bytes("3cx-cdr", data, threecx_cdr_columns=list(order)).call()["talk_s"] == 45.0


def test_a_header_that_lacks_what_is_needed_says_so() -> None:
    with pytest.raises(RingboardError, match=r"3CX's records need time-end, to-no too; add them to its CDR output"):
        read_bytes("3cx-cdr", "historyid,time-start,from-no\n")


def test_a_comma_in_a_name_costs_the_name_and_not_the_row() -> None:
    read = told(
        row(0, 12, 57, {**REP, "dispname": "Lovelace, Ada"}, LINE), row(0, 12, 57, REP, LINE, historyid="Call 2")
    )
    assert [one["rep"] for one in read.of_type("call.ended")] == ["201", "Ada"]
    assert any(one.startswith("1 rows have a name with a comma in it") for one in read.source.remarks)


def test_times_are_of_the_zone_that_is_set_and_else_of_the_floor_with_a_note() -> None:
    data = csv(row(0, 12, 57, REP, LINE))
    utc, paris = (read_bytes("3cx-cdr", data, **zone) for zone in ({"threecx_timezone": "UTC"}, {}))
    assert utc.call()["at"] - paris.call()["at"] == 3_600_000
    assert [any("threecx_timezone" in one for one in read.source.remarks) for read in (utc, paris)] == [False, True]


def test_where_the_clocks_change_during_a_call_its_duration_stands() -> None:
    one = row(0, 12, 57, REP, LINE, time_end="2026/11/27 08:00:57")
    late = {**one, "time-start": "2026/11/27 08:59:00", "time-answered": "2026/11/27 08:59:10"}
    talked = {**late, "duration": "00:01:47"}
    assert told(talked).call()["talk_s"] == 107.0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"historyid": ""}, "historyid"),
        ({"historyid": "Call +33 6 39 98 01 31"}, "historyid"),
        ({"time-start": "soon"}, "time-start"),
        ({"time-end": "2026/11/27 08:00:00"}, "time-end"),
        ({"time-answered": "2026/11/27 09:30:00"}, "time-answered"),
    ],
)
def test_a_row_that_is_none_is_refused_alone_and_kept_without_names(given: dict[str, str], field: str) -> None:
    good = row(0, 12, 57, REP, LINE, historyid="Call 2")
    read = read_bytes("3cx-cdr", csv(good, {**row(0, 12, 57, REP, LINE), **given}))
    (refused,) = read.refused
    assert (refused.refused.field, refused.line) == (field, 2)
    assert b"Ada" not in refused.data
    assert read.call()["call"] == "3cx-2"


def test_a_row_that_stands_there_twice_counts_once_and_a_file_read_again_tells_the_same() -> None:
    one = row(0, 12, 57, REP, LINE)
    read = told(one, one)
    assert read.call()["talk_s"] == 45.0
    assert read.source.unused == {"row that stands there twice": 1}
    assert told(one).events == read.events


class Growing(io.BytesIO):
    """A file that is followed: before its end is told, `known` is asked twice for what stands so far."""

    def __init__(self, data: str, source: Any) -> None:
        super().__init__(data.encode())
        self.known: list[Any] = []
        self._source = source

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(-1 if size is None else size)
        if not line:
            for _ in range(2):
                self.known += [one for one in self._source.known() if isinstance(one, Read)]
        return line


def test_of_a_file_that_is_followed_a_call_is_told_once_nothing_more_comes_of_it_for_a_while() -> None:
    source = ThreecxCdr(settings_of(threecx_timezone="UTC"))
    file = Growing(csv(row(0, 12, 57, REP, LINE), row(0, 2, 9, REP, {**REP, "dn": "202"}, historyid="Call 2")), source)
    whole = [one for one in source.read(file) if isinstance(one, Read)]
    assert [one.event for one in file.known] == [one.event for one in whole]
    assert source.unused == {"internal call": 1}


def test_a_damaged_line_costs_itself_alone() -> None:
    data = csv(row(0, 12, 57, REP, LINE)) + "Call 3,cut o\n" + csv(row(0, 12, 57, REP, LINE, historyid="Call 4"))
    read = read_bytes("3cx-cdr", data)
    assert [one.line for one in read.refused] == [2]
    assert set(read.calls()) == {"3cx-500001", "3cx-4"}


def test_other_files_are_none_of_its() -> None:
    for other in (
        "a,b,c\n1,2,3\n",
        ",".join(["x"] * 27),
        csv(row(0, 12, 57, REP, LINE)).replace(",Extension,", ",Train,"),
    ):
        with pytest.raises(RingboardError):
            format_of("x.csv", other.encode())
