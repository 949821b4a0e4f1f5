"""Follow-ups: kept, withdrawn or missed, when the limit runs out; to do; early; pressing."""

from __future__ import annotations

from stream.kpi.measures import ATTEMPTS, DUE, EARLY, KEPT, MISSED, PRESSING, WITHDRAWN
from stream.kpi.rules import Rules
from tests.unit.kpi.telling import (
    DAY,
    HOUR,
    MINUTE,
    NINE,
    call,
    contact,
    instants_of,
    kpis,
    lead,
    lost,
    minutes_of_ripening,
    owners_of,
    plain,
    qualified,
    request,
    sums,
)

LIMIT = 72 * HOUR
ASK = request(NINE - HOUR)


def test_an_attempt_at_the_limit_keeps_the_follow_up() -> None:
    rows = plain(lead(ASK, call(NINE), call(NINE + LIMIT, "c2")))
    assert rows[KEPT] == 1
    assert rows[MISSED] == 1  # that of the second attempt, once it ripens


def test_an_attempt_a_millisecond_past_the_limit_does_not() -> None:
    rows = plain(lead(ASK, call(NINE), call(NINE + LIMIT + 1, "c2")))
    assert rows[KEPT] == 0
    assert rows[MISSED] == 2


def test_the_limit_is_a_setting() -> None:
    rules = Rules(follow_up=HOUR, early=0)
    assert plain(lead(ASK, call(NINE), call(NINE + HOUR, "c2"), rules=rules))[KEPT] == 1
    assert plain(lead(ASK, call(NINE), call(NINE + HOUR + 1, "c2"), rules=rules))[KEPT] == 0


def test_a_lead_that_closes_at_the_limit_withdraws_the_follow_up() -> None:
    rows = plain(lead(ASK, call(NINE), lost(NINE + LIMIT)))
    assert rows[WITHDRAWN] == 1
    assert rows[MISSED] == 0


def test_a_lead_that_closes_a_millisecond_past_the_limit_has_missed_it() -> None:
    rows = plain(lead(ASK, call(NINE), lost(NINE + LIMIT + 1)))
    assert rows[WITHDRAWN] == 0
    assert rows[MISSED] == 1


def test_what_was_kept_is_not_withdrawn_when_the_lead_closes() -> None:
    rows = plain(lead(ASK, call(NINE), call(NINE + HOUR, "c2"), qualified(NINE + 2 * HOUR)))
    assert rows[KEPT] == 1
    assert rows[WITHDRAWN] == 1  # the second attempt's


def test_an_attempt_after_the_lead_closed_keeps_nothing() -> None:
    rows = plain(lead(ASK, call(NINE), qualified(NINE + HOUR), call(NINE + HOUR, "c2")))
    assert rows[KEPT] == 0
    assert rows[WITHDRAWN] == 1
    assert rows[ATTEMPTS] == 2


