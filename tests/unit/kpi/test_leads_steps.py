"""The steps of a lead, from the first call to the win or the loss, each counted at its moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.codes import detailed
from stream.kpi.measures import (
    COLD,
    COLD_OPPORTUNITIES,
    CONTACTED,
    CONTACTED_DECIDED,
    CONTACTED_QUALIFIED,
    CONTACTS,
    DIALLED,
    DIALLED_CONTACTED,
    DIALLED_DECIDED,
    FAST,
    FAST_QUALIFIED,
    LOST,
    LOST_EARLY,
    LOST_FINALLY,
    LOST_OPPORTUNITIES,
    MOST,
    NOES,
    QUALIFIED,
    QUALIFIED_DECIDED,
    QUALIFIED_WON,
    REQUESTED,
    REQUESTED_DECIDED,
    REQUESTED_WON,
    SLOW,
    SLOW_QUALIFIED,
    TO_CONTACT,
    WON,
    WON_FOUR_NOES,
    WON_ONE_CONTACT,
    WON_OPPORTUNITIES,
)
from stream.kpi.rules import Rules
from tests.unit.kpi.telling import (
    ASK,
    DAY,
    HOUR,
    MINUTE,
    NINE,
    One,
    assigned,
    call,
    contact,
    instants_of,
    kpis,
    lead,
    lost,
    minutes_of_ripening,
    no,
    owners_of,
    plain,
    qualified,
    request,
    won,
)

if TYPE_CHECKING:
    from collections import Counter

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


def test_won_since_is_counted_with_the_request_and_qualified_with_the_closing() -> None:
    rows = plain(lead(ASK, contact(NINE + 2 * HOUR), qualified(NINE + 3 * HOUR), won(NINE + DAY)))
    assert rows[SLOW] == rows[SLOW_QUALIFIED] == rows[REQUESTED_WON] == 1
    assert rows[FAST] == rows[FAST_QUALIFIED] == 0
    assert plain(lead(ASK, contact(NINE + 2 * HOUR)))[REQUESTED_WON] == 0
    assert plain(lead(ASK, contact(NINE + HOUR), lost(NINE + DAY)))[FAST_QUALIFIED] == 0


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


# what is decided

COLD_AFTER = 2 * DAY
RULES = Rules(cold=COLD_AFTER)


def told(*facts: object) -> Counter[One]:
    return lead(*facts, rules=RULES)  # type: ignore[arg-type]


def test_a_lead_goes_cold_some_days_after_the_last_thing_done_about_it() -> None:
    for fact in (assigned(NINE + HOUR), call(NINE + HOUR), qualified(NINE + HOUR)):
        assert instants_of(told(ASK, fact), COLD) == [(NINE + HOUR + COLD_AFTER) // MINUTE]
        assert instants_of(told(request(NINE + 2 * HOUR), fact), COLD) == [(NINE + 2 * HOUR + COLD_AFTER) // MINUTE]
    assert instants_of(told(ASK, call(NINE - HOUR)), COLD) == [(NINE + COLD_AFTER) // MINUTE]
    assert instants_of(told(request(NINE + HOUR, "r2"), ASK), COLD) == [(NINE + COLD_AFTER) // MINUTE]
    story = told(ASK, assigned(NINE + HOUR), assigned(NINE + 3 * HOUR, "a2"), assigned(NINE + 2 * HOUR, "a3"))
    assert instants_of(story, COLD) == [(NINE + 3 * HOUR + COLD_AFTER) // MINUTE]
    assert instants_of(lead(ASK), COLD) == [(NINE + 30 * DAY) // MINUTE]


def test_who_was_neither_requested_nor_qualified_goes_cold_never_and_who_is_won_or_lost_no_more() -> None:
    assert plain(told(call(NINE), assigned(NINE)))[COLD] == 0
    assert plain(told(qualified(NINE)))[COLD] == 1
    for step in (won, lost):
        assert plain(told(ASK, step(NINE + 9 * DAY)))[COLD] == 0


def test_a_lead_that_went_cold_has_been_lost_as_the_leads_until_something_happens() -> None:
    rate = {}
    for name, more in (("silent", ()), ("won", (won(NINE + 9 * DAY),)), ("called", (call(NINE + 9 * DAY, "c9"),))):
        story = told(request(NINE, rep="ana"), qualified(NINE, rep="bea"), *more)
        rate[name] = [
            (
                read["conversion_rate"]["numerator"],
                read["conversion_rate"]["denominator"],
                read["win_rate"]["denominator"],
            )
            for read in (kpis(story, NINE + days * DAY + MINUTE) for days in (1, 2, 9))
        ]
        if name == "silent":
            assert owners_of(story, COLD) == owners_of(story, COLD_OPPORTUNITIES) == [("spring", None, "ana")]
    assert rate["silent"] == [(0, 0, 0), (0, 1, 1), (0, 1, 1)]
    assert rate["won"] == [(0, 0, 0), (0, 0, 0), (1, 1, 1)]
    assert rate["called"] == rate["silent"]  # it was closed: the call does not count for it
    assert plain(told(ASK))[COLD_OPPORTUNITIES] == 0


def test_a_lead_is_decided_once_by_its_win_if_it_is_ever_won() -> None:
    rows = plain(lead(ASK, lost(NINE + HOUR), won(NINE + DAY)))
    assert (rows[WON], rows[LOST], rows[LOST_FINALLY]) == (1, 1, 0)
    rows = plain(lead(ASK, lost(NINE + HOUR)))
    assert (rows[LOST], rows[LOST_FINALLY], rows[LOST_OPPORTUNITIES], rows[WON_OPPORTUNITIES]) == (1, 1, 0, 0)


def test_opportunities_are_leads_that_were_qualified_whenever() -> None:
    assert plain(lead(ASK, won(NINE + HOUR), qualified(NINE + DAY)))[WON_OPPORTUNITIES] == 1
    assert plain(lead(ASK, won(NINE + HOUR)))[WON_OPPORTUNITIES] == 0
    assert plain(lead(ASK, lost(NINE + HOUR), qualified(NINE + DAY)))[LOST_OPPORTUNITIES] == 1
    assert plain(lead(ASK, lost(NINE + HOUR), qualified(NINE + DAY), won(NINE + DAY)))[LOST_OPPORTUNITIES] == 0


def test_of_whom_it_is_known_what_became_of_them_is_counted_with_the_cohort() -> None:
    open_one, contacted, closed = lead(ASK, call(NINE)), lead(ASK, contact(NINE)), lead(ASK, call(NINE), lost(NINE + 1))
    assert [plain(story)[DIALLED_DECIDED] for story in (open_one, contacted, closed)] == [0, 1, 1]
    assert [plain(story)[REQUESTED_DECIDED] for story in (open_one, contacted, closed)] == [0, 0, 1]
    steps = ((), (qualified(NINE + 1),), (won(NINE + 1),), (lost(NINE + 1),))
    stories = [lead(ASK, contact(NINE), *some) for some in steps]
    assert [plain(story)[CONTACTED_DECIDED] for story in stories] == [0, 1, 1, 1]
    assert [plain(story)[REQUESTED_DECIDED] for story in stories] == [0, 0, 1, 1]
    assert [plain(lead(qualified(NINE), *some))[QUALIFIED_DECIDED] for some in steps] == [0, 0, 1, 1]


def test_a_cohort_knows_when_its_leads_go_cold() -> None:
    story = told(ASK, contact(NINE))
    for measure in (REQUESTED_DECIDED, CONTACTED_DECIDED):
        assert minutes_of_ripening(story, measure) == [(NINE + COLD_AFTER) // MINUTE]
        assert instants_of(story, measure) == [NINE // MINUTE]
    assert minutes_of_ripening(told(ASK, qualified(NINE + 1)), QUALIFIED_DECIDED) == [(NINE + COLD_AFTER) // MINUTE]
    pending = [kpis(story, NINE + COLD_AFTER + later)["lead_to_customer"]["pending"] for later in (MINUTE - 1, MINUTE)]
    assert pending == [1, 0]
    for month, counted in ((Rules(cold=30 * DAY - 1), 1), (Rules(cold=30 * DAY), 0)):  # then it is in no window
        assert plain(lead(ASK, rules=month))[REQUESTED_DECIDED] == counted
