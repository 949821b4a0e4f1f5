"""What the field's detail records say: lines named by digits, one row a call, waits that nothing tells, ring groups."""

from __future__ import annotations

import pytest

from tests.read_source import read_bytes
from tests.unit.sources.asterisk.cdr_rows import NUMBER, OTHER, T, default

OWN = "0199000100"


def rung(
    line: str, *, shown: str = "201", app: str = "Dial", disposition: str = "ANSWERED", dst: str = NUMBER, **more: str
) -> str:
    talk = 40 if disposition == "ANSWERED" else 0
    return default(
        f"{T}.1", shown, dst, "PJSIP/201-00000001", f"PJSIP/{line}-00000002", app,
        ("00:00", "00:10" if talk else "", "00:50"), (50, talk), disposition,
        data=more.pop("data", f"PJSIP/{dst}@{line},60" if app == "Dial" else ""), **more,
    )  # fmt: skip


@pytest.mark.parametrize("line", ["0170000000", "33170", "4412", "carrier"])
@pytest.mark.parametrize("shown", ["201", OWN])
def test_a_line_named_by_digits_is_neither_a_telephone_nor_the_prospects_number(line: str, shown: str) -> None:
    call = read_bytes("asterisk-cdr", rung(line, shown=shown, context="somewhere")).call()
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("outbound", NUMBER, "201", 40)


@pytest.mark.parametrize("code", ["#31#", "*31#", "**", "*67"])
def test_codes_before_a_number_are_taken_off(code: str) -> None:
    said = read_bytes("asterisk-cdr", rung("carrier", dst=f"{code}{NUMBER}"))
    assert said.call()["number"] == NUMBER


@pytest.mark.parametrize("prefix", ["9", "0", "7001"])
def test_what_only_asks_for_a_line_is_taken_off(prefix: str) -> None:
    row = rung("carrier", dst=f"{prefix}{NUMBER}", data=f"PJSIP/{NUMBER}@carrier,60")
    assert read_bytes("asterisk-cdr", row).call()["number"] == NUMBER


def test_of_a_diallers_number_too() -> None:
    local = f"Local/9{NUMBER}@default-00000001"
    rows = [
        default(
            f"{T}.{number}", src, dst, f"{local};{number}", peer, app, ("00:00", "00:10", "00:50"), (50, 40),
            "ANSWERED", context="default", data=data,
        )
        for number, src, dst, peer, app, data in (
            (2, OWN, f"9{NUMBER}", "SIP/carrier-00000002", "Dial", f"SIP/carrier/{NUMBER}"),
            (1, NUMBER, "8300", "SIP/201-00000003", "Queue", "sales,,,,20"),
        )
    ]  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", NUMBER, "201")


def test_the_argument_of_a_macro_is_the_number_where_the_extension_is_none() -> None:
    row = rung("0170000000", dst="s", data=f"PJSIP/0170000000/{NUMBER},60", context="macro-dialout-trunk")
    assert read_bytes("asterisk-cdr", row).call()["number"] == NUMBER


def test_without_ids_of_calls_a_span_of_a_card_joins_what_was_handed_on() -> None:
    rows = [
        default(
            unique, OWN, NUMBER, channel, peer, "Dial", times, (20, 10), "ANSWERED", data=data
        )
        for unique, channel, peer, times, data in (
            (f"{T}.1", "SIP/201-00000001", "DAHDI/i1/0199000100-1f", ("00:00", "00:10", "00:20"), f"DAHDI/g1/{NUMBER}"),
            (f"{T}.2", "DAHDI/i1/0199000100-1f", "SIP/202-00000003", ("00:20", "00:30", "00:40"), "SIP/202,20"),
        )
    ]  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", NUMBER, "201")


