"""Channel events, with or without a header, become calls, each told at its end; a second under its id is not."""

from __future__ import annotations

import csv
import io
import json

import pytest

from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.read_source import read_bytes

T = 1_780_300_800
NUMBER = "0639980001"
REP, LINE = "PJSIP/101-00000001", "PJSIP/provider-00000002"
SAMPLE = (
    "eventtype,eventtime,cidname,cidnum,ani,rdnis,dnid,exten,context,channel,app,appdata,amaflags,accountcode,"
    "uniqueid,linkedid,peer,userfield,userdeftype,eventextra"
)


class Log:
    """A log that is written event by event, in the order of the sample of cel_custom.conf."""

    def __init__(self, call: int = 1, at: int = T) -> None:
        self.rows: list[str] = []
        self.start, self.linked = at, f"{at}.{call}"

    def row(self, kind: str, after: float, channel: str, leg: int = 1, **more: str) -> Log:
        unique = self.linked if leg == 1 else f"{self.start}.{900 + leg}"
        cells = [
            kind, f"{self.start + after:.6f}", "A. Name", more.get("number", "101"), "", "", "",
            more.get("exten", NUMBER),
            more.get("context", "from-internal"), channel, more.get("app", ""), more.get("data", ""), "3",
            more.get("account", ""), unique, self.linked, more.get("peer", ""), more.get("userfield", ""),
            more.get("defined", ""), more.get("extra", ""),
        ]  # fmt: skip
        self.rows.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
        return self

    def begin(self) -> Log:
        self.row("CHAN_START", 0, REP)
        self.row("APP_START", 1, REP, app="Dial", data="PJSIP/0639980001@provider,30")
        return self.row("CHAN_START", 1, LINE, 2, number="")

    def talk(self, begin: float, end: float) -> Log:
        bridge = json.dumps({"bridge_id": "b1"})
        self.row("ANSWER", begin, LINE, 2, number=NUMBER, app="AppDial")
        self.row("BRIDGE_ENTER", begin, LINE, 2, number=NUMBER, app="AppDial", extra=bridge)
        self.row("BRIDGE_ENTER", begin, REP, app="Dial", peer=LINE, extra=bridge)
        self.row("BRIDGE_EXIT", end, LINE, 2, number=NUMBER, extra=bridge)
        return self.row("BRIDGE_EXIT", end, REP, extra=bridge)

    def end(self, after: float, cause: int = 16, status: str = "ANSWER") -> Log:
        extra = json.dumps({"hangupcause": cause, "dialstatus": status})
        for channel, leg in ((LINE, 2), (REP, 1)):
            self.row("HANGUP", after, channel, leg, extra=extra, app="AppDial" if leg == 2 else "")
            self.row("CHAN_END", after, channel, leg)
        return self.row("LINKEDID_END", after, REP)

    def text(self) -> str:
        return "\n".join(self.rows)


def test_a_dialled_number_is_an_attempt_that_is_answered_when_both_are_joined() -> None:
    log = Log().begin().talk(9, 49.25).end(49.5)
    call = read_bytes("asterisk-cel", log.text()).call()
    assert (call["direction"], call["call"], call["number"], call["rep"]) == ("outbound", log.linked, NUMBER, "101")
    assert (call["placed_at"], call["answered_at"]) == (1000 * T + 1000, 1000 * T + 9000)
    assert (call["talk_s"], call["ring_s"], call["hangup_cause"]) == (40.25, 8.0, "16")
    # Floored to its second, so that a live telling of the same call, which knows more, stands above it.
    assert call["at"] == 1000 * (T + 49)


