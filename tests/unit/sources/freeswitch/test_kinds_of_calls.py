"""Each kind of call counts once and the right way round, whatever the order of its legs, and whoever names whom."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from tests.freeswitch_legs import NUMBER, A, B, C, D, T, leg
from tests.read_source import read_bytes

Event = dict[str, Any]
HOUSE = "0199001000"
MOBILE = "0639980077"
GATEWAY = {"sip_gateway_name": "provider"}
UTC = {"freeswitch_timezone": "UTC"}


def row(  # noqa: PLR0917  as they stand in it
    uuid: str, caller: str, called: str, start: int, answer: int | None, end: int, **more: str
) -> str:
    stamps = [
        "" if second is None else f"2026-06-01 08:{second // 60:02}:{second % 60:02}" for second in (start, answer, end)
    ]
    talk = 0 if answer is None else end - answer
    cells = [
        "Somebody", caller, called, more.get("context", "default"), *stamps, str(end - start), str(talk),
        more.get("cause", "NORMAL_CLEARING"), uuid, more.get("other", ""), "", "PCMU", "PCMU",
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


def told(*records: Event | str, **settings: Any) -> list[list[Event]]:
    """Return the events of records in each order that they may stand in."""
    orders = []
    for some in permutations(records):
        text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in some)
        said = read_bytes("freeswitch-cdr", text, **UTC, **settings)
        assert not said.refused
        orders.append(said.events)
    return orders


def only_call(*records: Event | str, **settings: Any) -> Event:
    """Return the only call of records, which is the same in every order that they may stand in."""
    calls = [[event for event in events if event["type"] == "call.ended"] for events in told(*records, **settings)]
    assert all(len(some) == 1 for some in calls)
    assert all(some == calls[0] for some in calls)
    return calls[0][0]


# legs that begin in one second


def test_a_row_that_names_the_other_leg_is_the_one_that_it_was_dialled_for() -> None:
    near, far = row(A, "1012", NUMBER, 0, 25, 33, other=B), row(B, HOUSE, NUMBER, 0, 25, 33)
    call = only_call(near, far)
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("outbound", NUMBER, "1012", 8)


def test_a_caller_who_waits_is_answered_when_the_telephone_is() -> None:
    near, far = row(A, NUMBER, "3000", 0, 0, 34, other=B, context="public"), row(B, NUMBER, "1012", 0, 28, 34)
    call = only_call(near, far)
    assert (call["direction"], call["number"], call["rep"], call["talk_s"]) == ("inbound", NUMBER, "1012", 6)


def test_a_leg_that_freeswitch_dialled_is_never_the_one_that_a_call_began_with() -> None:
    near = leg(A, 0.4, 0.4, 34, call="", direction="inbound", called="3000", caller=NUMBER, context="public")
    far = leg(B, 0.4, 28, 34, call="", direction="outbound", called="1012", caller=NUMBER, variables={"bridge_uuid": A})
    call = only_call(near, far)
    assert (call["call"], call["direction"], call["rep"], call["talk_s"]) == (A, "inbound", "1012", 6)


# a far leg that names no other


@pytest.mark.parametrize("prefix", ["", "9", "0033"])
def test_an_unanswered_leg_to_the_number_that_a_rep_dialled_is_no_second_call(prefix: str) -> None:
    far = row(B, HOUSE, prefix + NUMBER.removeprefix("0" if prefix == "0033" else ""), 1, None, 20, cause="USER_BUSY")
    call = only_call(row(A, "1012", NUMBER, 0, None, 20, cause="USER_BUSY"), far)
    assert (call["call"], call["direction"], call["disposition"], call["rep"]) == (A, "outbound", "busy", "1012")


def test_unanswered_telephones_of_a_ring_group_are_no_calls_of_their_own() -> None:
    near = row(A, NUMBER, "9000", 0, None, 20, context="public", cause="ORIGINATOR_CANCEL")
    rung = [row(one, NUMBER, called, 1, None, 20) for one, called in ((B, "1012"), (C, "1013"))]
    assert only_call(near, *rung)["disposition"] == "abandoned"


@pytest.mark.parametrize("called", ["1012", NUMBER])
def test_a_leg_that_was_dialled_for_nothing_that_is_there_is_no_call_from_outside(called: str) -> None:
    lone = leg(B, 0, None, 20, call=B, direction="outbound", caller=MOBILE, called=called, context="public")
    said = read_bytes("freeswitch-cdr", json.dumps(lone))
    assert {event["direction"] for event in said.of_type("call.ended")} <= {"outbound"}
    if called == "1012":
        assert not said.events
        assert said.source.unused == {"leg of a call whose other leg is not there": 1}


def test_two_reps_who_dial_one_number_at_one_time_are_two_attempts() -> None:
    first, second = row(A, "1012", NUMBER, 0, None, 30), row(B, "1013", NUMBER, 5, None, 20)
    for events in told(first, second):
        assert sorted(event["rep"] for event in events) == ["1012", "1013"]


def test_a_caller_who_tries_again_is_two_calls() -> None:
    tries = [row(one, NUMBER, HOUSE, at, None, at + 9, context="public") for one, at in ((A, 0), (B, 10))]
    for events in told(*tries):
        assert len(events) == 2


def test_a_lone_leg_is_joined_with_the_nearest_of_two_calls_and_neither_is_lost() -> None:
    near, other = row(A, "1012", NUMBER, 0, None, 30), row(C, "1013", NUMBER, 4, None, 30)
    far = row(B, HOUSE, NUMBER, 5, None, 30)
    for events in told(near, other, far):
        assert {(event["call"], event["rep"]) for event in events} == {(A, "1012"), (C, "1013")}


# transfers


def rep(uuid: str, start: float, answer: float | None, end: float, called: str, **variables: str) -> Event:
    channel = {"channel_name": f"sofia/internal/{called}@floor.example", "dialed_user": called}
    return leg(
        uuid, start, answer, end, direction="outbound", caller=NUMBER, called=called, variables={**channel, **variables}
    )


CALLER = {"caller": NUMBER, "called": HOUSE, "context": "public"}


def test_a_caller_who_is_given_to_another_rep_is_talked_to_by_both() -> None:
    call = only_call(leg(A, 0, 5, 60, **CALLER), rep(B, 1, 5, 20, "1012"), rep(C, 21, 25, 60, "1013", originator=A))
    assert (call["direction"], call["rep"], call["talk_s"]) == ("inbound", "1012", 15 + 35)


def test_the_talk_ends_when_a_caller_is_given_to_a_number_outside() -> None:
    outside = leg(
        C, 21, 30, 90, direction="outbound", caller=NUMBER, called=MOBILE,
        variables={"channel_name": f"sofia/external/{MOBILE}@provider.example", "sip_gateway_name": "provider"},
    )  # fmt: skip
    call = only_call(leg(A, 0, 5, 90, **CALLER), rep(B, 1, 5, 20, "1012"), outside)
    assert (call["direction"], call["rep"], call["talk_s"]) == ("inbound", "1012", 15)


def test_a_prospect_who_is_given_to_a_number_outside_is_one_attempt_whose_talk_ends_there() -> None:
    gateway = {"sip_gateway_name": "provider", "caller": "x"}
    first = leg(B, 1, 10, 90, direction="outbound", variables=gateway)
    second = leg(C, 31, 40, 90, direction="outbound", called=MOBILE, call=B, variables={**gateway, "originator": B})
    call = only_call(leg(A, 0, 10, 30), first, second)
    assert (call["number"], call["rep"], call["talk_s"]) == (NUMBER, "1002", 20)


def test_a_consultation_before_a_transfer_is_part_of_the_call_that_it_is_for() -> None:
    asks = leg(C, 20, 22, 30, call=C, direction="inbound", caller="1012", called="1013", variables={"signal_bond": B})
    asked = rep(D, 21, 25, 60, "1013", originator=C, last_bridge_to=A)
    call = only_call(leg(A, 0, 5, 60, **CALLER), rep(B, 1, 5, 30, "1012"), asks, asked)
    assert (call["call"], call["direction"], call["rep"], call["talk_s"]) == (A, "inbound", "1012", 55)


def test_a_spare_gateway_after_congestion_is_no_second_attempt() -> None:
    legs = [
        leg(one, at, answer, end, direction="outbound", cause=cause, variables={"sip_gateway_name": "g"})
        for one, at, answer, end, cause in (
            (B, 1, None, 2, "NORMAL_CIRCUIT_CONGESTION"), (C, 2, 12, 40, "NORMAL_CLEARING"),
        )
    ]  # fmt: skip
    call = only_call(leg(A, 0, 12, 40), *legs)
    assert (call["talk_s"], call["rep"]) == (28, "1002")


def test_legs_that_nobody_speaks_on_are_no_party() -> None:
    loop = {"channel_name": "loopback/0639980077-a", "originator": A, "other_loopback_leg_uuid": C}
    back = {"channel_name": "loopback/0639980077-b"}
    legs = [
        leg(A, 0, 9, 60, **CALLER),
        leg(B, 1, 9, 60, direction="outbound", caller=NUMBER, called=MOBILE, variables=loop),
        leg(C, 1, 9, 60, call=C, direction="inbound", caller=NUMBER, called=MOBILE, variables=back),
        leg(
            D, 2, 9, 60, call=C, direction="outbound", caller=NUMBER, called=MOBILE, variables={"sip_gateway_name": "g"}
        ),
    ]
    call = only_call(*legs)
    assert (call["direction"], call["talk_s"], call.get("rep")) == ("inbound", 51, None)


# click-to-call and diallers


def test_a_rep_who_is_rung_first_and_does_not_answer_has_placed_no_call() -> None:
    lone = rep(A, 0, None, 20, "1012")
    said = read_bytes("freeswitch-cdr", json.dumps(lone))
    assert not said.events


def test_click_to_call_counts_from_when_the_number_is_dialled() -> None:
    far = {"originator": A, "sip_gateway_name": "provider"}
    call = only_call(rep(A, 0, 8, 60, "1012"), leg(B, 9, 29, 60, direction="outbound", caller=HOUSE, variables=far))
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", NUMBER, "1012")
    assert (call["ring_s"], call["talk_s"], call["placed_at"]) == (20, 31, 1000 * (T + 9))


def test_a_prospect_whom_a_dialler_gives_to_a_rep_is_an_attempt_of_that_rep() -> None:
    channel = {"channel_name": f"sofia/external/{NUMBER}@provider.example", "sip_gateway_name": "provider"}
    prospect = leg(A, 0, 10, 60, direction="outbound", caller=HOUSE, called="1012", variables=channel)
    call = only_call(prospect, rep(B, 11, 14, 60, "1012", originator=A))
    assert (call["direction"], call["number"], call["rep"]) == ("outbound", NUMBER, "1012")
    assert call["talk_s"] == 46
    alone = leg(A, 0, None, 20, direction="outbound", caller=HOUSE, called="1012", cause="NO_ANSWER", variables=channel)
    assert (only_call(alone)["disposition"], only_call(alone)["number"]) == ("no_answer", NUMBER)


# who is where


def test_a_trunk_at_the_profile_of_the_telephones_is_outside_and_a_telephone_named_by_a_long_number_inside() -> None:
    trunk = {"channel_name": f"sofia/internal/{NUMBER}@10.0.0.9"}
    assert only_call(leg(A, 0, 1, 60, caller=NUMBER, called="1012", variables=trunk))["direction"] == "inbound"
    telephone = {"channel_name": f"sofia/internal/{HOUSE}@floor.example", "user_name": HOUSE}
    assert only_call(leg(A, 0, 10, 60, caller=HOUSE, variables=telephone))["direction"] == "outbound"


# queues, and what stands for one


def queue(**times: int) -> dict[str, str]:
    moments = {f"cc_queue_{name}_epoch": str(T + at) for name, at in times.items()}
    return {"cc_queue": "8000@floor.example", "cc_side": "member", "cc_agent": D, **moments}


def test_an_agent_who_is_known_by_an_id_has_the_name_of_the_telephone_and_talk_ends_with_them() -> None:
    caller = leg(A, 0, 1, 90, **CALLER, variables=queue(joined=2, answered=17, terminated=50))
    agent = {"cc_side": "agent", "cc_member_session_uuid": A, "cc_queue": "8000@floor.example"}
    rung = rep(B, 5, None, 10, "1011", **agent)
    answers = rep(C, 12, 17, 50, "1012", **agent)
    call = only_call(caller, rung, answers)
    assert (call["queue"], call["rep"], call["wait_s"], call["talk_s"]) == ("8000", "1012", 15, 33)
    named = only_call(caller, answers, freeswitch_reps={D: "rep-12"})
    assert named["rep"] == "rep-12"


def test_the_leg_of_an_agent_alone_is_no_call() -> None:
    agent = {"cc_side": "agent", "cc_member_session_uuid": A, "cc_queue": "8000@floor.example"}
    said = read_bytes("freeswitch-cdr", json.dumps(rep(B, 5, 9, 40, "1011", **agent)))
    assert not said.events


GROUPS = {"freeswitch_ring_groups": {"9000": "sales", "+33 1 99 00 10 00": "support", "night": "nobody"}}


@pytest.mark.parametrize(
    ("called", "context", "queue_name"),
    [("9000", "public", "sales"), (HOUSE, "public", "support"), ("1012", "night", "nobody"), ("1012", "public", None)],
)
def test_a_ring_group_a_direct_number_or_a_context_stands_for_the_queue(
    called: str, context: str, queue_name: str | None
) -> None:
    near = leg(A, 0, 12, 60, caller=NUMBER, called=called, context=context)
    settings = {**GROUPS, "freeswitch_inbound_contexts": ["public", "night"]}
    for events in told(near, rep(B, 1, 12, 60, "1012"), **settings):
        queued = {event["type"]: event for event in events}
        if queue_name is None:
            assert queued.keys() == {"call.ended"}
            continue
        assert queued["queue.joined"]["queue"] == queued["call.ended"]["queue"] == queue_name
        assert (queued["queue.left"]["outcome"], queued["queue.left"]["wait_s"]) == ("answered", 12)
        assert queued["call.ended"]["wait_s"] == 12


@pytest.mark.parametrize(
    ("answer", "apps", "outcome", "waited"),
    [(None, [], "abandoned", 20), (15, ["voicemail"], "timeout", 15)],
)
def test_a_caller_whom_nobody_answers_has_waited_until_they_hang_up_or_the_voicemail_comes(
    answer: int | None, apps: list[str], outcome: str, waited: int
) -> None:
    near = leg(A, 0, answer, 20, caller=NUMBER, called="9000", context="public", apps=apps)
    said = read_bytes("freeswitch-cdr", json.dumps(near), **GROUPS)
    (left,) = said.of_type("queue.left")
    assert (left["outcome"], left["wait_s"]) == (outcome, waited)


def test_the_wait_for_a_ring_group_begins_when_it_is_called() -> None:
    near = leg(A, 0, 1, 60, caller=NUMBER, called=HOUSE, context="public")
    first = near["callflow"]
    second = {
        "caller_profile": {"destination_number": "9000", "context": "default", "caller_id_number": NUMBER},
        "times": {"profile_created_time": str(1_000_000 * (T + 8))},
    }
    near["callflow"] = [second, first]
    for events in told(near, rep(B, 9, 20, 60, "1012"), **GROUPS):
        (left,) = [event for event in events if event["type"] == "queue.left"]
        assert (left["queue"], left["wait_s"]) == ("sales", 12)