def test_a_follow_up_is_pending_until_the_minute_of_its_limit_has_passed_whole() -> None:
    story = lead(ASK, call(NINE + 30_000))
    limit = NINE + 30_000 + LIMIT
    assert minutes_of_ripening(story, MISSED) == [limit // MINUTE]
    assert MISSED not in sums(story, limit)
    assert MISSED not in sums(story, limit // MINUTE * MINUTE + MINUTE - 1)
    assert sums(story, limit // MINUTE * MINUTE + MINUTE)[MISSED] == 1


def test_a_limit_on_a_whole_minute_has_passed_a_minute_later() -> None:
    story = lead(ASK, call(NINE))
    assert MISSED not in sums(story, NINE + LIMIT)
    assert MISSED not in sums(story, NINE + LIMIT + MINUTE - 1)
    assert sums(story, NINE + LIMIT + MINUTE)[MISSED] == 1


def test_the_rate_has_what_ran_out_in_the_window_without_what_was_withdrawn() -> None:
    story = lead(ASK, call(NINE), call(NINE + 5 * HOUR, "c2"), call(NINE + 90 * HOUR, "c3"))

    def rate(as_of: int, window: str = "30d") -> tuple[int, int]:
        read = kpis(story, as_of, window)["follow_up_rate"]
        return read["numerator"], read["denominator"]

    assert rate(NINE + LIMIT + MINUTE - 1) == (0, 0)
    assert rate(NINE + LIMIT + MINUTE) == (1, 1)
    assert rate(NINE + 91 * HOUR) == (1, 2)
    assert rate(NINE + 91 * HOUR, "1h") == (0, 0)
    for window, minutes in (("5m", 5), ("15m", 15), ("1h", 60)):
        assert rate(NINE + LIMIT + minutes * MINUTE - 1, window) == (1, 1)
        assert rate(NINE + LIMIT + minutes * MINUTE, window) == (0, 0)
    closed = lead(ASK, call(NINE), lost(NINE + HOUR))
    assert kpis(closed, NINE + 91 * HOUR)["follow_up_rate"]["denominator"] == 0


def test_the_last_attempt_of_an_open_lead_is_to_be_followed_up_until_it_is() -> None:
    one, two = call(NINE, rep="ana"), call(NINE + HOUR, "c2", rep="bea")
    assert owners_of(lead(ASK, one), DUE) == [("spring", None, "ana")]
    assert owners_of(lead(ASK, one, two), DUE) == [("spring", None, "bea")]
    assert instants_of(lead(ASK, one, two), DUE) == [(NINE + HOUR + LIMIT) // MINUTE]
    assert plain(lead(ASK, one, call(NINE + 2 * LIMIT, "c2")))[DUE] == 1  # late, and made
    assert plain(lead(ASK, one, lost(NINE + 2 * LIMIT)))[DUE] == 0
    assert plain(lead(ASK))[DUE] == 0


def test_less_than_four_hours_is_early_and_four_hours_is_not() -> None:
    assert plain(lead(ASK, call(NINE), call(NINE + 4 * HOUR - 1, "c2")))[EARLY] == 1
    assert plain(lead(ASK, call(NINE), call(NINE + 4 * HOUR, "c2")))[EARLY] == 0


def test_how_early_is_early_is_a_setting() -> None:
    rules = Rules(early=HOUR)
    assert plain(lead(ASK, call(NINE), call(NINE + HOUR, "c2"), rules=rules))[EARLY] == 0
    assert plain(lead(ASK, call(NINE), call(NINE + HOUR - 1, "c2"), rules=rules))[EARLY] == 1


def test_the_last_attempt_has_no_next_one() -> None:
    rows = plain(lead(ASK, call(NINE)))
    assert rows[KEPT] == rows[EARLY] == 0
    assert rows[MISSED] == 1


def test_each_attempt_waits_for_the_one_right_after_it() -> None:
    story = lead(ASK, *(call(NINE + hours * HOUR, f"c{hours:03}") for hours in (0, 1, 100, 180)))
    assert instants_of(story, KEPT) == [(NINE + LIMIT) // MINUTE]
    assert instants_of(story, MISSED) == [(NINE + LIMIT + hours * HOUR) // MINUTE for hours in (1, 100, 180)]


def test_two_attempts_of_one_moment_follow_each_other_by_call_id() -> None:
    story = lead(ASK, call(NINE, "b", rep="bea"), call(NINE, "a", rep="ana"))
    assert owners_of(story, KEPT) == [("spring", None, "ana")]
    assert owners_of(story, EARLY) == [("spring", None, "bea")]
    assert owners_of(story, MISSED) == [("spring", None, "bea")]


def four(last: int) -> tuple[int, ...]:
    return NINE, NINE + HOUR, NINE + 2 * HOUR, last


def test_the_fourth_attempt_in_less_than_a_day_presses() -> None:
    placed = four(NINE + DAY - 1)
    story = lead(ASK, *(call(moment, f"c{n}") for n, moment in enumerate(placed)))
    assert instants_of(story, PRESSING) == [placed[3] // MINUTE]


def test_the_fourth_attempt_after_a_whole_day_does_not() -> None:
    story = lead(ASK, *(call(moment, f"c{n}") for n, moment in enumerate(four(NINE + DAY))))
    assert plain(story)[PRESSING] == 0


def test_three_attempts_in_a_moment_do_not_press() -> None:
    assert plain(lead(ASK, *(call(NINE, f"c{n}") for n in range(3))))[PRESSING] == 0


def test_each_attempt_from_the_fourth_on_is_held_against_the_third_before_it() -> None:
    moments = (NINE, NINE, NINE, NINE, NINE + DAY - 1, NINE + DAY, NINE + DAY + 1)
    story = lead(ASK, *(call(moment, f"c{n}") for n, moment in enumerate(moments)))
    # c3 on c0; c4 on c1; c5 on c2 is a whole day; c6 on c3 is more
    assert instants_of(story, PRESSING) == [NINE // MINUTE, (NINE + DAY - 1) // MINUTE]


def test_attempts_that_do_not_count_for_the_lead_do_not_press() -> None:
    story = lead(request(NINE + 1), call(NINE), *(call(NINE + HOUR, f"c{n}") for n in range(3)))
    assert plain(story)[PRESSING] == 0


def test_follow_ups_belong_to_the_attempt_that_made_them_due() -> None:
    story = lead(
        ASK,
        call(NINE, "a", rep="ana", team="blue", campaign="own"),
        call(NINE + HOUR, "b", rep="bea"),
        call(NINE + 2 * HOUR, "c", rep="cyd"),
        call(NINE + 3 * HOUR, "d", rep="dan", team="red"),
    )
    assert owners_of(story, KEPT) == [("own", "blue", "ana"), ("spring", None, "bea"), ("spring", None, "cyd")]
    assert owners_of(story, MISSED) == owners_of(story, PRESSING) == [("spring", "red", "dan")]
    assert instants_of(story, KEPT) == [(NINE + LIMIT + n * HOUR) // MINUTE for n in range(3)]
    assert owners_of(story, EARLY) == [("spring", None, "bea"), ("spring", None, "cyd"), ("spring", "red", "dan")]
    assert instants_of(story, EARLY) == [(NINE + n * HOUR) // MINUTE for n in range(1, 4)]


def test_a_contact_makes_a_follow_up_due_as_any_attempt_does() -> None:
    assert plain(lead(ASK, contact(NINE)))[MISSED] == 1


def test_an_empty_window_has_counts_of_nothing_and_no_rate() -> None:
    read = kpis(lead(), NINE)
    assert read["early_follow_ups"]["value"] == read["pressing_attempts"]["value"] == 0
    assert read["early_follow_ups"]["unit"] == "count"
    assert read["follow_up_rate"]["value"] is None
