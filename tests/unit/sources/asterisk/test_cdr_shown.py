"""What other rows of a file show of a call: that a ring ended by itself, a queue passed, whose a conference is."""

from __future__ import annotations

import pytest

from tests.read_source import FileRead, read_bytes
from tests.unit.sources.asterisk.cdr_rows import NUMBER, OTHER, T, default, dialled

OWN = "0199000100"
AFTER = ("VoiceMail", "601@default,u")


def ring(call: int, times: tuple[str, str], seconds: int, *, peer: str = "PJSIP/301", src: str = NUMBER) -> str:
    """Write that a caller, whom the dial plan had answered, stood in a queue while a telephone rang in vain."""
    return default(
        f"{T + call}.{call}", src, "support", f"PJSIP/carrier-{call:08x}", f"{peer}-{call + 90:08x}", "Queue",
        (times[0], times[0], times[1]), (seconds, seconds), "NO ANSWER", context="ext-queues", data="support,t,,,30",
    )  # fmt: skip


def after(call: int, times: tuple[str, str], seconds: int, *, src: str = NUMBER, out: tuple[str, str] = AFTER) -> str:
    return default(
        f"{T + call}.{call}", src, "support", f"PJSIP/carrier-{call:08x}", "", out[0], (times[0], times[0], times[1]),
        (seconds, seconds), "ANSWERED", context="ext-queues", data=out[1],
    )  # fmt: skip


def left(said: FileRead, call: int) -> dict[str, object]:
    (event,) = [one for one in said.of_type("queue.left") if one["call"] == f"{T + call}.{call}"]
    return event


def test_a_caller_who_hangs_up_while_a_telephone_rings_has_waited_until_then() -> None:
    rows = [ring(1, ("00:00", "00:12"), 12), ring(1, ("00:13", "00:17"), 4)]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert (left(said, 1)["outcome"], left(said, 1)["wait_s"]) == ("abandoned", 17)
    assert not any("gave up in a queue" in remark for remark in said.source.remarks)


def test_how_long_a_caller_stayed_after_a_ring_that_ended_by_itself_is_absent_and_said_to_be() -> None:
    rows = [ring(1, ("00:00", "00:12"), 12), ring(2, ("01:00", "01:12"), 12, src=OTHER)]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert left(said, 2)["outcome"] == "abandoned"
    assert "wait_s" not in left(said, 2)
    assert any("of 2 callers who gave up in a queue it does not tell when" in remark for remark in said.source.remarks)


def given_up(call: int, minute: int) -> list[str]:
    """Write that a caller whom nobody picked up came out of the queue into a mailbox."""
    return [
        ring(call, (f"{minute:02}:00", f"{minute:02}:30"), 30),
        after(call, (f"{minute:02}:30", f"{minute:02}:40"), 10),
    ]


def test_a_queue_that_rang_nobody_is_known_by_where_others_of_its_extension_came_out() -> None:
    said = read_bytes("asterisk-cdr", "\n".join([*given_up(1, 0), after(2, ("05:00", "05:38"), 38, src=OTHER)]))
    event = left(said, 2)
    assert (event["queue"], event["outcome"], event["wait_s"]) == ("support", "timeout", 30)
    call = said.calls()[f"{T + 2}.2"]
    assert (call["queue"], call["wait_s"], call["talk_s"], call["disposition"]) == ("support", 30, 0, "voicemail")
    assert any("1 callers are told as given up by a queue though no row names it" in one for one in said.source.remarks)


@pytest.mark.parametrize(
    "other",
    [
        after(2, ("05:00", "05:20"), 20, src=OTHER),
        after(2, ("05:00", "05:38"), 38, src=OTHER, out=("Playback", "closed")),
        after(2, ("05:00", "05:38"), 38, src=OTHER).replace('"support"', '"601"'),
    ],
    ids=["shorter than the queue's patience", "into something else", "of another extension"],
)
def test_a_caller_whom_nothing_shows_to_have_passed_a_queue_is_in_none(other: str) -> None:
    said = read_bytes("asterisk-cdr", "\n".join([*given_up(1, 0), other]))
    assert [event["call"] for event in said.of_type("queue.left")] == [f"{T + 1}.1"]
    assert "queue" not in said.calls()[f"{T + 2}.2"]


def test_an_extension_with_a_way_around_its_queue_tells_of_no_queue_from_then_on() -> None:
    rows = [
        *given_up(1, 0),
        after(2, ("05:00", "05:05"), 5, src=OTHER),
        after(3, ("06:00", "06:38"), 38, src=OTHER),
    ]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert [event["call"] for event in said.of_type("queue.left")] == [f"{T + 1}.1"]


def test_where_an_extension_leads_to_two_queues_nothing_tells_which_it_was() -> None:
    second = "\n".join(given_up(2, 5)).replace("support,t,,,30", "sales,t,,,30")
    said = read_bytes("asterisk-cdr", "\n".join([*given_up(1, 0), second, after(3, ("09:00", "09:38"), 38)]))
    assert f"{T + 3}.3" not in [event["call"] for event in said.of_type("queue.left")]


