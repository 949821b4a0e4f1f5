"""A lead as its facts tell it: when it is open, what counts for it, whose it is, its steps."""

from __future__ import annotations

import random
from collections import Counter

from stream.kpi.facts import Consent, Fact, Shared, order
from stream.kpi.leads import Lead
from stream.kpi.measures import (
    ANSWERED,
    ATTEMPTS,
    CONTACTED,
    CONTACTED_QUALIFIED,
    CONTACTS,
    DIALLED,
    DIALLED_CONTACTED,
    FAST,
    FAST_QUALIFIED,
    KEPT,
    LOST,
    LOST_EARLY,
    MISSED,
    MOST,
    NOES,
    QUALIFIED,
    QUALIFIED_WON,
    REQUESTED,
    REQUESTED_WON,
    SLOW,
    SLOW_QUALIFIED,
    TO_CONTACT,
    WON,
    WON_FOUR_NOES,
    WON_ONE_CONTACT,
    detailed,
)
from stream.kpi.rules import Rules
from tests.unit.kpi.telling import (
    DAY,
    HOUR,
    MINUTE,
    NINE,
    NUMBER,
    OTHER_NUMBER,
    SECOND,
    assigned,
    call,
    contact,
    instants_of,
    lead,
    link,
    lost,
    no,
    number,
    owners_of,
    plain,
    qualified,
    request,
    verdict,
    won,
)

ASK = request(NINE)


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


# first steps


