"""The reference against examples computed by hand: calls, windows, follow-up, conversion."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.config import DAY, HOUR, MINUTE, Config
from tests.reference.kpis import Reading, kpis, same
from tests.reference.telling import (
    EXAMPLE,
    NOON,
    called,
    disposed,
    event,
    parts,
    read,
    requested,
    step,
    talked,
)

R = NOON - 10 * DAY


def test_the_articles_362_of_1000_calls_are_a_contact_rate_of_36_2_percent() -> None:
    calls = [called(f"c{n}", R + n, lead=f"L{n % 50}", talk_s=30 if n < 362 else 29) for n in range(1_000)]
    assert read("contact_rate", *calls) == {"value": Fraction(362, 1000), "numerator": 362, "denominator": 1000}
    assert same(read("contact_rate", *calls)["value"], 0.362)


@pytest.mark.parametrize(
    ("fields", "contact", "answered"),
    [
        ({"talk_s": 30}, 1, 1),
        ({"talk_s": 29.999}, 0, 1),
        ({"talk_s": 0}, 0, 0),
        ({}, 0, 0),
        ({"answered_at": R}, 0, 1),
        ({"answered_at": R, "talk_s": 30}, 1, 1),
        ({"talk_s": 30, "amd": "machine"}, 0, 1),
        ({"talk_s": 30, "amd": "fax"}, 0, 1),
        ({"talk_s": 30, "amd": "unknown"}, 1, 1),
        ({"talk_s": 1, "amd": "machine", "disposition": "interested"}, 1, 1),
        ({"disposition": "refused"}, 1, 0),
        ({"talk_s": 300, "disposition": "voicemail"}, 0, 1),
        ({"disposition": "REFUS"}, 1, 0),
        ({"talk_s": 30, "disposition": "said nothing known"}, 1, 1),
        ({"talk_s": 44, "campaign": "solar"}, 0, 1),
        ({"talk_s": 45, "campaign": "solar"}, 1, 1),
    ],
)
def test_the_first_rule_that_applies_is_the_verdict(fields: dict[str, Any], contact: int, answered: int) -> None:
    call = called("c", R, lead="L", **fields)
    assert parts("contact_rate", call) == (contact, 1)
    assert parts("answer_rate", call) == (answered, 1)


def test_a_later_verdict_outranks_the_calls_own_and_the_latest_then_the_greatest_id_stands() -> None:
    call = called("c", R, lead="L", disposition="busy")
    yes = disposed("c", R + 2, "interested", lead="L", id="b")
    no = disposed("c", R + 2, "voicemail", lead="L", id="a")
    assert parts("contact_rate", call, yes, no) == (1, 1)
    assert parts("contact_rate", call, yes, no | {"id": "c"}) == (0, 1)
    assert parts("contact_rate", call, yes, no | {"at": R + 3}) == (0, 1)
    assert parts("contact_rate", call, yes, no | {"at": NOON + 1}) == (1, 1)


def test_a_later_verdict_that_maps_to_nothing_is_no_verdict_but_still_outranks() -> None:
    call = called("c", R, lead="L", disposition="interested")
    assert parts("contact_rate", call, disposed("c", R + 1, "X9", lead="L")) == (0, 1)


def test_one_call_id_is_one_attempt_and_its_latest_record_stands_whole() -> None:
    first = called("c", R, lead="L", talk_s=60, campaign="roof")
    later = called("c", R - DAY, at=R + 1, lead="L")
    assert parts("contact_rate", first, later) == (0, 1)
    assert parts("contact_rate", first, later, campaign="roof") == (0, 0)
    assert parts("contact_rate", first, later | {"direction": "inbound"}) == (0, 0)


def test_of_two_contents_under_one_id_the_first_in_the_log_stands() -> None:
    yes, no = talked("c", R, lead="L", id="x"), called("c", R, lead="L", id="x")
    assert parts("contact_rate", yes, no) == (1, 1)
    assert parts("contact_rate", no, yes) == (0, 1)
    assert parts("contact_rate", no, yes | {"lead": "M"}) == (1, 2)


def test_times_in_rfc_3339_are_the_same_times() -> None:
    call = {**talked("c", 0, lead="L"), "at": "2026-06-10T12:00:00+02:00", "placed_at": "2026-06-10T11:59:59.999+02:00"}
    assert parts("contact_rate", call, window="5m") == (1, 1)
    assert parts("contact_rate", call, as_of=NOON - 1) == (0, 0)


def test_a_window_is_its_last_slices_and_today_begins_at_local_midnight() -> None:
    def counted(window: str, *placed: int) -> int:
        return int(parts("contact_rate", *(talked(f"c{t}", t, lead="L") for t in placed), window=window)[1])

    assert counted("5m", NOON - 4 * MINUTE, NOON - 4 * MINUTE - 1, NOON, NOON + 1) == 2
    assert counted("15m", NOON - 14 * MINUTE, NOON - 14 * MINUTE - 1) == 1
    assert counted("1h", NOON - 59 * MINUTE, NOON - 59 * MINUTE - 1) == 1
    assert counted("today", NOON - 12 * HOUR, NOON - 12 * HOUR - 1) == 1
    assert counted("7d", NOON - 167 * HOUR, NOON - 167 * HOUR - 1) == 1
    assert counted("30d", NOON - 719 * HOUR, NOON - 719 * HOUR - 1) == 1


def test_today_of_the_day_the_clocks_go_back_has_25_hours() -> None:
    as_of = 1_792_969_199_999  # 25 October 2026, 23:59:59.999 in Paris
    early = talked("c", as_of + 1 - 25 * HOUR, lead="L")
    assert parts("contact_rate", early, as_of=as_of, window="today") == (1, 1)
    assert parts("contact_rate", early | {"placed_at": early["at"] - 1}, as_of=as_of, window="today") == (0, 0)


def test_a_missing_campaign_comes_from_the_lead_or_from_the_only_lead_of_the_number() -> None:
    by_lead, by_number = talked("c", R, lead="L"), talked("d", R, number="N")
    one = requested("L", R + 1, "roof", number="N")
    two = requested("M", R + 1, "fibre", number="N")
    assert parts("contact_rate", by_lead, by_number, campaign="roof") == (0, 0)
    assert parts("contact_rate", by_lead, by_number, one, campaign="roof") == (2, 2)
    assert parts("contact_rate", by_lead, by_number, one, two, campaign="roof") == (1, 1)
    assert parts("contact_rate", by_lead, by_number, one, two, campaign="fibre") == (0, 0)
    earlier = requested("L", R, "solar")
    assert parts("contact_rate", by_number, one, earlier, campaign="solar") == (1, 1)


def test_penetration_is_of_the_leads_first_dialled_in_the_window_those_contacted_since() -> None:
    facts = [called("a", R, lead="L"), talked("b", NOON, lead="L"), called("c", NOON, number="N")]
    assert parts("penetration", *facts) == (1, 2)
    assert parts("penetration", *facts, window="5m") == (0, 1)


def test_opportunities_per_1000_calls_are_not_bound_to_the_calls_of_the_same_lead() -> None:
    facts = [called(f"c{n}", R, lead="L") for n in range(4)]
    assert read("opportunities_per_1000_calls", *facts, step("qualified", "M", R))["value"] == 250
    assert read("opportunities_per_1000_calls", step("qualified", "M", R))["value"] is None


def test_a_follow_up_is_kept_withdrawn_missed_or_pending() -> None:
    first, limit = called("a", R, lead="L"), R + 72 * HOUR
    last = [step("lost", "L", limit + 1 + DAY)]  # so that the second attempt's own is withdrawn
    assert parts("follow_up_rate", first, called("b", limit, lead="L"), *last) == (1, 1)
    assert parts("follow_up_rate", first, called("b", limit + 1, lead="L"), *last) == (0, 1)
    third = called("c", limit + 1, lead="L")
    assert parts("follow_up_rate", first, called("b", R + HOUR, lead="L"), third, *last) == (2, 2)
    assert parts("follow_up_rate", first, step("won", "L", limit)) == (0, 0)
    assert parts("follow_up_rate", first, step("won", "L", limit + 1)) == (0, 1)
    assert parts("follow_up_rate", first, as_of=limit + MINUTE - 1) == (0, 0)
    assert parts("follow_up_rate", first, as_of=limit + MINUTE) == (0, 1)


def test_a_follow_up_belongs_to_the_attempt_that_made_it_due() -> None:
    facts = [called("a", R, lead="L", rep="ana", team="north"), called("b", R + DAY, lead="L", rep="bob")]
    assert parts("follow_up_rate", *facts, rep="ana") == (1, 1)
    assert parts("follow_up_rate", *facts, rep="bob", team="north") == (0, 0)
    assert parts("follow_up_rate", *facts, rep="bob") == (0, 1)


def test_a_follow_up_is_early_below_four_hours_and_the_fourth_attempt_in_a_day_presses() -> None:
    def facts(*placed: int) -> list[Any]:
        return [called(f"c{n}", t, lead="L") for n, t in enumerate(placed)]

    assert read("early_follow_ups", *facts(R, R + 4 * HOUR))["value"] == 0
    assert read("early_follow_ups", *facts(R, R + 4 * HOUR - 1))["value"] == 1
    assert read("early_follow_ups", *facts(R, R))["value"] == 1
    assert read("early_follow_ups")["value"] == 0
    assert read("pressing_attempts", *facts(R, R + 1, R + 2, R + DAY - 1))["value"] == 1
    assert read("pressing_attempts", *facts(R, R + 1, R + 2, R + DAY))["value"] == 0
    assert read("pressing_attempts", *facts(R, R, R, R, R))["value"] == 2


def test_conversions_are_by_the_cohort_of_the_earlier_step() -> None:
    facts = [
        requested("L", R),
        talked("c", R, lead="L"),
        step("qualified", "L", R + DAY),
        step("won", "L", NOON),
        requested("M", R),
        talked("d", R, lead="M"),
        step("qualified", "M", R + 2 * DAY),
    ]
    assert parts("lead_to_opportunity", *facts) == (2, 2)
    assert parts("opportunity_to_customer", *facts) == (1, 2)
    assert parts("lead_to_customer", *facts) == (1, 2)
    assert parts("opportunity_to_customer", *facts, as_of=NOON - 1) == (0, 2)
    assert parts("opportunity_to_customer", *facts, window="5m") == (0, 0)
    assert parts("customers_closed", *facts, window="5m") == (1, None)


def test_conversion_is_won_of_what_was_decided_in_the_window() -> None:
    facts = [requested(name, R - DAY) for name in "LMNO"]
    facts += [step("won", "L", NOON, rep="ana"), step("lost", "M", NOON - HOUR), step("qualified", "L", R)]
    assert parts("conversion_rate", *facts) == (1, 2)
    assert parts("win_rate", *facts) == (1, 1)
    assert parts("conversion_rate", *facts, window="5m") == (1, 1)
    assert parts("conversion_rate", *facts, rep="ana") == (1, 1)
    assert parts("conversion_rate", *facts, step("won", "M", NOON + DAY), as_of=NOON + DAY) == (2, 2)
    cold = R - DAY + 30 * DAY
    assert parts("conversion_rate", *facts, as_of=cold + MINUTE - 1) == (1, 2)
    assert parts("conversion_rate", *facts, as_of=cold + MINUTE) == (1, 4)
    called_again = called("c", NOON, lead="N")
    assert parts("conversion_rate", *facts, called_again, as_of=cold + MINUTE) == (1, 3)
    given = step("assigned", "O", NOON, rep="bob")
    assert parts("conversion_rate", *facts, called_again, given, as_of=NOON + 30 * DAY + MINUTE, rep="bob") == (0, 1)
    assert parts("conversion_rate", step("qualified", "X", R), as_of=R + 30 * DAY + MINUTE) == (0, 1)
    assert parts("win_rate", step("qualified", "X", R), as_of=R + 30 * DAY + MINUTE) == (0, 1)
    assert parts("conversion_rate", called("d", R, lead="Y"), as_of=R + 31 * DAY) == (0, 0)


def test_a_cohort_says_how_many_are_pending() -> None:
    facts = [requested("L", R), talked("c", R, lead="L"), requested("M", R), called("d", R, lead="M")]

    def pending(kpi: str, *more: Any, as_of: int = NOON, config: Config = EXAMPLE) -> int:
        return int(read(kpi, *facts, *more, as_of=as_of, config=config)["pending"])

    assert pending("penetration") == 1
    assert pending("penetration", step("lost", "M", NOON)) == 0
    assert pending("lead_to_customer") == 2
    assert pending("lead_to_customer", step("qualified", "M", NOON)) == 2
    assert pending("lead_to_customer", step("lost", "M", NOON)) == pending("lead_to_customer", step("won", "M", R)) == 1
    assert pending("lead_to_opportunity") == 1
    assert pending("lead_to_opportunity", step("qualified", "L", NOON)) == 0
    assert pending("opportunity_to_customer", step("qualified", "L", NOON)) == 1
    soon = replace(EXAMPLE, lead_cold_days=1)
    assert pending("lead_to_customer", as_of=R + DAY + MINUTE - 1, config=soon) == 2
    assert pending("lead_to_customer", as_of=R + DAY + MINUTE, config=soon) == 0


def test_what_is_still_to_be_done_is_the_last_attempt_of_each_open_lead() -> None:
    facts = [called("a", R, lead="L", rep="ana"), called("b", R + DAY, lead="L", rep="bob"), called("c", R, lead="M")]
    reading = Reading([*facts, step("lost", "M", NOON)], as_of=NOON, config=EXAMPLE)
    limit = R + DAY + 72 * HOUR
    assert [reading.to_do(limit, limit + 1), reading.to_do(limit, limit), reading.to_do(0, NOON)] == [1, 0, 1]
    assert [reading.to_do(0, NOON, rep) for rep in ("ana", "bob")] == [0, 1]


def test_the_greatest_revision_of_an_event_stands_in_the_past_too() -> None:
    yes, no = talked("c", R, lead="L", id="x"), called("c", R, lead="L", id="x")
    revised = no | {"revision": 1}
    assert parts("contact_rate", yes, revised) == parts("contact_rate", revised, yes) == (0, 1)
    assert parts("contact_rate", yes | {"revision": 2}, no | {"revision": 1}) == (1, 1)
    assert parts("contact_rate", no | {"revision": 1}, yes | {"revision": 1}) == (0, 1)


def test_what_happened_to_a_merged_lead_happened_to_the_one_it_is() -> None:
    facts = [requested("L", R, "roof"), called("a", R + DAY, lead="L"), requested("M", R + HOUR, "solar")]
    facts += [called("b", R + 2 * DAY, lead="M"), step("won", "M", NOON)]
    merge = event("lead.merged", NOON + DAY, lead="M", into="L")
    assert parts("leads_requested", *facts) == (2, None)
    assert parts("leads_requested", *facts, merge) == (1, None)
    assert parts("contact_rate", *facts, merge, campaign="roof") == (0, 2)
    assert parts("follow_up_rate", *facts, merge) == (1, 2)
    assert parts("customers_closed", *facts, merge, campaign="roof") == (1, None)
    chain = [event("lead.merged", R, lead="L", into="N"), event("lead.merged", R + 1, lead="L", into="O")]
    assert parts("leads_requested", *facts, merge, *chain) == (1, None)
    assert parts("leads_requested", *facts, *chain, event("lead.merged", R, lead="N", into="L")) == (1, None)


def test_a_withdrawn_lead_was_none_but_a_call_was_placed() -> None:
    facts = [requested("L", R, number="N"), talked("a", R + HOUR, lead="L"), talked("b", R, number="N")]
    gone = event("lead.withdrawn", NOON + DAY, lead="L")
    assert parts("contact_rate", *facts, gone) == (2, 2)
    assert parts("contact_rate", *facts, gone, campaign="roof") == (0, 0)
    assert parts("leads_requested", *facts, gone) == (0, None)
    assert parts("penetration", *facts, gone) == (1, 1)  # the number is its own lead again
    merged = event("lead.merged", NOON, lead="L", into="M")
    assert parts("leads_requested", *facts, gone, merged) == (1, None)


def test_a_lead_is_one_opportunity_at_the_earliest_moment_then_the_smallest_id() -> None:
    facts = [step("qualified", "L", R, rep="ana", id="b"), step("qualified", "L", R, rep="bob", id="a")]
    assert parts("opportunities_created", *facts, rep="bob") == (1, None)
    assert parts("opportunities_created", *facts) == (1, None)
    assert parts("opportunities_created", *facts, step("qualified", "L", R - 1, rep="cleo"), rep="cleo") == (1, None)


def test_a_lead_belongs_to_whom_it_is_assigned_else_requested_for_else_first_called_by() -> None:
    lead, call = requested("L", R), called("c", R, lead="L", rep="ana", team="north")
    assert parts("leads_requested", lead, call, rep="ana", team="north") == (1, None)
    own = requested("L", R, team="south")
    assert parts("leads_requested", own, call, team="south") == (1, None)
    assert parts("leads_requested", own, call, rep="ana") == (0, None)
    given = step("assigned", "L", R + 5, rep="bob")
    assert parts("leads_requested", own, call, given, rep="bob") == (1, None)
    assert parts("leads_requested", own, call, given, team="south") == (0, None)
    assert parts("leads_requested", own, given, step("assigned", "L", NOON + 1, rep="ana"), rep="bob") == (1, None)
    assert parts("leads_requested", own, given, step("assigned", "L", R + 6, rep="ana"), rep="ana") == (1, None)


def test_a_step_has_the_leads_campaign_and_team_and_its_own_rep() -> None:
    win = step("won", "L", R + 1, rep="cleo")
    facts = [requested("L", R, "solar", rep="ana", team="north"), win]
    assert parts("customers_closed", *facts, campaign="solar", team="north", rep="cleo") == (1, None)
    assert parts("customers_closed", facts[0], step("won", "L", R + 1), rep="ana") == (1, None)
    alone = step("qualified", "X", R, campaign="fibre")
    assert parts("opportunities_created", alone, campaign="fibre") == (1, None)
    known = requested("X", R, "solar")
    assert parts("opportunities_created", alone, known, campaign="fibre") == (0, None)


def test_an_unrequested_lead_is_open_from_its_first_attempt_and_closing_is_final() -> None:
    facts = [talked("a", R, lead="L"), step("lost", "L", R + 1), talked("b", R + 1, lead="L")]
    assert parts("penetration", *facts) == (1, 1)
    assert parts("follow_up_rate", *facts) == (0, 0)
    assert parts("penetration", step("lost", "L", R), talked("b", R, lead="L")) == (0, 0)
    assert parts("follow_up_rate", *facts, step("won", "L", R + DAY)) == (0, 0)
    assert parts("contact_rate", step("lost", "L", R), talked("b", R, lead="L")) == (1, 1)


def test_persistence_is_counted_up_to_the_first_contact_and_up_to_the_win() -> None:
    noes = [called(f"n{n}", R + n, lead="L", disposition="refused") for n in range(4)]
    facts = [called("a", R - 1, lead="L"), *noes, step("won", "L", R + DAY)]
    assert read("attempts_to_first_contact", *facts) == {"distribution": {2: 1}}
    assert read("noes_before_win", *facts) == {"distribution": {4: 1}}
    assert parts("wins_after_four_noes", *facts) == (1, 1)
    assert parts("wins_after_four_noes", *facts[1:2], *facts[3:]) == (0, 1)
    assert parts("wins_with_one_contact", *facts) == (0, 1)
    assert parts("wins_with_one_contact", *facts[:2], facts[-1]) == (1, 1)
    assert read("noes_before_win", step("won", "M", R)) == {"distribution": {0: 1}}


def test_a_lead_lost_after_fewer_than_five_attempts_was_given_up_early() -> None:
    four = [called(f"c{n}", R, lead="L") for n in range(4)]
    loss = step("lost", "L", R + 1, reason="price")
    assert parts("leads_given_up_early", *four, loss) == (1, 1)
    assert parts("leads_given_up_early", *four, called("c4", R, lead="L"), loss) == (0, 1)
    assert read("leads_lost", *four, loss, step("lost", "M", R)) == {"value": 2, "by_reason": {"price": 1, "": 1}}


def test_what_lies_ahead_counts_as_if_it_had_not_come() -> None:
    facts = [requested("L", R), talked("c", NOON, lead="L"), step("won", "L", NOON + 1), requested("M", NOON + 1)]
    assert kpis(facts, as_of=NOON, window="30d", config=EXAMPLE) == kpis(
        facts[:2], as_of=NOON, window="30d", config=EXAMPLE
    )


def test_an_empty_floor_has_no_ratio_and_live_events_make_none() -> None:
    nothing = kpis([], as_of=NOON, window="1h", config=EXAMPLE)
    assert nothing["contact_rate"] == {"value": None, "numerator": 0, "denominator": 0}
    ringing = event("call.started", NOON, call="c", direction="outbound", lead="L")
    assert kpis([ringing], as_of=NOON, window="1h", config=EXAMPLE) == nothing