@pytest.mark.parametrize(
    ("status", "cause", "disposition"),
    [
        ("BUSY", 17, "busy"),
        ("NOANSWER", 19, "no_answer"),
        ("CANCEL", 16, "no_answer"),
        ("CONGESTION", 34, "failed"),
        ("CHANUNAVAIL", 3, "failed"),
        ("", 17, "busy"),
        ("", 34, "failed"),
    ],
)
def test_an_unanswered_dial_says_why_by_its_status_or_else_its_cause(status: str, cause: int, disposition: str) -> None:
    call = read_bytes("asterisk-cel", Log().begin().end(20, cause, status).text()).call()
    assert (call["disposition"], call["talk_s"]) == (disposition, 0)
    assert "answered_at" not in call


def test_a_log_with_a_header_in_any_order_says_the_same() -> None:
    log = Log().begin().talk(9, 49).end(50)
    plain = read_bytes("asterisk-cel", log.text())
    named = read_bytes("asterisk-cel", f"{SAMPLE}\n{log.text()}")
    turned = io.StringIO()
    csv.writer(turned).writerows(reversed(row) for row in csv.reader([SAMPLE, *log.rows]))
    assert plain.events == named.events == read_bytes("asterisk-cel", turned.getvalue()).events
    for text in (log.text(), f"{SAMPLE}\n{log.text()}", turned.getvalue()):
        assert [name for name, form in FORMATS.items() if form.looks(text.encode())] == ["asterisk-cel"]


def test_an_order_of_ones_own_is_read_as_it_is_configured() -> None:
    log = Log().begin().talk(9, 49).end(50)
    own = [row.replace('"A. Name",', "").replace('"3",', "") for row in log.rows]
    columns = [name for name in SAMPLE.split(",") if name not in {"cidname", "amaflags"}]
    said = read_bytes("asterisk-cel", "\n".join(own), asterisk_cel_columns=columns)
    assert not said.refused
    assert said.call()["talk_s"] == 40


def test_a_machine_that_the_dial_plan_writes_down_is_a_machine() -> None:
    log = Log().begin().talk(9, 49)
    log.row("USER_DEFINED", 12, LINE, 2, defined="AMD", extra='{"extra":"MACHINE"}')
    said = read_bytes("asterisk-cel", log.end(50).text())
    assert said.call()["amd"] == "machine"
    assert not said.source.remarks


def test_a_call_that_is_put_through_to_another_rep_goes_on_with_the_same_prospect() -> None:
    log = Log().begin().talk(10, 30)
    other, bridge = "PJSIP/102-00000003", json.dumps({"bridge_id": "b2"})
    log.row("CHAN_START", 31, other, 3, number="102")
    log.row("BRIDGE_ENTER", 35, other, 3, number="102", extra=bridge)
    log.row("BRIDGE_ENTER", 35, LINE, 2, number=NUMBER, extra=bridge)
    log.row("BRIDGE_EXIT", 55, LINE, 2, number=NUMBER, extra=bridge)
    log.row("CHAN_END", 55, other, 3, number="102")
    call = read_bytes("asterisk-cel", log.end(56).text()).call()
    assert (call["talk_s"], call["rep"]) == (40, "101")


