"""Callbacks that claim what no call is: circles, long chains, thousands of children. None costs much, none is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.events import call_parts
from stream.events.call_parts import KEPT_MS
from stream.sources.twilio.calls import LONGEST_CHAIN, MOST_CHILDREN, Calls
from stream.sources.twilio.facts import STATUSES, Fact, Party
from stream.sources.twilio.leg import MOST_FACTS

NOW = 1_767_600_000_000
REP = Party(rep="rep-04")


def over(sid: str, parent: str | None = None, **fields: object) -> Fact:
    return Fact(
        **{"sid": sid, "at": NOW, "parent": parent, "status": "completed", "direction": "inbound", "talked_s": 9}  # type: ignore[arg-type]
        | fields
    )


def forgotten(calls: Calls) -> bool:
    """Return whether a day later nothing is left but the one leg that is heard of then."""
    calls.apply(Fact(sid="the last", at=NOW, status="ringing"), NOW + KEPT_MS + 1)
    return (
        list(calls._legs) == list(calls._recent._latest) == ["the last"]
        and not calls._children
        and calls._recent.parts == 1
    )


SIDS = st.sampled_from("abcde")
FACTS = st.builds(
    Fact,
    sid=SIDS,
    at=st.integers(NOW, NOW + 9),
    parent=SIDS | st.none(),
    sequence=st.integers(0, 3) | st.none(),
    status=st.sampled_from(sorted(STATUSES)),
    direction=st.just("inbound"),
    called=st.just(REP) | st.none(),
    talked_s=st.integers(0, 3),
    context=st.just({}) | st.just({"leg": "rep"}) | st.just({"leg": "customer"}) | st.just({"leg": "neither"}),
)


@given(st.lists(FACTS, max_size=40))
def test_whatever_legs_claim_to_have_dialled_each_other_nothing_stays_behind(facts: list[Fact]) -> None:
    calls = Calls()
    for fact in facts:
        assert len(calls.apply(fact, NOW)) <= 1 + 5
        assert all(sid in calls._legs for children in calls._children.values() for sid in children)
        assert 0 <= len(calls) <= 5
    assert list(calls.all_ended()) is not None
    assert forgotten(calls)


def role(calls: Calls, sid: str, before: tuple[str, ...] = ()) -> str:
    """Return who is at the far end of a leg, by the rule as it is said in words."""
    leg = calls._legs[sid]
    if (named := leg.context("leg")) in {"customer", "rep"}:
        return named
    if leg.other.rep is not None:
        return "rep"
    if leg.parent is None or leg.parent in (*before, sid):
        return "customer"
    if leg.parent not in calls._legs:
        return "rep"
    return "customer" if role(calls, leg.parent, (*before, sid)) == "rep" else "rep"


@given(st.lists(FACTS, max_size=12))
def test_a_leg_is_the_reps_or_the_customers_by_the_leg_that_dialled_it(facts: list[Fact]) -> None:
    calls = Calls()
    for fact in facts:
        calls.apply(fact, NOW)
    for sid, leg in calls._legs.items():
        assert calls._role(leg) == role(calls, sid)


@pytest.mark.parametrize("first", ["the first", "the last"])
def test_a_chain_of_five_thousand_legs_is_read_whichever_end_comes_first(first: str) -> None:
    calls = Calls()
    numbers = range(5_000) if first == "the first" else range(4_999, -1, -1)
    for number in numbers:
        events = calls.apply(over(f"CA{number}", f"CA{number - 1}" if number else None), NOW)
        assert len(events) <= 2
    assert LONGEST_CHAIN < 5_000
    assert sum(map(len, calls.all_ended())) < 5_000
    assert forgotten(calls)


def test_a_leg_that_five_thousand_claim_as_their_parent_brings_so_many_of_them_again_and_no_more() -> None:
    calls = Calls()
    most = max(len(calls.apply(over(f"CA{number}", "CA", called=None), NOW)) for number in range(5_000))
    assert most <= 2
    events = calls.apply(over("CA", called=REP, direction="outbound"), NOW)
    assert len(events) == MOST_CHILDREN
    assert [one["call"] for one in calls.apply(over("CA4999", "CA", status="busy"), NOW)] == ["CA4999"]
    assert forgotten(calls)


def test_a_leg_that_names_another_parent_each_time_is_tied_to_one() -> None:
    calls = Calls()
    for number in range(1_000):
        calls.apply(over("CA", f"P{number}", sequence=1_000 - number), NOW)
    assert len(calls._children) == 1
    assert len(calls._legs["CA"].facts) == MOST_FACTS
    assert forgotten(calls)


def test_of_more_callbacks_than_any_floor_has_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_parts, "MOST_PARTS", 100)
    calls = Calls()
    for number in range(1_000):
        calls.apply(over(f"CA{number}"), NOW)
    assert list(calls._legs) == [f"CA{number}" for number in range(900, 1_000)]
    assert len(calls) == calls._recent.parts == 100
