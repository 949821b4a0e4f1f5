"""Rows of call detail records, in any of their orders, become calls; what is none is refused, and the rest goes on."""

from __future__ import annotations

import pytest

from stream.errors import RingboardError
from stream.sources.formats import FORMATS
from tests.read_source import read_bytes

T = 1_780_300_800  # 2026-06-01 08:00:00 UTC
DAY = "2026-06-01"
NUMBER, OTHER = "0639980001", "0639980002"


def default(  # noqa: PLR0917  a row has its columns
    unique: str,
    src: str,
    dst: str,
    channel: str,
    peer: str,
    app: str,
    times: tuple[str, str, str],
    seconds: tuple[int, int],
    disposition: str,
    *,
    context: str = "from-internal",
    data: str = "",
    userfield: str = "",
    account: str = "",
) -> str:
    """Write a row of cdr_csv; times are minutes and seconds after eight in UTC."""
    start, answer, end = (f"{DAY} 08:{time}" if time else "" for time in times)
    cells = [
        account, src, dst, context, f'"Somebody" <{src}>', channel, peer, app, data, start, answer, end,
        str(seconds[0]), str(seconds[1]), disposition, "DOCUMENTATION", unique, userfield,
    ]  # fmt: skip
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def dialled(unique: str = f"{T}.1", times: tuple[str, str, str] = ("00:00", "00:10", "01:00"), **more: str) -> str:
    talk = 50 if times[1] else 0
    return default(
        unique, "101", more.pop("dst", NUMBER), "PJSIP/101-00000001", "PJSIP/provider-00000002", "Dial", times,
        (60, talk), "ANSWERED" if talk else "NO ANSWER", **more,
    )  # fmt: skip


def test_a_telephone_that_dials_a_number_is_an_attempt_of_its_rep() -> None:
    said = read_bytes("asterisk-cdr", dialled(account="spring"))
    assert said.call() == {
        "id": f"asterisk-cdr:{T}.1:{1000 * (T + 60)}:0001:call.ended",
        "type": "call.ended",
        "at": 1000 * (T + 60),
        "source": "asterisk-cdr",
        "call": f"{T}.1",
        "direction": "outbound",
        "placed_at": 1000 * T,
        "answered_at": 1000 * (T + 10),
        "talk_s": 50,
        "ring_s": 10.0,
        "campaign": "spring",
        "number": NUMBER,
        "rep": "101",
    }


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


def test_a_call_over_several_lines_is_one_attempt_and_its_answered_one_stands() -> None:
    rows = [
        default(f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", f"PJSIP/{line}", "Dial", times, (seconds, talk), end)
        for line, times, seconds, talk, end in (
            ("one-00000002", ("00:00", "", "00:05"), 5, 0, "NO ANSWER"),
            ("two-00000003", ("00:05", "", "00:06"), 1, 0, "FAILED"),
            ("three-00000004", ("00:06", "00:20", "01:00"), 54, 40, "ANSWERED"),
        )
    ]
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["placed_at"], call["answered_at"], call["talk_s"]) == (1000 * T, 1000 * (T + 20), 40)