def test_who_was_first_dialled_is_counted_there_contacted_since_or_not() -> None:
    story = lead(ASK, call(NINE), contact(NINE + 3 * HOUR, "c2"))
    assert instants_of(story, DIALLED) == instants_of(story, DIALLED_CONTACTED) == [NINE // MINUTE]
    assert instants_of(story, CONTACTED) == [(NINE + 3 * HOUR) // MINUTE]
    assert plain(lead(ASK, call(NINE)))[DIALLED_CONTACTED] == 0


def test_a_contact_that_does_not_count_for_the_lead_makes_it_not_contacted() -> None:
    rows = plain(lead(ASK, contact(NINE - 1), call(NINE, "c2")))
    assert rows[DIALLED] == 1
    assert rows[DIALLED_CONTACTED] == rows[CONTACTED] == 0
    assert rows[CONTACTS] == 1


def test_qualified_since_is_counted_with_the_first_contact() -> None:
    rows = plain(lead(ASK, contact(NINE), qualified(NINE + DAY)))
    assert rows[CONTACTED_QUALIFIED] == 1
    assert plain(lead(ASK, contact(NINE), won(NINE + DAY)))[CONTACTED_QUALIFIED] == 0
    assert plain(lead(ASK, call(NINE), qualified(NINE + DAY)))[CONTACTED_QUALIFIED] == 0


def test_qualified_in_the_past_is_qualified_too() -> None:
    rows = plain(lead(ASK, contact(NINE), qualified(NINE + 1), lost(NINE + 2)))
    assert rows[CONTACTED_QUALIFIED] == rows[FAST_QUALIFIED] == 1


def test_the_attempts_up_to_the_first_contact_include_it() -> None:
    for before in range(4):
        attempts = [call(NINE + n, f"c{n}") for n in range(before)]
        rows = plain(lead(ASK, *attempts, contact(NINE + HOUR, "yes"), contact(NINE + 2 * HOUR, "again")))
        assert rows[TO_CONTACT + before + 1] == 1
        assert sum(rows[TO_CONTACT + n] for n in range(MOST + 1)) == 1


def test_fifteen_attempts_and_more_are_told_as_one() -> None:
    attempts = [call(NINE + n, f"c{n:02}") for n in range(20)]
    assert plain(lead(ASK, *attempts, contact(NINE + HOUR, "yes")))[TO_CONTACT + MOST] == 1


# requests


def test_a_request_is_counted_by_its_channel_too() -> None:
    assert lead(request(NINE, channel="web"))[NINE // MINUTE, "spring", None, None, detailed(REQUESTED, "web")] == 1
    assert lead(ASK)[NINE // MINUTE, "spring", None, None, detailed(REQUESTED, "")] == 1


def test_qualified_and_won_since_are_counted_with_the_request() -> None:
    rows = plain(lead(ASK, contact(NINE + 2 * HOUR), qualified(NINE + 3 * HOUR), won(NINE + DAY)))
    assert rows[SLOW] == rows[SLOW_QUALIFIED] == rows[REQUESTED_WON] == 1
    assert rows[FAST] == rows[FAST_QUALIFIED] == 0
    assert plain(lead(ASK, contact(NINE + 2 * HOUR)))[REQUESTED_WON] == 0
    assert plain(lead(ASK, contact(NINE + HOUR)))[FAST_QUALIFIED] == 0


# steps


def test_a_step_has_the_leads_campaign_and_team_and_its_own_rep() -> None:
    ask = request(NINE, rep="ana", team="blue")
    for step, measure in ((qualified, QUALIFIED), (won, WON), (lost, LOST)):
        assert owners_of(lead(ask, step(NINE + 1, rep="bea")), measure) == [("spring", "blue", "bea")]
        assert owners_of(lead(ask, step(NINE + 1)), measure) == [("spring", "blue", "ana")]


def test_a_qualification_has_its_own_campaign_only_where_the_lead_has_none() -> None:
    assert owners_of(lead(ASK, qualified(NINE + 1, campaign="own")), QUALIFIED) == [("spring", None, None)]
    assert owners_of(lead(qualified(NINE, campaign="own")), QUALIFIED) == [("own", None, None)]
    assert owners_of(lead(won(NINE, campaign="own")), WON) == [(None, None, None)]


def test_won_since_is_counted_with_the_qualification() -> None:
    story = lead(ASK, qualified(NINE + 1, rep="ana"), won(NINE + DAY, rep="bea"))
    assert owners_of(story, QUALIFIED_WON) == [("spring", None, "ana")]
    assert owners_of(story, WON) == [("spring", None, "bea")]
    assert instants_of(story, QUALIFIED_WON) == [NINE // MINUTE]
    assert plain(lead(ASK, qualified(NINE + 1)))[QUALIFIED_WON] == 0
    assert plain(lead(ASK, won(NINE + 1)))[QUALIFIED_WON] == 0


def test_a_win_tells_how_many_noes_came_before_it() -> None:
    for noes in range(6):
        refusals = [no(NINE + n, f"c{n}") for n in range(noes)]
        rows = plain(lead(ASK, *refusals, contact(NINE + HOUR, "yes"), won(NINE + DAY)))
        assert rows[NOES + noes] == 1
        assert rows[WON_FOUR_NOES] == (noes >= 4)
        assert sum(rows[NOES + n] for n in range(MOST + 1)) == 1


def test_noes_after_the_lead_closed_do_not_count() -> None:
    rows = plain(lead(ASK, no(NINE), qualified(NINE + 1), no(NINE + 2, "c2"), won(NINE + DAY)))
    assert rows[NOES + 1] == 1
    assert rows[WON_ONE_CONTACT] == 1


def test_fifteen_noes_and_more_are_told_as_one() -> None:
    refusals = [no(NINE + n, f"c{n:02}") for n in range(20)]
    assert plain(lead(ASK, *refusals, won(NINE + DAY)))[NOES + MOST] == 1


def test_a_win_with_exactly_one_contact_is_told_apart() -> None:
    assert plain(lead(ASK, contact(NINE), call(NINE + 1, "c2"), won(NINE + DAY)))[WON_ONE_CONTACT] == 1
    assert plain(lead(ASK, contact(NINE), contact(NINE + 1, "c2"), won(NINE + DAY)))[WON_ONE_CONTACT] == 0
    assert plain(lead(ASK, call(NINE), won(NINE + DAY)))[WON_ONE_CONTACT] == 0


def test_a_loss_with_fewer_than_five_attempts_was_given_up_early() -> None:
    for attempts in range(7):
        calls = [call(NINE + n, f"c{n}") for n in range(attempts)]
        assert plain(lead(ASK, *calls, lost(NINE + DAY)))[LOST_EARLY] == (attempts < 5)


def test_a_loss_is_counted_by_its_reason_too() -> None:
    moment = (NINE + 1) // MINUTE
    assert lead(ASK, lost(NINE + 1, reason="price"))[moment, "spring", None, None, detailed(LOST, "price")] == 1
    assert lead(ASK, lost(NINE + 1))[moment, "spring", None, None, detailed(LOST, "")] == 1


def test_consent_is_no_part_of_any_kpi() -> None:
    assert lead(Consent(NINE, "x", granted=False)) == Counter()


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


# what a number passes on


def test_a_call_that_a_number_passed_on_counts_for_the_lead_but_not_among_the_attempts() -> None:
    rows = plain(lead(request(NINE, number=NUMBER), contact(NINE, number=NUMBER)))
    assert rows[DIALLED] == rows[CONTACTED] == 1
    assert rows[ATTEMPTS] == rows[CONTACTS] == rows[ANSWERED] == 0


def test_one_call_id_by_lead_and_by_number_is_one_attempt_of_the_lead() -> None:
    ask = request(NINE, number=NUMBER)
    rows = plain(lead(ask, call(NINE), contact(NINE, ended=NINE + 1, id="z", number=NUMBER)))
    assert rows[ATTEMPTS] == rows[DIALLED] == rows[DIALLED_CONTACTED] == 1
    assert rows[CONTACTS] == 0  # where it is keyed it was not answered
    assert rows[MISSED] == 1


def test_a_verdict_that_a_number_passed_on_judges_for_the_lead_alone() -> None:
    ask = request(NINE, number=NUMBER)
    rows = plain(lead(ask, call(NINE), verdict(NINE + 1, "callback", number=NUMBER)))
    assert rows[DIALLED_CONTACTED] == 1
    assert rows[CONTACTS] == 0


def test_what_came_by_a_number_does_not_count_before_its_link_is_known() -> None:
    assert lead(contact(NINE, number=NUMBER), verdict(NINE, "callback", number=NUMBER)) == Counter()
    rows = plain(lead(request(NINE, number=OTHER_NUMBER), contact(NINE, number=NUMBER)))
    assert rows[DIALLED] == 0
    assert rows[REQUESTED] == 1


def test_a_request_that_does_not_stand_links_its_number_all_the_same() -> None:
    rows = plain(lead(ASK, request(NINE + DAY, "r2", number=NUMBER), contact(NINE, number=NUMBER)))
    assert rows[DIALLED_CONTACTED] == 1


def test_a_call_by_a_number_of_several_leads_has_no_campaign_of_theirs() -> None:
    ask = request(NINE, number=NUMBER)
    by_number = contact(NINE, number=NUMBER)
    assert owners_of(lead(ask, by_number), MISSED) == [("spring", None, None)]
    assert owners_of(lead(ask, by_number, Shared(NINE, NUMBER)), MISSED) == [(None, None, None)]
    assert owners_of(lead(ask, by_number, Shared(NINE, OTHER_NUMBER)), MISSED) == [("spring", None, None)]
    assert owners_of(lead(ask, call(NINE), Shared(NINE, NUMBER)), MISSED) == [("spring", None, None)]


# a number's own journey


def test_a_number_that_no_lead_was_requested_with_is_a_lead_of_its_own() -> None:
    rows = plain(number(contact(NINE), call(NINE + HOUR, "c2")))
    assert rows[ATTEMPTS] == 2
    assert rows[DIALLED] == rows[DIALLED_CONTACTED] == rows[KEPT] == rows[MISSED] == 1


def test_a_number_that_is_linked_counts_its_attempts_and_no_more() -> None:
    rows = number(link(NINE), contact(NINE, rep="ana"), call(NINE + 1, "c2", campaign="own"))
    assert plain(rows) == Counter({ATTEMPTS: 2, ANSWERED: 1, CONTACTS: 1})
    assert sorted(owners_of(rows, ATTEMPTS), key=str) == [("own", None, None), ("spring", None, "ana")]


def test_a_number_of_two_leads_gives_its_attempts_no_campaign() -> None:
    two = (link(NINE, "lead-1"), link(NINE + 1, "lead-2"))
    assert owners_of(number(*two, call(NINE)), ATTEMPTS) == [(None, None, None)]


def test_a_numbers_verdicts_stand_as_a_leads_do() -> None:
    story = (verdict(NINE + 1, "busy", id="a"), verdict(NINE + 1, "callback", id="b"))
    assert plain(number(link(NINE), call(NINE), *story))[CONTACTS] == 1
    ends = (call(NINE, id="b"), contact(NINE, id="a"))
    assert plain(number(link(NINE), *ends))[CONTACTS] == 0


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