def test_a_prospect_whom_a_dialler_put_into_a_queue_has_answered_also_where_no_rep_did() -> None:
    row = default(
        f"{T}.1", OWN, "8300", "PJSIP/carrier-00000001", "PJSIP/301-00000002", "Queue", ("00:00", "00:03", "00:09"),
        (9, 6), "NO ANSWER", context="dialler-in", data="campaign,,,,15", userfield="HUMAN",
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", row, asterisk_outbound_queues=["campaign"]).call()
    assert (call["direction"], call["answered_at"], call["talk_s"]) == ("outbound", 1000 * (T + 3), 0)
    assert "disposition" not in call


def test_who_is_rung_in_vain_by_a_telephone_that_was_up_has_not_answered() -> None:
    row = default(
        f"{T}.1", "201", NUMBER, "PJSIP/201-00000001", "PJSIP/carrier-00000002", "Dial", ("00:00", "00:02", "00:20"),
        (20, 18), "NO ANSWER", data=f"PJSIP/{NUMBER}@carrier,20",
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", row).call()
    assert (call["disposition"], call["talk_s"]) == ("no_answer", 0)
    assert "answered_at" not in call


def prospect(call: int, minute: int, *, room: str = "8600113") -> list[str]:
    other = f"Local/{NUMBER}@dialler-{call:08x}"
    return [
        default(
            f"{T + call}.{call}", OWN, room, f"{other};1", "", "ConfBridge",
            (f"{minute:02}:00", f"{minute:02}:02", f"{minute:02}:04"), (4, 2), "ANSWERED", data=f"{room},bridge",
        ),
        default(
            f"{T + call}.{call + 1}", OWN, NUMBER, f"{other};2", f"PJSIP/carrier-{call:08x}", "Dial",
            (f"{minute:02}:00", f"{minute:02}:02", f"{minute:02}:40"), (40, 38), "ANSWERED",
            data=f"PJSIP/{NUMBER}@carrier",
        ),
    ]  # fmt: skip


def waits(peer: str, call: int, times: tuple[str, str], seconds: int, *, room: str = "8600113") -> str:
    """Write that a rep sat in a conference."""
    return default(
        f"{T + call}.{call}", "0000000000", room, f"PJSIP/{peer}-{call:08x}", f"Local/{NUMBER}@dialler-00000010;1",
        "ConfBridge", (times[0], times[0], times[1]), (seconds, seconds), "ANSWERED", context="conf", data=f"{room},r",
    )  # fmt: skip


def test_a_prospect_in_a_conference_talks_with_whoever_sat_there_all_the_while() -> None:
    rows = [
        *prospect(10, 2),
        *prospect(20, 8),
        waits("rep113", 1, ("00:30", "05:00"), 270),
        waits("rep113", 1, ("05:00", "10:00"), 300),
        waits("rep114", 2, ("00:30", "10:00"), 570, room="8600114"),
    ]
    said = read_bytes("asterisk-cdr", "\n".join(rows))
    assert [call["rep"] for call in said.calls().values()] == ["rep113", "rep113"]
    assert said.source.unused == {"rep waiting in a conference": 2}
    named = read_bytes("asterisk-cdr", "\n".join(rows), asterisk_reps={"8600113": "alice"})
    assert [call["rep"] for call in named.calls().values()] == ["alice", "alice"]


@pytest.mark.parametrize(
    "others",
    [
        [],
        [waits("rep113", 1, ("00:30", "02:20"), 110)],
        [waits("rep113", 1, ("00:30", "10:00"), 570), waits("chief", 2, ("00:30", "10:00"), 570)],
    ],
    ids=["nobody", "somebody who left before the end", "two at once"],
)
def test_a_conference_of_nobody_or_of_two_tells_no_rep_and_says_so(others: list[str]) -> None:
    said = read_bytes("asterisk-cdr", "\n".join([*prospect(10, 2), *others]))
    assert "rep" not in said.call()
    assert any("of 1 prospects in a conference it does not tell the rep" in remark for remark in said.source.remarks)


def test_the_seconds_in_which_a_transfer_is_dialled_are_said_to_be_in_the_talk() -> None:
    consults = default(
        f"{T}.1", "101", NUMBER, "PJSIP/101-00000001", f"Local/{OTHER}@from-internal-00000003;1", "Dial",
        ("01:00", "01:00", "01:10"), (10, 10), "ANSWERED",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", f"{dialled()}\n{consults}")
    assert said.call()["talk_s"] == 50
    assert any("of 1 calls that were handed on, the talk holds the seconds" in one for one in said.source.remarks)
    assert not any("handed on" in one for one in read_bytes("asterisk-cdr", dialled()).source.remarks)
