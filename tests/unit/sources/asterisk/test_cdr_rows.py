"""Rows of call detail records are read in any of their orders; what is none is refused, and the rest goes on."""

from __future__ import annotations

import pytest

from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.read_source import read_bytes
from tests.unit.sources.asterisk.cdr_rows import DAY, NUMBER, OTHER, T, default, dialled

ORDERS = {
    "cdr_csv, ids and userfield": (
        '"","101","0639980001","from-internal","""A"" <101>","PJSIP/101-00000001","PJSIP/p-00000002","Dial","x,20",'
        f'"{DAY} 08:00:00","{DAY} 08:00:10","{DAY} 08:01:00",60,50,"ANSWERED","DOCUMENTATION","{T}.1",""'
    ),
    "cdr_csv, ids": (
        '"","101","0639980001","from-internal","""A"" <101>","PJSIP/101-00000001","PJSIP/p-00000002","Dial","x,20",'
        f'"{DAY} 08:00:00","{DAY} 08:00:10","{DAY} 08:01:00",60,50,"ANSWERED","DOCUMENTATION","{T}.1"'
    ),
    "cdr_csv, newer columns": (
        '"","101","0639980001","from-internal","""A"" <101>","PJSIP/101-00000001","PJSIP/p-00000002","Dial","x,20",'
        f'"{DAY} 08:00:00","{DAY} 08:00:10","{DAY} 08:01:00",60,50,"ANSWERED","DOCUMENTATION","{T}.1","","","{T}.1","7"'
    ),
    "cdr_custom": (
        '"""A"" <101>","101","0639980001","from-internal","PJSIP/101-00000001","PJSIP/p-00000002","Dial","x,20",'
        f'"{DAY} 08:00:00","{DAY} 08:00:10","{DAY} 08:01:00","60","50","ANSWERED","DOCUMENTATION","","{T}.1","",0'
    ),
    "table": (
        f'{DAY} 08:00:00,"""A"" <101>",101,0639980001,from-internal,PJSIP/101-00000001,PJSIP/p-00000002,Dial,"x,20",'
        f"60,50,ANSWERED,3,,{T}.1,"
    ),
    "table with a header in another order": (
        "uniqueid,calldate,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition\n"
        f"{T}.1,{DAY} 08:00:00,101,0639980001,from-internal,PJSIP/101-00000001,PJSIP/p-00000002,"
        "Dial,NULL,60,50,ANSWERED"
    ),
}


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_of_columns_is_recognised_and_says_the_same(order: str) -> None:
    assert [name for name, form in FORMATS.items() if form.looks(ORDERS[order].encode())] == ["asterisk-cdr"]
    said = read_bytes("asterisk-cdr", ORDERS[order])
    assert not said.refused
    call = said.call()
    assert (call["call"], call["placed_at"], call["answered_at"]) == (f"{T}.1", 1000 * T, 1000 * (T + 10))
    assert (call["talk_s"], call["number"], call["rep"], call["at"]) == (50, NUMBER, "101", 1000 * (T + 60))


def test_a_file_without_ids_tells_its_calls_by_second_and_channel_and_shows_no_number_in_an_id() -> None:
    row = ORDERS["cdr_csv, ids"].rsplit(",", 1)[0]
    outside = row.replace("PJSIP/101-00000001", "Local/0639980001@from-internal-0000000a;2").replace(
        "08:00:00", "08:00:01"
    )
    said = read_bytes("asterisk-cdr", f"{row}\n{outside}", asterisk_cdr_timezone="UTC")
    assert len(said.calls()) == 2
    assert not [call for call in said.calls() if "39980001" in call]
    assert (
        said.calls().keys()
        == read_bytes("asterisk-cdr", f"{row}\n{outside}", asterisk_cdr_timezone="UTC").calls().keys()
    )


# what is wrong with a file


