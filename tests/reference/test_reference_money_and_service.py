"""The reference against examples computed by hand: cost, risk, queues, reps, and what is the same value."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.config import DAY, HOUR, MINUTE, SECOND, Config
from tests.reference.kpis import same
from tests.reference.telling import NOON, called, customer, event, parts, read, requested, spent, step

R = NOON - 10 * DAY


def test_1000_euros_and_10_leads_are_100_euros_a_lead() -> None:
    facts = [spent("1000.00", R, R + DAY), *(requested(f"L{n}", R) for n in range(10))]
    found = read("cost_per_lead", *facts)
    assert found == {"value": 100, "numerator": 1000, "denominator": 10, "currency": "EUR"}
    assert same(found["value"], "100.00")
    assert not same(found["value"], "100.01")


def test_costs_per_opportunity_and_per_customer_divide_by_the_steps_in_the_window() -> None:
    facts = [spent("100", R, R + 1), step("qualified", "L", R), step("qualified", "M", R), step("won", "L", R)]
    assert read("cost_per_opportunity", *facts)["value"] == 50
    assert read("cost_per_customer", *facts)["value"] == 100
    assert read("cost_per_lead", *facts)["value"] is None


def test_spend_is_spread_evenly_and_rounded_half_up_at_each_slices_end() -> None:
    lead = requested("L", NOON)
    # One cent over two minutes: half a cent at the end of the first, which rounds up.
    cent = spent("0.01", NOON, NOON + 2 * MINUTE)
    assert read("cost_per_lead", lead, cent, window="5m")["value"] == Fraction(1, 100)
    assert read("cost_per_lead", lead, {**cent, "to": NOON + 3 * MINUTE}, window="5m")["value"] is None
    # The running slice counts to its end; what comes later does not.
    assert read("cost_per_lead", lead, spent("60", NOON, NOON + HOUR), window="5m")["value"] == 1
    assert read("cost_per_lead", lead, spent("60", NOON - HOUR, NOON), window="5m")["value"] == 4
    assert read("cost_per_lead", lead, spent("60", NOON, NOON + 2 * HOUR), window="7d")["value"] == 30


def test_spend_filters_by_campaign_and_belongs_to_no_rep_or_team() -> None:
    facts = [spent("10", R, R + 1), spent("30", R, R + 1, "solar"), requested("L", R, rep="ana"), requested("M", R)]
    assert read("cost_per_lead", *facts)["value"] == 20
    assert read("cost_per_lead", *facts, campaign="roof")["value"] == 5
    assert read("cost_per_lead", *facts, campaign="solar")["value"] is None
    assert parts("cost_per_lead", *facts, rep="ana") == (None, 1)
    assert parts("cost_per_lead", *facts, team="north") == (None, 0)


def test_two_currencies_are_never_added() -> None:
    facts = [spent("10", R, R + 1), spent("9", R, R + 1, currency="JPY"), requested("L", R), requested("M", R)]
    found = read("cost_per_lead", *facts)
    assert (found["value"], found["numerator"], found["denominator"]) == (None, None, 2)
    assert found["by_currency"] == {
        "EUR": {"value": 5, "numerator": 10, "denominator": 2},
        "JPY": {"value": Fraction(9, 2), "numerator": 9, "denominator": 2},
    }
    # The second currency was spent before the window: only one is left.
    facts[1] = spent("9", R - 60 * DAY, R - 59 * DAY, currency="JPY")
    assert read("cost_per_lead", *facts)["currency"] == "EUR"


def test_spend_counts_by_its_period_whenever_it_was_recorded() -> None:
    assert read("cost_per_lead", requested("L", R), spent("10", R, R + 1, at=NOON + 1))["value"] == 10


@pytest.mark.parametrize(
    ("story", "lost_and_all"),
    [
        (["at_risk"], (0, 0)),
        (["at_risk", "at_risk"], (0, 0)),
        (["at_risk", "kept"], (0, 1)),
        (["at_risk", "lost"], (1, 1)),
        (["at_risk", "kept", "at_risk", "lost"], (1, 2)),
        (["lost"], (1, 1)),
        (["lost", "lost"], (1, 1)),
        (["at_risk", "lost", "lost"], (1, 1)),
        (["at_risk", "lost", "kept", "lost"], (1, 1)),
        (["lost", "at_risk", "kept", "lost"], (2, 3)),
        (["lost", "at_risk", "lost"], (2, 2)),
        (["kept"], (0, 0)),
    ],
)
def test_a_risk_ends_once_and_is_counted_then(story: list[str], lost_and_all: tuple[int, int]) -> None:
    facts = [customer(kind, "C", R + n) for n, kind in enumerate(story)]
    assert parts("loss_rate", *facts) == lost_and_all
    assert parts("loss_rate", *reversed(facts)) == lost_and_all


def test_at_equal_times_a_risk_begins_then_is_kept_then_lost() -> None:
    kinds = ("lost", "kept", "at_risk")
    assert parts("loss_rate", *(customer(kind, "C", R, id=str(n)) for n, kind in enumerate(kinds))) == (1, 2)
    assert parts("loss_rate", *(customer(kind, "C", R) for kind in ("lost", "at_risk"))) == (1, 1)


def test_a_risk_belongs_to_its_beginning_and_has_no_team() -> None:
    facts = [customer("at_risk", "C", R, campaign="roof", rep="ana"), customer("lost", "C", NOON, rep="bob")]
    assert parts("loss_rate", *facts, rep="ana", campaign="roof") == (1, 1)
    assert parts("loss_rate", *facts, rep="bob") == (0, 0)
    assert parts("loss_rate", *facts, team="north") == (0, 0)
    assert parts("loss_rate", *facts, window="5m") == (1, 1)
    assert parts("loss_rate", *facts, as_of=NOON - 1) == (0, 0)


def test_a_risk_of_which_nothing_is_heard_for_long_ends_well_until_something_is() -> None:
    one = customer("at_risk", "C", R, rep="ana")
    after = R + 30 * DAY
    assert parts("loss_rate", one, as_of=after + MINUTE - 1) == (0, 0)
    assert parts("loss_rate", one, as_of=after + MINUTE) == parts("loss_rate", one, as_of=after + DAY) == (0, 1)
    assert parts("loss_rate", one, customer("lost", "C", after + DAY), as_of=after + DAY) == (1, 1)
    assert parts("loss_rate", one, customer("kept", "C", after + DAY), as_of=after + DAY, window="5m") == (0, 1)
    again = customer("at_risk", "C", after + 1, rep="bob")
    assert parts("loss_rate", one, again, customer("lost", "C", after + DAY), as_of=after + DAY) == (1, 2)
    at_the_limit = [one, again | {"at": after}, customer("lost", "C", after + DAY)]
    assert parts("loss_rate", *at_the_limit, as_of=after + DAY, rep="ana") == (1, 1)


def joined(call: str, at: int, queue: str = "sales") -> Any:
    return event("queue.joined", at, call=call, queue=queue)


def left(call: str, at: int, queue: str = "sales", **fields: Any) -> Any:
    return event("queue.left", at, call=call, queue=queue, **fields)


def inbound(call: str, at: int, **fields: Any) -> Any:
    told = {"direction": "inbound", "number": "N", "queue": "sales", "placed_at": at, **fields}
    return called(call, told.pop("placed_at"), at=at, **told)


def worked_example() -> list[Any]:
    """Answered 1000 of which 860 within 20 s, abandoned 20 within and 40 later."""
    groups = (("answered", 20, 860), ("answered", 20.001, 140), ("abandoned", 20, 20), ("abandoned", 21, 40))
    return [
        left(f"{outcome}-{wait}-{n}", NOON, outcome=outcome, wait_s=wait)
        for outcome, wait, times in groups
        for n in range(times)
    ]


@pytest.mark.parametrize(
    ("formula", "judged", "percent"),
    [(1, (880, 1060), 83.0), (2, (860, 1000), 86.0), (3, (860, 1060), 81.1), (4, (860, 1040), 82.7)],
)
def test_the_four_known_formulas_of_service_level(formula: int, judged: tuple[int, int], percent: float) -> None:
    found = read("service_level", *worked_example(), config=Config(service_level_formula=formula))
    assert (found["numerator"], found["denominator"]) == judged
    assert round(float(found["value"]) * 100, 1) == percent


def test_the_fourth_formula_within_20_seconds_is_the_default() -> None:
    assert parts("service_level", *worked_example()) == (860, 1040)


def test_a_timeout_is_no_abandonment_but_fails_the_service_level_after_its_wait() -> None:
    facts = [
        left("a", NOON, outcome="answered", wait_s=5),
        left("b", NOON, outcome="timeout", wait_s=20),
        left("c", NOON, outcome="timeout", wait_s=20.5),
        left("d", NOON, outcome="abandoned", wait_s=1),
        joined("e", NOON),
    ]
    assert parts("abandon_rate", *facts) == (1, 4)
    assert parts("service_level", *facts) == (1, 2)


def test_a_queue_call_counts_by_the_moment_it_joined() -> None:
    answered = {"outcome": "answered"}
    told: list[tuple[list[Any], int]] = [
        ([joined("c", R), left("c", R + 7 * SECOND, **answered)], R),
        ([joined("c", R - 1), joined("c", R), left("c", R + 7 * SECOND, **answered)], R - 1),
        ([left("c", R + 7 * SECOND, **answered, wait_s=7)], R),
        ([left("c", R, **answered)], R),
        ([inbound("c", R + MINUTE, placed_at=R - 1, answered_at=R + 7 * SECOND, wait_s=7)], R),
        ([inbound("c", R + MINUTE, placed_at=R, answered_at=R + 7 * SECOND)], R),
    ]
    for facts, moment in told:
        assert parts("abandon_rate", *facts, as_of=moment + 719 * HOUR)[1] == 1
        assert parts("abandon_rate", *facts, as_of=moment // HOUR * HOUR + 720 * HOUR)[1] == 0


def test_the_average_speed_of_answer_and_handle_time_are_of_answered_calls() -> None:
    facts = [
        joined("a", R),
        left("a", R + 7 * SECOND, outcome="answered"),
        inbound("b", R, answered_at=R, wait_s=2.5, talk_s=60, hold_s=10, wrap_s=20, rep="ana"),
        inbound("c", R, wait_s=99),
        left("d", R, outcome="abandoned", wait_s=50),
    ]
    assert read("average_speed_of_answer", *facts) == {
        "value": Fraction(19, 4),
        "numerator": Fraction(19, 2),
        "denominator": 2,
    }
    assert read("average_handle_time", *facts) == {"value": 90, "numerator": 90, "denominator": 1}
    assert parts("abandon_rate", *facts) == (2, 4)
    assert parts("abandon_rate", *facts, rep="ana") == (0, 1)


def test_a_call_of_unknown_wait_or_talk_is_in_no_service_level_no_speed_of_answer_and_no_handle_time() -> None:
    known = [
        inbound("a", R, answered_at=R, wait_s=25, talk_s=60),
        left("b", R, outcome="abandoned", wait_s=5),
        left("c", R, outcome="timeout", wait_s=90),
    ]
    unknown = [
        inbound("d", R + MINUTE, placed_at=R, answered_at=R, hold_s=4, wrap_s=5),
        joined("e", R - SECOND),
        inbound("e", R + MINUTE, placed_at=R - MINUTE, answered_at=R - 2 * SECOND),
        inbound("f", R + MINUTE, placed_at=R),
        left("g", R, outcome="timeout"),
        left("h", R, outcome="answered"),
    ]
    for formula, judged in ((1, (1, 3)), (2, (0, 1)), (3, (0, 3)), (4, (0, 2))):
        config = Config(service_level_formula=formula)
        assert parts("service_level", *known, *unknown, config=config) == judged
        assert parts("service_level", *unknown, config=config) == (0, 0)
    assert parts("average_speed_of_answer", *known, *unknown) == (25, 1)
    assert parts("average_handle_time", *known, *unknown) == (60, 1)
    assert parts("abandon_rate", *known, *unknown) == (2, 8)
    assert read("average_speed_of_answer", *unknown)["value"] is None
    at_once = inbound("i", R, answered_at=R, wait_s=0, talk_s=0)
    assert parts("service_level", at_once) == (1, 1)
    assert parts("average_speed_of_answer", at_once) == parts("average_handle_time", at_once) == (0, 1)


def test_a_caller_who_joined_and_was_answered_has_waited_until_then_though_nothing_says_that_they_left() -> None:
    facts = [joined("a", R), inbound("a", R + MINUTE, placed_at=R - MINUTE, answered_at=R + 7 * SECOND)]
    assert parts("average_speed_of_answer", *facts) == (7, 1)
    told = inbound("a", R + MINUTE, placed_at=R - MINUTE, answered_at=R + 7 * SECOND, wait_s=5)
    assert parts("average_speed_of_answer", facts[0], told) == (5, 1)


def test_the_queues_own_word_outranks_the_calls_and_the_latest_stands() -> None:
    facts = [left("c", R, outcome="abandoned", wait_s=1), inbound("c", R, talk_s=5)]
    assert parts("abandon_rate", *facts) == (1, 1)
    assert parts("abandon_rate", *facts, left("c", R + 1, outcome="answered")) == (0, 1)
    assert parts("abandon_rate", *facts, left("c", R + 1)) == (0, 1)
    assert parts("average_handle_time", *facts, left("c", R + 1)) == (5, 1)
    assert parts("average_handle_time", inbound("c", R, talk_s=5), inbound("c", R + 1, talk_s=6)) == (6, 1)


def test_one_call_in_two_queues_is_two_queue_calls() -> None:
    facts = [left("c", R, outcome="timeout"), left("c", R, "care", outcome="answered"), inbound("c", R, queue="care")]
    assert parts("abandon_rate", *facts) == (0, 2)
    assert parts("contact_rate", *facts) == (0, 0)


def test_the_end_of_a_call_is_that_of_the_stay_it_was_queued_as() -> None:
    facts = [left("w", R, outcome="answered"), inbound("c", R, queued_as="w", talk_s=5)]
    assert parts("abandon_rate", *facts) == (0, 1)
    assert parts("average_handle_time", *facts) == (5, 1)


def state(rep: str, name: str, at: int, **fields: Any) -> Any:
    return event("rep.state", at, rep=rep, state=name, **fields)


def time_spent(*facts: Any, **by: str) -> tuple[Any, ...]:
    """The ms of occupancy, which is told in hours."""
    return tuple(HOUR * side for side in parts("occupancy", *facts, **by))


def test_occupancy_is_time_on_contact_of_the_time_on_contact_or_available() -> None:
    facts = [
        state("ana", "available", NOON - 30 * MINUTE, team="north"),
        state("ana", "ringing", NOON - 20 * MINUTE, team="north"),
        state("ana", "talking", NOON - 19 * MINUTE, team="north"),
        state("ana", "wrap_up", NOON - 10 * MINUTE, team="south"),
        state("ana", "paused", NOON - 5 * MINUTE),
    ]
    assert time_spent(*facts) == (14 * MINUTE, 24 * MINUTE)
    assert time_spent(*facts, team="north") == (9 * MINUTE, 19 * MINUTE)
    assert time_spent(*facts, rep="bob") == (0, 0)
    assert time_spent(*facts, campaign="roof") == (0, 0)
    assert time_spent(*facts, window="15m") == (9 * MINUTE, 9 * MINUTE)


def test_a_state_lasts_until_now_but_is_not_believed_for_more_than_four_hours() -> None:
    assert time_spent(state("ana", "talking", NOON - HOUR)) == (HOUR, HOUR)
    assert time_spent(state("ana", "talking", NOON - 5 * HOUR)) == (4 * HOUR, 4 * HOUR)
    assert time_spent(state("ana", "talking", NOON - 5 * HOUR), window="1h") == (0, 0)


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        (Fraction(1, 3), 1 / 3, True),
        (Fraction(100, 3), "33.3333", True),
        (Fraction(100, 3), "33.3334", True),
        (Fraction(100, 3), "33.3331", False),
        (Fraction(100, 3), "33.33", False),
        (Fraction(100), Decimal("100.0"), True),
        (None, None, True),
        (None, 0, False),
        ({1: 2}, {"1": 2}, True),
        ({1: 2}, {"1": 2, "2": 0}, False),
        ("EUR", "EUR", True),
        ("EUR", "USD", False),
    ],
)
def test_values_are_the_same_as_numbers_whatever_their_types(one: object, other: object, are_same: bool) -> None:
    assert same(one, other) is are_same
