"""Whole calls from Twilio's callbacks: in any order, told any number of times, however the legs were dialled."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events.call_parts import KEPT_MS
from stream.events.refusal import Refused
from stream.privacy.identity import Identity
from stream.sources.twilio.calls import Calls
from stream.sources.twilio.facts import Fact, fact_of

T = 1_767_600_000_000
IDENTITY = Identity(b"a key of the tests, and no other", "FR", "[0-9]{3,4}")
LEAD, OURS = "+33639980001", "+33199001234"
PSEUDONYM = IDENTITY.pseudonym(LEAD, call=None)

Form = dict[str, Any]


def callback(sid: str, status: str | None, second: int, **fields: Any) -> Form:
    """Return a callback as Twilio posts it, `second` seconds after the beginning."""
    form: Form = {"CallSid": sid, "From": OURS, "To": LEAD, "Direction": "outbound-api"}
    if status is not None:
        time = format_datetime(datetime.fromtimestamp(T / 1000 + second, UTC))
        form |= {"CallStatus": status, "Timestamp": time, "CallbackSource": "call-progress-events"}
    return form | fields


def leg(sid: str, rings: int, talks: int | None, ends: str = "completed", begins: int = 0, **fields: Any) -> list[Form]:
    """Return the callbacks of a leg that begins to ring a second later, rings, and is answered if it talks."""
    forms = [callback(sid, "initiated", begins), callback(sid, "ringing", begins + 1)]
    if talks is not None:
        forms.append(callback(sid, "in-progress", begins + 1 + rings))
    forms.append(callback(sid, ends, begins + 1 + rings + (talks or 0), CallDuration=str(talks or 0)))
    return [form | fields | {"SequenceNumber": str(number)} for number, form in enumerate(forms)]


def told(*forms: Form, query: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return everything that these callbacks tell, in this order."""
    calls = Calls()
    return [event for form in forms for event in calls.apply(read(form, query), T)]


def read(form: Form, query: dict[str, str] | None = None) -> Fact:
    own = form.get("query", query or {})
    return fact_of({name: value for name, value in form.items() if name != "query"}, own, IDENTITY, T)