def test_a_row_that_is_cut_off_is_refused_with_its_line_and_the_others_stand() -> None:
    rows = [dialled(), dialled(f"{T}.5", dst=OTHER)[:90], dialled(f"{T}.9")]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert [call["call"] for call in said.of_type("call.ended")] == [f"{T}.1", f"{T}.9"]
    (refused,) = said.refused
    assert (refused.line, refused.refused.reason) == (2, "malformed_line")
    # As it stood, but for the name.
    assert "Somebody" in rows[1]
    assert refused.data.startswith(b'"","101","0639980002","from-internal",')
    assert b"Somebody" not in refused.data


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"60","50"', '"60","fifty"', "billsec"),
        ('"60","50"', '"-1","50"', "duration"),
        ('"60","50"', '"60","90"', "billsec"),
        ('"ANSWERED"', '"MAYBE"', "disposition"),
        (f"{DAY} 08:01:00", f"{DAY} 07:30:00", "end"),
        (f"{DAY} 08:00:10", f"{DAY} 23:00:10", "answer"),
        (f"{DAY} 08:00:00", "01/06/26 08:00", "start"),
        (f"{DAY} 08:0", "2001-01-01 08:0", "start"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_field_and_never_by_what_stood_there(
    old: str, new: str, field: str
) -> None:
    bad = dialled(f"{T}.5", dst=OTHER)
    assert old in bad
    said = read_bytes("asterisk-cdr", "\n".join([dialled(), bad.replace(old, new), dialled(f"{T}.9")]))
    assert len(said.of_type("call.ended")) == 2
    (refused,) = said.refused
    assert refused.refused.field == field
    assert OTHER not in refused.refused.message


def test_two_calls_under_one_id_are_one_and_the_second_is_refused() -> None:
    later = dialled(dst=OTHER).replace(f"{DAY} 08:", f"{DAY} 12:")
    overlapping = dialled(dst=OTHER).replace("PJSIP/101-00000001", "PJSIP/102-00000007").replace('"101"', '"102"')
    said = read_bytes("asterisk-cdr", f"{dialled()}\n{later}\n{overlapping}", asterisk_cdr_timezone="UTC")
    assert said.call()["number"] == NUMBER
    assert [(one.line, one.refused.field) for one in said.refused] == [(2, "uniqueid"), (3, "uniqueid")]


def test_a_row_that_stands_there_twice_counts_once_and_is_said() -> None:
    said = read_bytes("asterisk-cdr", f"{dialled()}\n{dialled()}")
    assert said.call()["talk_s"] == 50
    assert said.source.unused == {"row that stands there twice": 1}


@pytest.mark.parametrize("linked", ["", "0", "NULL", r"\N"])
def test_a_linkedid_that_was_not_written_joins_nothing(linked: str) -> None:
    """As a file of FreePBX's table has it whose telephone system does not fill the column."""
    rows = [
        f'"2026-06-01 08:0{minute}:00","""A"" <101>","101","063998000{minute}","somewhere","SIP/101-0000000{minute}",'
        f'"SIP/provider-0000001{minute}","Dial","SIP/provider/063998000{minute},60","48","40","ANSWERED","3","",'
        f'"{T + 60 * minute}.{minute}","","","","101","A","","","","{linked}",""'
        for minute in range(3)
    ]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert not said.refused
    assert set(said.calls()) == {f"{T + 60 * minute}.{minute}" for minute in range(3)}


def test_a_longer_file_tells_a_call_anew_above_what_a_shorter_one_has_told() -> None:
    first = default(
        f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", "PJSIP/one-00000002", "Dial", ("00:00", "", "00:05"), (5, 0),
        "NO ANSWER",
    )  # fmt: skip
    second = dialled(times=("00:05", "00:15", "01:05"))
    short, whole = (read_bytes("asterisk-cdr", rows).call() for rows in (first, f"{first}\n{second}"))
    assert short["call"] == whole["call"]
    assert short["id"] != whole["id"]
    assert (whole["at"], whole["id"]) > (short["at"], short["id"])


@pytest.mark.parametrize("name", ['""Doe" <101>"', '"\\"Doe\\" <101>"', '"""Doe"" <101>"', '""Doe, J" <101>"'])
def test_quotes_that_nobody_doubled_are_read_as_they_are_meant(name: str) -> None:
    row = ORDERS["table"].replace('"""A"" <101>"', name)
    said = read_bytes("asterisk-cdr", row)
    assert not said.refused
    assert said.call()["number"] == NUMBER


def test_a_header_that_lacks_what_calls_need_is_told_in_one_line() -> None:
    with pytest.raises(RingboardError, match="it lacks start, channel"):
        read_bytes("asterisk-cdr", "src,dst,lastapp,duration,billsec,disposition\n1,2,3,4,5,BUSY\n")


def test_files_with_headers_that_were_put_one_behind_the_other_are_read_as_one() -> None:
    one = ORDERS["table with a header in another order"]
    said = read_bytes("asterisk-cdr", f"{one}\n{one.replace(f'{T}.1', f'{T}.2')}")
    assert not said.refused
    assert len(said.calls()) == 2


def test_rows_in_any_order_of_time_come_to_the_same_calls() -> None:
    rows = [
        dialled(f"{T + 60 * minute}.{minute}", (f"0{minute}:00", f"0{minute}:10", f"0{minute + 1}:00"))
        for minute in range(5)
    ]
    forward, backward = (read_bytes("asterisk-cdr", "\n".join(some)) for some in (rows, rows[::-1]))
    assert forward.calls() == backward.calls()
    assert len(forward.calls()) == 5