@pytest.mark.parametrize("context", ["from-zaptel", "from-dahdi", "from-analog", "from-extern", "somewhere"])
def test_a_caller_on_a_port_of_a_card_is_a_caller(context: str) -> None:
    row = default(
        f"{T}.1", NUMBER, "s", "DAHDI/4-1", "SIP/201-00000001", "Dial", ("00:00", "00:10", "00:50"), (50, 40),
        "ANSWERED", data="SIP/201&SIP/202,20", context=context,
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", row).call()
    assert (call["direction"], call["number"], call["rep"]) == ("inbound", NUMBER, "201")


@pytest.mark.parametrize("app", ["Hangup", "Congestion", "VoiceMail", "Playback"])
@pytest.mark.parametrize(
    ("disposition", "why"), [("NO ANSWER", "no_answer"), ("BUSY", "busy"), ("CONGESTION", "failed")]
)
def test_one_row_a_call_rang_somebody_whatever_the_dial_plan_did_last(app: str, disposition: str, why: str) -> None:
    call = read_bytes("asterisk-cdr", rung("carrier", app=app, disposition=disposition)).call()
    assert (call["direction"], call["number"], call["disposition"]) == ("outbound", NUMBER, why)


def test_a_spare_line_after_congestion_is_the_same_attempt() -> None:
    rows = [
        default(
            f"{T}.1", OWN, NUMBER, "IAX2/101-1", peer, "Dial", times, (5, talk), said, data=f"IAX2/{data},11"
        )
        for peer, times, talk, said, data in (
            ("IAX2/0033170-2", ("00:00", "", "00:00"), 0, "CONGESTION", f"0033170/0033{NUMBER[1:]}"),
            ("IAX2/gsm1-3", ("00:00", "00:03", "00:05"), 2, "ANSWERED", f"gsm1/{NUMBER}"),
        )
    ]  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["number"], call["rep"], call["talk_s"]) == (NUMBER, "101", 2)


def queued(
    answer: str, talk: int, *, peer: str = "PJSIP/301-00000002", channel: str = "PJSIP/0170000000-00000001"
) -> str:
    return default(
        f"{T}.1", NUMBER, "600", channel, peer, "Queue", ("00:00", answer, "02:00"), (120, talk), "ANSWERED",
        context="ext-queues", data="600,t,,,300",
    )  # fmt: skip


def test_a_wait_that_nothing_tells_from_the_talk_is_absent_and_said_to_be() -> None:
    said = read_bytes("asterisk-cdr", queued("00:00", 120))
    (left,), call = said.of_type("queue.left"), said.call()
    assert (left["outcome"], call["rep"], call["direction"]) == ("answered", "301", "inbound")
    assert "wait_s" not in left
    assert not {"wait_s", "talk_s"} & call.keys()
    assert any("of 1 answered callers it does not tell the wait" in remark for remark in said.source.remarks)


def test_a_member_reached_by_a_local_channel_tells_the_wait() -> None:
    leg = default(
        f"{T}.3", NUMBER, "301", "Local/301@from-queue-00000007;2", "PJSIP/301-00000009", "Dial",
        ("00:05", "00:20", "02:00"), (115, 100), "ANSWERED", data="PJSIP/301/sip:301@10.0.0.9",
    )  # fmt: skip
    said = read_bytes("asterisk-cdr", queued("00:00", 120, peer="Local/301@from-queue-00000007;1") + "\n" + leg)
    assert said.of_type("queue.left")[0]["wait_s"] == 20
    assert said.call()["talk_s"] == 100


def ring_group(*, answered: bool) -> str:
    rows = [
        default(
            f"{T}.1", NUMBER, "600", "PJSIP/carrier-00000001", f"PJSIP/{desk}-0000000{desk[-1]}", "Dial",
            ("00:00", "00:04" if answered and desk == "105" else "", "00:30" if answered else "00:12"),
            (30 if answered else 12, 26 if answered and desk == "105" else 0),
            "ANSWERED" if answered and desk == "105" else "NO ANSWER", context="ext-group",
            data="PJSIP/105&PJSIP/106,12",
        )
        for desk in ("105", "106")
    ]  # fmt: skip
    after = default(
        f"{T}.1", NUMBER, "600", "PJSIP/carrier-00000001", "", "VoiceMail", ("00:12", "00:12", "00:20"), (8, 8),
        "ANSWERED", context="ext-group",
    )  # fmt: skip
    return "\n".join([*rows, *([] if answered else [after])])


