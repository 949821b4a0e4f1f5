"""Rows of call detail records become calls: attempts and callers, however many rows one of them has."""

from __future__ import annotations

import pytest

from tests.read_source import read_bytes
from tests.unit.sources.asterisk.cdr_rows import NUMBER, OTHER, T, default, dialled


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
