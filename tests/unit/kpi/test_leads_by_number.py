"""What a number passes on to its leads, and what it counts itself."""

from __future__ import annotations

from collections import Counter

from stream.kpi.facts import Shared
from stream.kpi.measures import (
    ANSWERED,
    ATTEMPTS,
    CONTACTED,
    CONTACTS,
    DIALLED,
    DIALLED_CONTACTED,
    KEPT,
    MISSED,
    REQUESTED,
)
from tests.unit.kpi.telling import (
    ASK,
    DAY,
    HOUR,
    NINE,
    NUMBER,
    OTHER_NUMBER,
    call,
    contact,
    lead,
    link,
    number,
    owners_of,
    plain,
    request,
    verdict,
)

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