def test_a_telephone_that_stays_up_and_dials_again_makes_another_attempt_but_for_a_redial() -> None:
    def dials(log: Log, at: float, number: str, *, talk: float | None, leg: int) -> None:
        line, bridge = f"PJSIP/provider-{leg:08x}", json.dumps({"bridge_id": f"b{leg}"})
        log.row("APP_START", at, REP, app="Dial", data=f"PJSIP/{number}@provider,30", exten=number)
        log.row("CHAN_START", at, line, leg, number="", exten=number)
        if talk is not None:
            for kind, when in (("BRIDGE_ENTER", at + 5), ("BRIDGE_EXIT", at + 5 + talk)):
                log.row(kind, when, line, leg, number=number, extra=bridge)
                log.row(kind, when, REP, app="Dial", peer=line, extra=bridge)
        end = at + 9 + (talk or 0)
        cause = json.dumps({"hangupcause": 16 if talk else 17})
        log.row("HANGUP", end, line, leg, number=number, app="AppDial", extra=cause)
        log.row("CHAN_END", end, line, leg, number=number)
        log.row("APP_END", end, REP, app="Dial", exten=number)

    log = Log().row("CHAN_START", 0, REP)
    dials(log, 10, NUMBER, talk=None, leg=2)
    dials(log, 20, NUMBER, talk=40, leg=3)
    dials(log, 100, NUMBER, talk=None, leg=4)
    dials(log, 200, "0639980002", talk=7, leg=5)
    log.row("HANGUP", 300, REP).row("CHAN_END", 300, REP).row("LINKEDID_END", 300, REP)
    calls = list(read_bytes("asterisk-cel", log.text()).calls().values())
    assert [call["call"] for call in calls] == [log.linked, f"{log.linked}/2", f"{log.linked}/3"]
    assert [
        (call["number"], call["talk_s"], call.get("disposition"), call["placed_at"] // 1000 - T) for call in calls
    ] == [
        (NUMBER, 40, None, 10),
        (NUMBER, 0, "busy", 100),
        ("0639980002", 7, None, 200),
    ]


def test_what_rings_our_own_voicemail_has_reached_nobody() -> None:
    log = Log()
    near, far, bridge = "Local/0639980001@x-00000005;1", "Local/0639980001@x-00000005;2", json.dumps({"bridge_id": "b"})
    log.row("CHAN_START", 0, REP)
    log.row("APP_START", 1, REP, app="Dial", data="Local/0639980001@x")
    log.row("CHAN_START", 1, far, 3)
    log.row("ANSWER", 4, far, 3, app="VoiceMail", data="105@default,u")
    log.row("BRIDGE_ENTER", 4, near, 2, app="AppDial", extra=bridge)
    log.row("BRIDGE_ENTER", 4, REP, app="Dial", peer=near, extra=bridge)
    for channel, leg in ((far, 3), (near, 2), (REP, 1)):
        log.row("CHAN_END", 60, channel, leg)
    call = read_bytes("asterisk-cel", log.row("LINKEDID_END", 60, REP).text()).call()
    assert (call["disposition"], call["talk_s"]) == ("voicemail", 0)


def caller(outcome: str) -> str:
    log = Log()
    line = "PJSIP/provider-00000001"
    where = {"context": "from-trunk", "exten": "600", "number": NUMBER}
    log.row("CHAN_START", 0, line, 1, **where)
    log.row("APP_START", 2, line, 1, app="Queue", data="support,,,,30", **where)
    end = {"answered": 62, "abandoned": 12, "timeout": 32}[outcome]
    if outcome == "answered":
        bridge = json.dumps({"bridge_id": "b1"})
        log.row("BRIDGE_ENTER", 12, "PJSIP/102-00000002", 2, app="AppQueue", number="102", extra=bridge)
        log.row("BRIDGE_ENTER", 12, line, 1, app="Queue", peer="PJSIP/102-00000002", extra=bridge, **where)
    log.row("APP_END", end, line, 1, app="Queue", data="support,,,,30", **where)
    log.row("CHAN_END", end, line, 1, **where)
    return log.row("LINKEDID_END", end, line, 1, **where).text()


@pytest.mark.parametrize(("outcome", "waited"), [("answered", 10), ("abandoned", 10), ("timeout", 30)])
def test_a_caller_waits_in_a_queue(outcome: str, waited: int) -> None:
    said = read_bytes("asterisk-cel", caller(outcome))
    (joined,), (left,), call = said.of_type("queue.joined"), said.of_type("queue.left"), said.call()
    assert (joined["queue"], joined["at"]) == ("support", 1000 * (T + 2))
    assert (left["outcome"], left["wait_s"]) == (outcome, waited)
    assert (call["direction"], call["number"], call["queue"]) == ("inbound", NUMBER, "support")
    assert (call.get("rep"), call["talk_s"]) == (("102", 50) if outcome == "answered" else (None, 0))


def test_a_log_without_the_end_of_calls_tells_them_when_all_their_channels_have_ended() -> None:
    log = Log().begin().talk(9, 49).end(50)
    said = read_bytes("asterisk-cel", "\n".join(log.rows[:-1]))
    assert said.call()["talk_s"] == 40
    assert said.source.left_open == 0


def test_a_call_that_the_file_cuts_off_at_either_side_is_not_told_and_said() -> None:
    log = Log().begin().talk(9, 49).end(50)
    for rows, left_open in ((log.rows[:8], 1), (log.rows[3:-1], 1), (log.rows[3:], 0)):
        said = read_bytes("asterisk-cel", "\n".join(rows))
        assert not said.events
        assert (said.source.left_open, said.source.unused.total()) == (left_open, 1 - left_open)


def test_rows_of_one_millisecond_are_ordered_by_their_microseconds() -> None:
    """Whatever order the writer's threads, or a database, have put them in."""
    rows = Log().begin().talk(9, 49).end(50).rows
    fine = [row.replace(".000", f".000{place:03}", 1) for place, row in enumerate(rows)]
    assert fine != rows
    told, shuffled = (read_bytes("asterisk-cel", "\n".join(some)).call() for some in (fine, [*fine[-2::-1], fine[-1]]))
    assert told == shuffled


def test_a_call_whose_end_passes_those_of_its_channels_was_answered_all_the_same() -> None:
    rows = Log().begin().talk(9, 49).end(50).rows
    begun, exits = [row for row in rows if "EXIT" not in row], [row for row in rows if "EXIT" in row]
    call = read_bytes("asterisk-cel", "\n".join([*begun[:-5], begun[-1], *exits, *begun[-5:-1]])).call()
    assert (call["answered_at"], call["talk_s"]) == (1000 * (T + 9), 41)


def test_a_log_of_no_applications_says_what_it_lacks() -> None:
    log = Log().begin().talk(9, 49).end(50)
    said = read_bytes("asterisk-cel", "\n".join(row for row in log.rows if "APP_START" not in row))
    assert any("apps=dial,queue is needed" in remark for remark in said.source.remarks)


# what is wrong with a file


def test_a_second_call_under_an_id_is_refused_and_the_same_rows_again_are_not() -> None:
    log = Log().begin().talk(9, 49).end(50)
    again = read_bytes("asterisk-cel", f"{log.text()}\n{log.text()}")
    assert again.call()["talk_s"] == 40
    assert not again.refused
    second = Log()
    second.start, second.linked = T + 5000, log.linked
    second.begin()
    said = read_bytes("asterisk-cel", f"{log.text()}\n{second.text()}")
    assert said.call()["talk_s"] == 40
    assert {one.refused.field for one in said.refused} == {"linkedid"}
    assert len(said.refused) == 3


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (f'"{T + 1}.000000"', '"soon"', "wrong_type"),
        (f'"{T + 1}.000000"', '"946684900.000000"', "out_of_range"),
        (f'"{T}.1","{T}.1"', f'"{T}.1',  "malformed_line"),
        (f'"{T}.1","{T}.1"', f'"{T}.1",""', "missing_field"),
    ],
)  # fmt: skip
def test_a_row_that_is_none_is_refused_and_the_other_calls_stand(old: str, new: str, reason: str) -> None:
    good = Log(call=7).begin().talk(9, 49).end(50)
    bad = Log().begin().rows[1]
    assert old in bad
    said = read_bytes("asterisk-cel", "\n".join([*good.rows[:3], bad.replace(old, new), *good.rows[3:]]))
    assert said.call()["talk_s"] == 40
    (refused,) = said.refused
    assert (refused.line, refused.refused.reason) == (4, reason)
    assert b"A. Name" not in refused.data
    assert NUMBER not in refused.refused.message


def test_a_header_that_lacks_what_calls_need_is_told_in_one_line() -> None:
    with pytest.raises(RingboardError, match="it lacks channame"):
        read_bytes("asterisk-cel", "eventtype,eventtime,uniqueid,linkedid\nANSWER,1,2,3\n")
