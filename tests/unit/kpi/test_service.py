"""Calls in queues and the states of reps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.kpi.facts import Consent, QueueCall, QueueJoined, QueueLeft, RepState
from stream.kpi.measures import (
    ABANDONED,
    ABANDONED_WITHIN,
    ANSWERED_WAIT_KNOWN,
    ANSWERED_WITHIN,
    HANDLE_MS,
    HANDLED,
    IDLE_MS,
    OFFERED,
    ON_CONTACT_MS,
    QUEUE_ANSWERED,
    TIMED_OUT,
    UNANSWERED_WAIT_KNOWN,
    WAIT_MS,
)
from stream.kpi.rules import Rules
from stream.kpi.service import (
    OFFLINE,
    UNKNOWN,
    Queued,
    began_at,
    minutes_of,
    queue_codes,
    state_at,
    state_code,
    state_spans,
)
from tests.unit.kpi.telling import HOUR, MINUTE, NINE, SECOND

if TYPE_CHECKING:
    from stream.kpi.facts import Fact

JOINED = QueueJoined(NINE, "j1")


def left(moment: int, outcome: str | None = None, wait: int | None = None, name: str = "x1") -> QueueLeft:
    return QueueLeft(moment, name, outcome, wait)


def ended(moment: int, *, answered: bool = True, **more: Any) -> QueueCall:
    answered_at = more.pop("answered_at", None)
    return QueueCall(moment, "e1", NINE - SECOND, answered_at, answered, more.pop("handle_ms", None), **more)


def codes(*facts: Fact, rules: Rules | None = None) -> dict[int, int]:
    return {int(code): amount for code, amount in queue_codes(Queued(facts), rules or Rules())}


def test_a_call_that_waits_is_offered_and_no_more() -> None:
    assert codes(JOINED) == {OFFERED: 1}
    assert Queued([JOINED]).outcome is None


def test_an_answer_within_the_limit_is_told_apart_at_the_limit() -> None:
    at_limit = codes(JOINED, left(NINE + 20 * SECOND, "answered"))
    answered = {OFFERED: 1, QUEUE_ANSWERED: 1, ANSWERED_WAIT_KNOWN: 1}
    assert at_limit == {**answered, WAIT_MS: 20 * SECOND, ANSWERED_WITHIN: 1}
    past = codes(JOINED, left(NINE + 20 * SECOND + 1, "answered"))
    assert past == {**answered, WAIT_MS: 20 * SECOND + 1}


def test_who_gives_up_within_the_limit_is_told_apart_too() -> None:
    offered = {OFFERED: 1, UNANSWERED_WAIT_KNOWN: 1}
    assert codes(JOINED, left(NINE + 20 * SECOND, "abandoned")) == {**offered, ABANDONED: 1, ABANDONED_WITHIN: 1}
    assert codes(JOINED, left(NINE + 20 * SECOND + 1, "abandoned")) == {**offered, ABANDONED: 1}
    assert codes(JOINED, left(NINE + SECOND, "timeout")) == {**offered, TIMED_OUT: 1, ABANDONED_WITHIN: 1}


def test_the_limit_is_a_setting() -> None:
    rules = Rules(answer_within=SECOND)
    assert ANSWERED_WITHIN in codes(JOINED, left(NINE + SECOND, "answered"), rules=rules)
    assert ANSWERED_WITHIN not in codes(JOINED, left(NINE + SECOND + 1, "answered"), rules=rules)


def test_the_wait_that_is_told_stands_before_the_one_that_is_measured() -> None:
    assert Queued([JOINED, left(NINE + MINUTE, "answered", 3 * SECOND)]).wait == 3 * SECOND
    assert Queued([JOINED, left(NINE + MINUTE, "answered")]).wait == MINUTE
    assert Queued([ended(NINE, wait_ms=4 * SECOND)]).wait == 4 * SECOND
    assert Queued([left(NINE, "answered"), ended(NINE, wait_ms=4 * SECOND)]).wait == 4 * SECOND


def test_a_wait_that_nothing_tells_is_none_and_not_0() -> None:
    assert Queued([JOINED]).wait is None
    assert Queued([left(NINE, "answered")]).wait is None
    assert Queued([left(NINE, "abandoned"), ended(NINE + MINUTE, answered=False)]).wait is None
    assert Queued([ended(NINE, answered_at=NINE)]).wait is None
    assert Queued([JOINED, left(NINE, "answered")]).wait == 0
    assert Queued([left(NINE, "answered", 0)]).wait == 0
    assert Queued([ended(NINE, wait_ms=0)]).wait == 0
    assert Queued([JOINED, left(NINE - 1, "answered")]).wait == 0  # two clocks that disagree


def test_who_joined_and_was_answered_has_waited_until_then_though_nothing_says_that_they_left() -> None:
    assert Queued([JOINED, ended(NINE + MINUTE, answered_at=NINE + SECOND)]).wait == SECOND
    assert Queued([JOINED, ended(NINE + MINUTE, answered_at=JOINED.at)]).wait == 0
    assert Queued([JOINED, ended(NINE + MINUTE, answered_at=NINE + SECOND, wait_ms=2 * SECOND)]).wait == 2 * SECOND
    # Put there by the rep who had answered: how long they waited there is not told.
    assert Queued([JOINED, ended(NINE + MINUTE, answered_at=NINE - SECOND)]).wait is None
    assert Queued([JOINED, ended(NINE + MINUTE, answered=False)]).wait is None


def test_a_call_of_unknown_wait_counts_and_is_neither_within_the_limit_nor_in_the_speed_of_answer() -> None:
    assert codes(ended(NINE)) == {OFFERED: 1, QUEUE_ANSWERED: 1}
    assert codes(left(NINE, "answered")) == {OFFERED: 1, QUEUE_ANSWERED: 1}
    assert codes(ended(NINE, answered=False)) == {OFFERED: 1, ABANDONED: 1}
    assert codes(left(NINE, "timeout")) == {OFFERED: 1, TIMED_OUT: 1}
    at_once = codes(ended(NINE, wait_ms=0))
    assert at_once == {OFFERED: 1, QUEUE_ANSWERED: 1, ANSWERED_WAIT_KNOWN: 1, ANSWERED_WITHIN: 1, WAIT_MS: 0}


def test_the_moment_of_joining_is_the_first_that_is_told() -> None:
    assert Queued([JOINED, QueueJoined(NINE + 1, "j2"), left(NINE + MINUTE, "answered")]).joined_at == NINE


def test_without_a_joining_it_is_reckoned_back_from_what_else_is_known() -> None:
    assert Queued([left(NINE, "answered", 3 * SECOND)]).joined_at == NINE - 3 * SECOND
    assert Queued([left(NINE, "answered")]).joined_at == NINE
    assert Queued([ended(NINE, answered_at=NINE, wait_ms=2 * SECOND)]).joined_at == NINE - 2 * SECOND
    assert Queued([ended(NINE, answered_at=NINE)]).joined_at == NINE - SECOND  # when it was placed
    assert Queued([ended(NINE, wait_ms=2 * SECOND)]).joined_at == NINE - SECOND
    assert Queued([]).joined_at == 0


def test_of_several_leavings_the_last_stands() -> None:
    assert Queued([JOINED, left(NINE + 1, "abandoned"), left(NINE + 2, "answered", name="x2")]).outcome == "answered"


def test_a_leaving_that_tells_no_outcome_is_read_by_the_calls_end() -> None:
    assert Queued([JOINED, left(NINE + 1)]).outcome is None
    assert Queued([JOINED, left(NINE + 1), ended(NINE + 9)]).outcome == "answered"
    assert Queued([JOINED, ended(NINE + 9, answered=False)]).outcome == "abandoned"
    assert Queued([JOINED, left(NINE + 1, "timeout"), ended(NINE + 9)]).outcome == "timeout"


def test_only_an_answered_call_that_has_ended_with_its_talk_told_was_handled() -> None:
    answered = codes(JOINED, left(NINE + 1, "answered"), ended(NINE + HOUR, handle_ms=MINUTE))
    assert (answered[HANDLED], answered[HANDLE_MS]) == (1, MINUTE)
    assert HANDLED not in codes(JOINED, left(NINE + 1, "answered"))
    no_talk = codes(JOINED, left(NINE + 1, "answered"), ended(NINE + HOUR))
    assert not {HANDLED, HANDLE_MS} & no_talk.keys()
    of_no_length = codes(ended(NINE + HOUR, handle_ms=0))
    assert (of_no_length[HANDLED], of_no_length[HANDLE_MS]) == (1, 0)
    assert HANDLED not in codes(JOINED, left(NINE + 1, "abandoned"), ended(NINE + HOUR, handle_ms=MINUTE))


def test_what_has_no_place_in_a_queue_is_left_alone() -> None:
    assert codes(JOINED, Consent(NINE, "x", granted=True)) == {OFFERED: 1}


def state(moment: int, name: str, what: str) -> RepState:
    return RepState(moment, name, what)


def test_talking_and_wrapping_up_are_time_on_contact_and_available_is_time_free_for_one() -> None:
    told = {name: state_code(name) for name in ("talking", "wrap_up", "available", "ringing", "paused", "offline")}
    assert told.pop("talking") == told.pop("wrap_up") == ON_CONTACT_MS
    assert told.pop("available") == IDLE_MS
    assert set(told.values()) == {None}


def test_a_state_lasts_until_the_next_one() -> None:
    one, two, three = state(NINE, "a", "talking"), state(NINE + 1, "b", "wrap_up"), state(NINE + 9, "c", "available")
    spans = [(span.state, start, end) for span, start, end in state_spans([one, two, Consent(NINE, "x", True), three])]
    assert spans == [("talking", NINE, NINE + 1), ("wrap_up", NINE + 1, NINE + 9)]


def test_a_state_that_nothing_has_followed_has_no_span_yet() -> None:
    assert list(state_spans([state(NINE, "a", "talking")])) == []


def test_a_state_is_not_believed_for_longer_than_four_hours() -> None:
    for later, end in ((4 * HOUR - 1, 4 * HOUR - 1), (4 * HOUR, 4 * HOUR), (9 * HOUR, 4 * HOUR)):
        ((_, _, until),) = state_spans([state(NINE, "a", "available"), state(NINE + later, "b", "offline")])
        assert until == NINE + end


def cut(start: int, end: int) -> list[tuple[int, int]]:
    return minutes_of(start, end)


def test_a_state_that_nothing_has_confirmed_for_four_hours_is_unknown_unless_the_rep_is_offline() -> None:
    assert state_at("talking", NINE, NINE + 4 * HOUR - 1) == "talking"
    assert state_at("talking", NINE, NINE + 4 * HOUR) == UNKNOWN
    assert state_at(OFFLINE, NINE, NINE + 40 * HOUR) == OFFLINE


def test_a_state_that_is_heard_again_began_when_it_was_first_heard() -> None:
    again = [state(NINE + 2 * HOUR, "s3", "paused"), state(NINE + HOUR, "s2", "paused"), state(NINE, "s1", "talking")]
    assert began_at(iter([])) is None
    assert began_at(again[2:]) == NINE
    assert began_at(again) == NINE + HOUR
    other_reason = RepState(NINE, "s1", "paused", reason="lunch")
    assert began_at([*again[:2], other_reason]) == NINE + HOUR
    assert began_at([RepState(NINE + HOUR, "s2", "paused", reason="lunch"), other_reason]) == NINE


def test_a_state_that_is_heard_again_only_after_four_hours_began_anew() -> None:
    late, first = state(NINE + 4 * HOUR, "s2", "paused"), state(NINE, "s1", "paused")
    assert began_at([late, first]) == NINE + 4 * HOUR
    assert began_at([state(NINE + 4 * HOUR - 1, "s2", "paused"), first]) == NINE


def test_a_span_is_cut_at_whole_minutes_and_its_parts_add_up() -> None:
    minute = NINE // MINUTE
    assert cut(NINE, NINE) == []
    assert cut(NINE, NINE + MINUTE) == [(minute, MINUTE)]
    assert cut(NINE + 1, NINE + 2) == [(minute, 1)]
    assert cut(NINE - 1, NINE + MINUTE + 1) == [(minute - 1, 1), (minute, MINUTE), (minute + 1, 1)]