def test_a_telephone_that_stays_up_and_dials_again_makes_another_attempt_but_for_a_redial() -> None:
    rows = [
        default(f"{T}.1", "101", number, "PJSIP/101-00000001", f"PJSIP/p-{place:08x}", "Dial", times, seconds, end)
        for place, (number, times, seconds, end) in enumerate(
            (
                (NUMBER, ("00:10", "", "00:19"), (9, 0), "BUSY"),
                (NUMBER, ("00:20", "00:25", "01:05"), (45, 40), "ANSWERED"),
                (NUMBER, ("01:40", "", "01:49"), (9, 0), "BUSY"),
                (OTHER, ("03:20", "03:25", "03:32"), (12, 7), "ANSWERED"),
            ),
            start=2,
        )
    ]
    calls = list(read_bytes("asterisk-cdr", "\n".join(rows), asterisk_cdr_timezone="UTC").calls().values())
    assert [call["call"] for call in calls] == [f"{T}.1", f"{T}.1/2", f"{T}.1/3"]
    told = [(call["number"], call["talk_s"], call.get("disposition"), call["placed_at"] // 1000 - T) for call in calls]
    assert told == [(NUMBER, 40, None, 10), (NUMBER, 0, "busy", 100), (OTHER, 7, None, 200)]


def test_a_call_that_is_placed_for_the_rep_is_joined_over_both_local_channels_and_rings_before_it_is_answered() -> None:
    rows = (
        default(
            f"{T}.4", "101", NUMBER, "Local/0639980001@out-0000000b;2", "PJSIP/p-00000009", "Dial",
            ("00:02", "00:12", "00:40"), (38, 28), "ANSWERED",
        ),
        default(
            f"{T}.1", "101", NUMBER, "Local/101@reps-0000000a;1", "Local/0639980001@out-0000000b;1", "Dial",
            ("00:00", "00:00", "00:40"), (40, 40), "ANSWERED", context="outbound",
        ),
        default(
            f"{T}.2", "101", "101", "Local/101@reps-0000000a;2", "PJSIP/101-00000003", "Dial",
            ("00:00", "00:00", "00:40"), (40, 40), "ANSWERED",
        ),
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["call"], call["rep"], call["number"]) == (f"{T}.1", "101", NUMBER)
    assert (call["answered_at"], call["talk_s"], call["ring_s"]) == (1000 * (T + 12), 28, 12.0)


def test_where_nothing_tells_the_ringing_from_the_talk_the_file_says_so() -> None:
    row = default(
        f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", "PJSIP/p-00000002", "Dial",
        ("00:00", "00:00", "00:40"), (40, 40), "ANSWERED",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", row)
    assert said.call()["talk_s"] == 40
    assert any("of 1 answered calls the ringing may be part of the talk" in remark for remark in said.source.remarks)


@pytest.mark.parametrize(
    ("app", "peer", "disposition"),
    [
        ("VoiceMail", "Local/0@default-0000000c;1", "voicemail"),
        ("VoiceMail", "", "voicemail"),
        ("Playback", "", "abandoned"),
        ("BackGround", "", "abandoned"),
        ("AGI", "", "abandoned"),
    ],
)
def test_a_caller_answered_by_the_system_itself_has_reached_nobody(app: str, peer: str, disposition: str) -> None:
    row = default(
        f"{T}.1", NUMBER, "105", "PJSIP/provider-00000001", peer, app, ("00:00", "00:02", "01:00"), (60, 58),
        "ANSWERED", context="from-trunk", data="105@default,u",
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", row).call()
    assert (call["direction"], call["talk_s"], call["disposition"]) == ("inbound", 0, disposition)
    assert "answered_at" not in call


def test_a_prospect_whose_line_goes_to_our_own_voicemail_was_not_reached() -> None:
    rows = (
        default(
            f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", "Local/0639980001@x-0000000b;1", "Dial",
            ("00:00", "00:05", "00:50"), (50, 45), "ANSWERED",
        ),
        default(
            f"{T}.3", "101", NUMBER, "Local/0639980001@x-0000000b;2", "", "VoiceMail", ("00:00", "00:05", "00:50"),
            (50, 45), "ANSWERED",
        ),
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["disposition"], call["talk_s"]) == ("voicemail", 0)


def test_a_number_that_the_system_answers_without_dialling_is_no_attempt() -> None:
    row = default(
        f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", "", "AGI", ("00:00", "00:01", "00:30"), (30, 29), "ANSWERED"
    )
    said = read_bytes("asterisk-cdr", row)
    assert not said.events
    assert said.source.unused == {"internal call": 1}


def test_a_call_between_telephones_is_internal_and_not_lost_in_silence() -> None:
    row = default(
        f"{T}.1", "101", "102", "PJSIP/101-00000001", "PJSIP/102-00000002", "Dial",
        ("00:00", "00:05", "00:30"), (30, 25), "ANSWERED",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", row)
    assert not said.events
    assert said.source.unused == {"internal call": 1}


@pytest.mark.parametrize("word", ["MACHINE", "amd=machine", "AMD:MACHINE-LONGGREETING"])
def test_the_word_of_the_detection_in_userfield_is_the_calls_amd(word: str) -> None:
    said = read_bytes("asterisk-cdr", dialled(userfield=word))
    assert said.call()["amd"] == "machine"
    assert not said.source.remarks[:-1]


def test_an_account_that_is_the_telephone_itself_is_no_campaign() -> None:
    assert "campaign" not in read_bytes("asterisk-cdr", dialled(account="101")).call()


def test_the_contexts_of_a_floor_decide_before_any_number_does() -> None:
    row = default(
        f"{T}.1", NUMBER, "102", "PJSIP/alpha-00000001", "PJSIP/beta-00000002", "Dial", ("00:00", "00:05", "00:30"),
        (30, 25), "ANSWERED", context="campaigns",
    )  # fmt: skip
    assert read_bytes("asterisk-cdr", row).call()["direction"] == "inbound"
    call = read_bytes("asterisk-cdr", row, asterisk_outbound_contexts=["campaigns"]).call()
    assert (call["direction"], call["rep"], call["number"]) == ("outbound", "alpha", "102")


def test_a_caller_rung_at_several_reps_and_put_through_waits_until_the_one_who_answers() -> None:
    queue = {"context": "from-trunk", "data": "support,tT,,,60"}
    rows = (
        default(
            f"{T}.1", NUMBER, "600", "PJSIP/provider-00000001", "PJSIP/101-00000002", "Queue",
            ("00:00", "00:00", "00:15"), (15, 15), "NO ANSWER", **queue,
        ),
        default(
            f"{T}.1", NUMBER, "600", "PJSIP/provider-00000001", "PJSIP/102-00000003", "Queue",
            ("00:16", "00:20", "01:00"), (44, 40), "ANSWERED", **queue,
        ),
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    (joined,), (left,), call = said.of_type("queue.joined"), said.of_type("queue.left"), said.call()
    assert (joined["queue"], joined["at"]) == ("support", 1000 * T)
    assert (left["outcome"], left["wait_s"]) == ("answered", 20)
    assert (call["queue"], call["rep"], call["talk_s"], call["wait_s"]) == ("support", "102", 40, 20)


@pytest.mark.parametrize(
    ("end", "seconds", "outcome"), [("00:30", 30, "abandoned"), ("01:00", 60, "timeout"), ("01:01", 61, "timeout")]
)
def test_a_caller_who_reaches_nobody_gave_up_or_was_given_up(end: str, seconds: int, outcome: str) -> None:
    row = default(
        f"{T}.1", NUMBER, "600", "PJSIP/provider-00000001", "", "Queue", ("00:00", "00:00", end), (seconds, seconds),
        "ANSWERED", context="from-trunk", data="support,tT,,,60",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", row)
    (left,) = said.of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == (outcome, seconds)
    assert said.call()["disposition"] == "abandoned"


def test_a_queue_of_a_dialler_holds_prospects() -> None:
    row = default(
        f"{T}.1", NUMBER, "800", "PJSIP/provider-00000001", "PJSIP/101-00000002", "Queue", ("00:00", "00:00", "00:50"),
        (50, 50), "ANSWERED", data="dialler,,,,60",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", row, asterisk_outbound_queues=["dialler"])
    call = said.call()
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", NUMBER, "101")
    assert not said.of_type("queue.joined")


def test_a_withheld_caller_is_a_caller_all_the_same() -> None:
    row = default(
        f"{T}.1", "anonymous", "600", "PJSIP/provider-00000001", "PJSIP/102-00000003", "Dial",
        ("00:00", "00:05", "01:00"), (60, 55), "ANSWERED",
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", row).call()
    assert (call["direction"], call["number"], call["rep"]) == ("inbound", "anonymous", "102")


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
        (f"{DAY} 08:00:00", "01/06/2026 08:00", "start"),
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