@pytest.mark.parametrize("named", ["600", "ext-group"])
def test_a_ring_group_that_the_settings_name_stands_for_a_queue(named: str) -> None:
    said = read_bytes("asterisk-cdr", ring_group(answered=True), asterisk_ring_groups={named: "front desk"})
    (joined,), (left,), call = said.of_type("queue.joined"), said.of_type("queue.left"), said.call()
    assert joined["queue"] == "front desk"
    assert (left["outcome"], left["wait_s"], call["queue"], call["rep"], call["talk_s"]) == (
        "answered", 4, "front desk", "105", 26,
    )  # fmt: skip
    missed = read_bytes("asterisk-cdr", ring_group(answered=False), asterisk_ring_groups={named: "front desk"})
    assert [(one["outcome"], one["wait_s"]) for one in missed.of_type("queue.left")] == [("timeout", 12)]
    assert not read_bytes("asterisk-cdr", ring_group(answered=True)).of_type("queue.joined")


def test_a_prospect_handed_on_to_a_number_outside_talks_to_the_floor_no_more() -> None:
    rows = (
        default(
            f"{T}.1", OWN, NUMBER, "IAX2/101-1", "IAX2/0033170-2", "Dial", ("00:00", "00:03", "00:08"), (8, 5),
            "ANSWERED", data=f"IAX2/0033170/{NUMBER}",
        ),
        default(
            f"{T}.2", OWN, OTHER, "IAX2/0033170-2", "IAX2/0033170-4", "Dial", ("00:08", "00:08", "00:30"), (22, 22),
            "ANSWERED", data=f"IAX2/0033170/{OTHER}",
        ),
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows)).call()
    assert (call["direction"], call["number"], call["talk_s"]) == ("outbound", NUMBER, 5)


def test_a_prospect_put_into_a_reps_conference_talks_from_then_on() -> None:
    rows = (
        default(
            f"{T}.1", OWN, "8600113", f"Local/{NUMBER}@dialler-0000000a;1", "", "ConfBridge",
            ("00:00", "00:02", "00:04"), (4, 2), "ANSWERED", data="8600113,bridge", userfield="HUMAN",
        ),
        default(
            f"{T}.2", OWN, NUMBER, f"Local/{NUMBER}@dialler-0000000a;2", "PJSIP/0170000000-00000003", "Dial",
            ("00:00", "00:02", "00:40"), (40, 38), "ANSWERED", data=f"PJSIP/{NUMBER}@0170000000",
        ),
    )  # fmt: skip
    call = read_bytes("asterisk-cdr", "\n".join(rows), asterisk_reps={"8600113": "rep113"}).call()
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("outbound", NUMBER, "rep113", 36)
    assert "rep" not in read_bytes("asterisk-cdr", "\n".join(rows)).call()


def test_local_channels_that_lead_to_each_other_in_circles_end() -> None:
    ends = [("SIP/carrier-00000001", "00000000")] + [
        (f"Local/1@x-{here:08};2", f"{there:08}") for here in range(7) for there in range(7) if here != there
    ]
    rows = [
        default(
            f"{T}.{place}", OTHER, "2", channel, f"Local/1@x-{peer};1", "Dial", ("00:00", "00:10", "00:50"), (50, 40),
            "ANSWERED", context="from-trunk", data="Local/1@x",
        ) + f',"","{T}.0","{place}"'
        for place, (channel, peer) in enumerate(ends)
    ]  # fmt: skip
    assert read_bytes("asterisk-cdr", "\n".join(rows)).call()["direction"] == "inbound"