def standing(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the whole calls that stand, by call id: of several the latest, then the one with the greatest id."""
    ended = sorted((one for one in events if one["type"] == "call.ended"), key=lambda one: (one["at"], one["id"]))
    return {one["call"]: {name: value for name, value in one.items() if name != "id"} for one in ended}


def with_children(sid: str, forms: list[Form], parent: str) -> list[Form]:
    return [form | {"CallSid": sid, "ParentCallSid": parent, "Direction": "outbound-dial"} for form in forms]


def test_an_answered_call_has_its_times_and_lengths() -> None:
    events = told(*leg("CA1", 8, 61), query={"campaign": "Spring", "rep": "rep-04"})
    assert [event["type"] for event in events] == ["call.started", "call.answered", "call.ended"]
    assert PSEUDONYM is not None
    assert standing(events) == {
        "CA1": {
            "type": "call.ended",
            "at": T + 70_000,
            "source": "twilio",
            "call": "CA1",
            "number": PSEUDONYM.value,
            "direction": "outbound",
            "placed_at": T,
            "answered_at": T + 9_000,
            "ring_s": 9.0,
            "talk_s": 61,
            "rep": "rep-04",
            "campaign": "Spring",
        }
    }


@pytest.mark.parametrize(
    ("status", "disposition"),
    [("busy", "busy"), ("no-answer", "no_answer"), ("canceled", "no_answer"), ("failed", "failed")],
)
def test_a_call_that_nobody_answered_says_why(status: str, disposition: str) -> None:
    (call,) = standing(told(*leg("CA1", 20, None, status, SipResponseCode="486"))).values()
    assert (call["disposition"], call["talk_s"], "answered_at" in call) == (disposition, 0, False)
    assert call["hangup_cause"] == "sip 486"


@pytest.mark.parametrize("order", permutations(range(5)))
def test_any_order_of_the_callbacks_ends_in_the_same_call(order: tuple[int, ...]) -> None:
    forms = [*leg("CA1", 8, 61), {"CallSid": "CA1", "AnsweredBy": "machine_end_beep"}]
    ordered = standing(told(*forms))
    assert ordered["CA1"]["amd"] == "machine"
    assert standing(told(*(forms[place] for place in order))) == ordered


@given(st.lists(st.integers(0, 8), min_size=9, max_size=25))
def test_repeated_deliveries_change_nothing(places: list[int]) -> None:
    customer = leg("CA1", 8, 61)
    forms = [*customer, *with_children("CA2", leg("CA2", 2, 40, begins=15, To="client:rep-04"), "CA1"), customer[-1]]
    events = told(*forms, *(forms[place] for place in places))
    assert standing(events) == standing(told(*forms))
    contents: dict[str, dict[str, Any]] = {}
    for event in events:
        assert contents.setdefault(event["id"], event) == event


FAMILIES: dict[str, list[Form]] = {
    "a customer and then a rep": [
        *leg("CA1", 8, 61),
        *with_children("CA2", leg("CA2", 3, 40, begins=12, To="client:rep-04"), "CA1"),
        {"CallSid": "CA1", "AnsweredBy": "human"},
    ],
    "a rep and then two customers": [
        *leg("CA1", 0, 80, From="client:rep-04", To="", Direction="inbound"),
        *with_children("CA2", leg("CA2", 8, None, "busy", begins=3), "CA1"),
        *with_children("CA3", leg("CA3", 8, 40, begins=20, To="+33639980002"), "CA1"),
    ],
    "a caller and two reps": [
        *leg("CA1", 0, 61, From=LEAD, To=OURS, Direction="inbound"),
        *with_children("CA2", leg("CA2", 9, None, "no-answer", begins=5, To="client:rep-01"), "CA1"),
        *with_children("CA3", leg("CA3", 6, 45, begins=5, To="sip:rep-02@floor.example"), "CA1"),
    ],
}


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_however_the_callbacks_of_all_legs_are_mixed_the_calls_are_the_same(family: str, data: st.DataObject) -> None:
    forms = FAMILIES[family]
    mixed = data.draw(st.permutations(forms))
    assert standing(told(*mixed)) == standing(told(*forms))


def test_the_end_alone_is_enough_and_then_the_ring_before_is_not_known() -> None:
    (call,) = standing(told(leg("CA1", 8, 61)[-1])).values()
    assert (call["placed_at"], call["answered_at"], call["talk_s"]) == (T + 9_000, T + 9_000, 61)


@pytest.mark.parametrize(
    ("answered_by", "amd"),
    [("human", "human"), ("machine_start", "machine"), ("machine_end_silence", "machine"), ("fax", "fax"),
     ("unknown", "unknown"), ("something_new", "unknown")],
)  # fmt: skip
def test_the_answering_machine_detection_tells_who_answered(answered_by: str, amd: str) -> None:
    (call,) = standing(told(*leg("CA1", 8, 61, AnsweredBy=answered_by))).values()
    assert call["amd"] == amd


def test_what_the_detection_says_after_the_end_corrects_the_call_and_no_other() -> None:
    calls = Calls()
    before = [event for form in leg("CA1", 8, 61) for event in calls.apply(read(form), T)]
    late = calls.apply(read({"CallSid": "CA1", "AnsweredBy": "machine_start"}), T)
    assert [event["type"] for event in late] == ["call.ended"]
    assert late[0]["id"] > before[-1]["id"]
    assert late[0]["at"] == before[-1]["at"]
    assert standing([*before, *late])["CA1"]["amd"] == "machine"


def test_a_customer_who_was_dialled_and_then_a_rep_is_one_call_with_the_talk_of_the_rep() -> None:
    rep = with_children("CA2", leg("CA2", 3, 40, begins=12, To="client:rep-04", From=LEAD), "CA1")
    call = standing(told(*leg("CA1", 8, 61), *rep))
    assert list(call) == ["CA1"]
    assert (call["CA1"]["rep"], call["CA1"]["talk_s"], call["CA1"]["answered_at"]) == ("rep-04", 40, T + 9_000)


def test_a_customer_whom_no_rep_came_to_has_talked_to_nobody() -> None:
    rep = with_children("CA2", leg("CA2", 20, None, "no-answer", begins=12, To="sip:204@floor.example"), "CA1")
    call = standing(told(*leg("CA1", 8, 61), *rep))["CA1"]
    assert (call["talk_s"], call["answered_at"], call["rep"]) == (0, T + 9_000, "204")


@pytest.mark.parametrize("first", ["rep", "customer"])
def test_a_rep_who_dials_out_makes_an_attempt_of_the_leg_to_the_customer(first: str) -> None:
    rep = leg("CA1", 0, 80, From="client:rep-04", To="", Direction="inbound")
    customer = with_children("CA2", leg("CA2", 8, 61, begins=3), "CA1")
    forms = [*rep, *customer] if first == "rep" else [*customer, *rep]
    calls = standing(told(*forms))
    assert list(calls) == ["CA2"]
    call = calls["CA2"]
    assert (call["direction"], call["rep"], call["talk_s"]) == ("outbound", "rep-04", 61)
    assert call["placed_at"] == T + 3_000


def test_a_call_from_outside_waits_until_a_rep_answers() -> None:
    caller = leg("CA1", 0, 61, From=LEAD, To=OURS, Direction="inbound")
    reps = [
        *with_children("CA2", leg("CA2", 9, None, "no-answer", begins=5, To="client:rep-01"), "CA1"),
        *with_children("CA3", leg("CA3", 6, 45, begins=5, To="client:rep-02"), "CA1"),
    ]
    (call,) = standing(told(*caller, *reps)).values()
    assert (call["direction"], call["rep"], call["talk_s"], call["wait_s"]) == ("inbound", "rep-02", 45, 12.0)
    assert call["number"] == PSEUDONYM.value if PSEUDONYM else False


def test_a_leg_that_another_dialled_is_a_reps_until_it_is_known_better_so_nothing_is_counted_wrongly() -> None:
    child = with_children("CA2", leg("CA2", 8, 61, begins=3, To="+33199001299"), "CA1")
    assert standing(told(*child)) == {}
    assert list(standing(told(*child, query={"leg": "customer"}))) == ["CA2"]


def test_a_rep_who_is_called_first_on_a_telephone_is_named_in_the_address() -> None:
    rep = [form | {"query": {"leg": "rep", "rep": "rep-07"}} for form in leg("CA1", 4, 90, To="+33199001299")]
    customer = with_children("CA2", leg("CA2", 8, 61, begins=10), "CA1")
    calls = standing(told(*rep, *customer))
    assert [(one["call"], one["rep"]) for one in calls.values()] == [("CA2", "rep-07")]


@pytest.mark.parametrize("withheld", ["anonymous", "", "+266696687", "+7378742833", "sip:x@anonymous.invalid"])
def test_a_withheld_caller_is_a_party_of_its_own(withheld: str) -> None:
    (call,) = standing(told(*leg("CA1", 0, 40, From=withheld, To=OURS, Direction="inbound"))).values()
    assert call["number"] == "anonymous"  # which admission keys by the call


def test_no_number_is_in_what_the_log_of_legs_keeps() -> None:
    forms = [
        callback("CA1", "completed", 5, CallerName="Ada Lovelace", FromCity="Paris"),
        callback("CA2", "completed", 5, To="sip:0639980001@trunk.example", From="client:+33639980001"),
    ]
    import msgspec  # noqa: PLC0415

    kept = b"".join(msgspec.json.encode(read(form, {"lead": "L +33639980001"})) for form in forms)
    assert b"39980001" not in kept
    assert b"99001234" not in kept
    assert b"Lovelace" not in kept
    assert b"Paris" not in kept


def test_calls_of_the_day_before_are_forgotten_and_what_comes_then_does_not_outrank_them() -> None:
    calls = Calls()
    forms = [*leg("CA1", 8, 61), callback("CA2", "completed", 5, ParentCallSid="CA1")]
    events = [event for form in forms for event in calls.apply(read(form), T)]
    calls.apply(read(callback("CA9", "initiated", 0)), T + KEPT_MS + 1)
    assert len(calls) == 1
    again = calls.apply(read(forms[3]), T + KEPT_MS + 2)
    assert standing([*events, *again]) == standing(events)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"CallSid": ""}, "CallSid"),
        ({"CallSid": "a b"}, "CallSid"),
        ({"CallStatus": "sleeping"}, "CallStatus"),
        ({"CallStatus": ""}, "CallStatus"),
        ({"Timestamp": "yesterday"}, "Timestamp"),
        ({"Timestamp": "Mon, 05 Jan 1926 08:00:00 +0000"}, "Timestamp"),
        ({"SequenceNumber": "first"}, "SequenceNumber"),
        ({"CallDuration": "-5"}, "CallDuration"),
        ({"CallDuration": "99999999"}, "CallDuration"),
        ({"query": {"leg": "nobody"}}, "leg"),
        ({"query": {"campaign": "x" * 300}}, "campaign"),
    ],
)
def test_a_callback_that_is_none_is_refused_with_the_field_and_without_its_value(change: Form, field: str) -> None:
    with pytest.raises(Refused) as caught:
        read(callback("CA1", "completed", 5) | change)
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")
    assert not any(len(str(value)) > 3 and str(value) in caught.value.message for value in change.values())
