"""A lead as its facts tell it: when it is open, what counts for it, whose it is, and whether it waits."""

from __future__ import annotations

import random
from collections import Counter

from stream.kpi.facts import Consent, Fact, Merged, Moved, Withdrawn, order
from stream.kpi.leads import Lead
from stream.kpi.measures import (
    ATTEMPTS,
    CONTACTS,
    DIALLED,
    KEPT,
    LOST,
    QUALIFIED,
    REQUESTED,
    WON,
)
from stream.kpi.rules import Rules
from tests.unit.kpi.telling import (
    ASK,
    DAY,
    HOUR,
    MINUTE,
    NINE,
    SECOND,
    assigned,
    call,
    contact,
    instants_of,
    lead,
    lost,
    no,
    owners_of,
    plain,
    qualified,
    request,
    verdict,
    won,
)


def test_a_lead_is_open_from_the_very_moment_it_is_requested() -> None:
    assert plain(lead(ASK, call(NINE)))[DIALLED] == 1
    rows = plain(lead(ASK, call(NINE - 1)))
    assert rows[DIALLED] == 0
    assert rows[ATTEMPTS] == 1


def test_of_several_requests_the_earliest_stands_then_the_smallest_id() -> None:
    story = lead(request(NINE, "r2", "later"), request(NINE, "r1", "first"), request(NINE + 1, "r0", "never"))
    assert owners_of(story, REQUESTED) == [("first", None, None)]
    assert instants_of(story, REQUESTED) == [NINE // MINUTE]


def test_a_lead_is_closed_from_the_moment_of_its_step_on() -> None:
    for step in (qualified, won, lost):
        assert plain(lead(ASK, call(NINE + HOUR), step(NINE + HOUR + 1)))[DIALLED] == 1
        rows = plain(lead(ASK, call(NINE + HOUR), step(NINE + HOUR)))
        assert rows[DIALLED] == 0
        assert rows[ATTEMPTS] == 1


def test_the_first_of_the_three_steps_closes_for_good() -> None:
    story = lead(ASK, lost(NINE + HOUR), won(NINE + 3 * HOUR), qualified(NINE + 2 * HOUR), contact(NINE + HOUR))
    rows = plain(story)
    assert rows[DIALLED] == 0
    assert rows[LOST] == rows[WON] == rows[QUALIFIED] == 1


def test_of_several_steps_of_a_kind_the_earliest_stands_then_the_smallest_id() -> None:
    story = lead(ASK, won(NINE + 1, "w2", rep="bea"), won(NINE + 1, "w1", rep="ana"), won(NINE + 2, "w0", rep="cyd"))
    assert owners_of(story, WON) == [("spring", None, "ana")]
    assert plain(story)[WON] == 1


def test_of_several_ends_of_a_call_the_latest_stands_whole_then_the_greatest_id() -> None:
    early = contact(NINE, "c1", ended=NINE + 1, id="z", rep="ana")
    late = call(NINE + MINUTE, "c1", ended=NINE + MINUTE + 5, id="a", rep="bea")
    story = lead(ASK, early, late)
    assert owners_of(story, ATTEMPTS) == [("spring", None, "bea")]
    assert instants_of(story, ATTEMPTS) == [NINE // MINUTE + 1]
    assert plain(story)[CONTACTS] == 0
    same = lead(ASK, call(NINE, ended=NINE + 5, id="a", rep="ana"), call(NINE, ended=NINE + 5, id="b", rep="bea"))
    assert owners_of(same, ATTEMPTS) == [("spring", None, "bea")]


def test_a_call_that_turns_out_inbound_is_no_attempt() -> None:
    rows = plain(lead(ASK, call(NINE, id="a"), call(NINE, id="b", outbound=False)))
    assert rows[ATTEMPTS] == rows[DIALLED] == 0


def test_of_several_verdicts_the_latest_stands_then_the_greatest_id() -> None:
    one, other = verdict(NINE + 9, "busy", id="a"), verdict(NINE + 9, "callback", id="b")
    assert plain(lead(ASK, call(NINE), one, other))[CONTACTS] == 1
    assert plain(lead(ASK, call(NINE), verdict(NINE + 8, "callback", id="z"), one))[CONTACTS] == 0


def test_a_verdict_that_comes_before_its_call_is_kept_for_it() -> None:
    assert plain(lead(ASK, verdict(NINE - HOUR, "callback"), call(NINE)))[CONTACTS] == 1


def test_a_verdict_without_its_call_counts_for_nothing() -> None:
    assert lead(verdict(NINE, "callback")) == Counter()


def test_an_attempt_takes_a_missing_campaign_from_the_request() -> None:
    assert owners_of(lead(ASK, call(NINE, rep="ana")), ATTEMPTS) == [("spring", None, "ana")]
    assert owners_of(lead(ASK, call(NINE, campaign="own")), ATTEMPTS) == [("own", None, None)]
    assert owners_of(lead(call(NINE)), ATTEMPTS) == [(None, None, None)]


def test_the_campaign_of_the_request_sets_the_talk_time_too() -> None:
    rules = Rules(min_talk_by_campaign={"spring": 5 * SECOND})
    assert plain(lead(ASK, contact(NINE, talk_ms=5 * SECOND), rules=rules))[CONTACTS] == 1
    assert plain(lead(contact(NINE, talk_ms=5 * SECOND), rules=rules))[CONTACTS] == 0


# whose a lead is


def test_a_lead_is_the_requests_until_it_is_assigned() -> None:
    ask = request(NINE, rep="ana", team="blue")
    assert owners_of(lead(ask, call(NINE, rep="cyd")), DIALLED) == [("spring", "blue", "ana")]
    assert owners_of(lead(ask, assigned(NINE, rep="bea", team="red")), REQUESTED) == [("spring", "red", "bea")]


def test_an_assignment_stands_as_a_whole() -> None:
    ask = request(NINE, rep="ana", team="blue")
    assert owners_of(lead(ask, assigned(NINE, rep="bea")), REQUESTED) == [("spring", None, "bea")]


def test_of_several_assignments_the_latest_stands_then_the_greatest_id() -> None:
    story = (assigned(NINE, "a2", "bea"), assigned(NINE, "a1", "ana"), assigned(NINE - 1, "a3", "cyd"))
    assert owners_of(lead(ASK, *story), REQUESTED) == [("spring", None, "bea")]


def test_a_request_with_a_rep_or_a_team_stands_as_a_whole() -> None:
    caller = call(NINE, rep="cyd", team="green")
    assert owners_of(lead(request(NINE, rep="ana"), caller), REQUESTED) == [("spring", None, "ana")]
    assert owners_of(lead(request(NINE, team="blue"), caller), REQUESTED) == [("spring", "blue", None)]


def test_else_a_lead_is_its_first_attempts() -> None:
    story = (call(NINE + 1, "b", rep="bea"), call(NINE, "c", rep="ana", team="blue"), call(NINE - 1, "a", rep="cyd"))
    assert owners_of(lead(ASK, *story), REQUESTED) == [("spring", "blue", "ana")]
    assert owners_of(lead(ASK), REQUESTED) == [("spring", None, None)]


def test_a_lead_never_requested_has_the_campaign_of_its_first_attempt() -> None:
    story = lead(call(NINE, campaign="cold", rep="ana"), call(NINE + 1, "c2", campaign="other"))
    assert owners_of(story, DIALLED) == [("cold", None, "ana")]
    assert plain(story)[REQUESTED] == 0


def test_a_lead_never_requested_is_open_from_its_first_attempt_to_its_first_step() -> None:
    rows = plain(lead(call(NINE), call(NINE + 1, "c2"), qualified(NINE + 1)))
    assert rows[DIALLED] == 1
    assert rows[KEPT] == 0
    assert plain(lead(call(NINE), qualified(NINE)))[DIALLED] == 0


def test_consent_is_no_part_of_any_kpi() -> None:
    assert lead(Consent(NINE, "x", granted=False)) == Counter()


# leads that are another one, and that were none


def test_a_lead_that_is_another_one_comes_to_nothing_and_what_happened_to_it_to_that() -> None:
    story = (ASK, call(NINE), qualified(NINE + HOUR))
    assert lead(*story, Merged(NINE, "m", "lead-2")) == Counter()
    assert not told(ASK, Merged(NINE, "m", "lead-2")).waits_since
    moved = [Moved(fact.at, fact.id, "lead-1", fact) for fact in story]
    assert lead(*moved) == lead(*story)
    further = [Moved(fact.at, fact.id, "lead-3", fact) for fact in moved]
    assert lead(*further, request(NINE + 1, "r2", "later")) == lead(*story, request(NINE + 1, "r2", "later"))


def test_a_lead_that_was_none_comes_to_its_calls_alone() -> None:
    rows = lead(ASK, call(NINE), assigned(NINE), won(NINE + HOUR), Withdrawn(NINE, "w"))
    assert plain(rows) == {ATTEMPTS: 1}
    assert owners_of(rows, ATTEMPTS) == [(None, None, None)]
    assert not told(ASK, Withdrawn(NINE, "w")).waits_since


# who waits


def told(*facts: Fact) -> Lead:
    return Lead(sorted(facts, key=order), Rules())


def test_a_lead_waits_until_someone_tries_or_it_closes() -> None:
    assert told(ASK).waits_since == NINE
    assert told(ASK, call(NINE - 1)).waits_since == NINE
    assert told(ASK, call(NINE)).waits_since is None
    assert told(ASK, lost(NINE + 1)).waits_since is None
    assert told(call(NINE)).waits_since is None
    assert told().waits_since is None


def test_the_same_facts_in_any_order_give_the_same_rows() -> None:
    story: list[Fact] = [
        request(NINE, "r2"),
        request(NINE, "r1", "first"),
        *(no(NINE + n * HOUR, f"c{n}") for n in range(5)),
        verdict(NINE + DAY, "callback", "c0"),
        assigned(NINE, "a1"),
        assigned(NINE, "a2", "bea"),
        qualified(NINE + DAY),
        won(NINE + 2 * DAY),
        lost(NINE + 3 * DAY),
    ]
    whole = lead(*story)
    for seed in range(20):
        random.Random(seed).shuffle(story)
        assert lead(*story) == whole


def test_the_follow_up_that_is_still_to_be_made_is_the_latest_attempt_s_while_the_lead_is_open() -> None:
    rules = Rules(follow_up=DAY)
    called: list[Fact] = [ASK, call(NINE + 1), call(NINE + HOUR, "c2")]
    stories: list[tuple[list[Fact], int | None]] = [
        ([ASK], None),
        (called, NINE + HOUR + DAY),
        ([*called, lost(NINE + DAY)], None),
        ([*called, Merged(NINE, "m", "another")], None),
        ([*called, Withdrawn(NINE, "m")], None),
    ]
    for facts, limit in stories:
        assert Lead(sorted(facts, key=order), rules).follow_up_limit(rules) == limit
