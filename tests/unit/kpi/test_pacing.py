"""Legal pacing: how often, when, and how soon after a no."""

from __future__ import annotations

from stream.journeys.compose import rules_of
from stream.kpi.measures import OUTSIDE_HOURS, TOO_OFTEN, TOO_SOON
from stream.kpi.rules import DAY, HOUR, MINUTE, Rules
from stream.settings.model import Settings
from tests.unit.kpi.telling import PARIS, at, call, instants_of, lead, no, plain, request

RULES = rules_of(Settings(legal_pacing="FR"))
TUESDAY = at("2024-01-09 11:00", PARIS)
ASK = request(TUESDAY - HOUR)
WEEKLY = [TUESDAY + week * 7 * DAY for week in range(4)]


def test_a_fifth_attempt_in_less_than_thirty_days_is_too_often() -> None:
    four = [call(moment, f"c{n}") for n, moment in enumerate(WEEKLY)]
    assert plain(lead(ASK, *four, rules=RULES))[TOO_OFTEN] == 0
    fifth = TUESDAY + 30 * DAY - 1
    assert instants_of(lead(ASK, *four, call(fifth, "c5"), rules=RULES), TOO_OFTEN) == [fifth // MINUTE]
    assert plain(lead(ASK, *four, call(fifth + 1, "c5"), rules=RULES))[TOO_OFTEN] == 0


def test_calls_are_allowed_on_weekdays_from_ten_to_one_and_two_to_eight_but_on_no_holiday() -> None:
    for moment, broken in (
        ("2024-03-05 09:59", 1),
        ("2024-03-05 10:00", 0),
        ("2024-03-05 13:00", 1),
        ("2024-03-05 14:00", 0),
        ("2024-03-05 19:59", 0),
        ("2024-03-05 20:00", 1),
        ("2024-03-09 11:00", 1),  # a Saturday
        ("2024-05-01 11:00", 1),  # a holiday
    ):
        asked = request(at("2024-03-01 11:00", PARIS))
        assert plain(lead(asked, call(at(moment, PARIS)), rules=RULES))[OUTSIDE_HOURS] == broken, moment


def test_after_a_refusal_a_lead_is_left_alone_for_sixty_days() -> None:
    assert plain(lead(ASK, no(TUESDAY), call(TUESDAY + 60 * DAY - 1, "c2"), rules=RULES))[TOO_SOON] == 1
    assert plain(lead(ASK, no(TUESDAY), call(TUESDAY + 60 * DAY, "c2"), rules=RULES))[TOO_SOON] == 0
    assert plain(lead(ASK, no(TUESDAY), rules=RULES))[TOO_SOON] == 0
    assert plain(lead(ASK, call(TUESDAY), call(TUESDAY + DAY, "c2"), rules=RULES))[TOO_SOON] == 0


def test_without_a_profile_nothing_is_counted() -> None:
    story = lead(ASK, *(no(TUESDAY + n, f"c{n}") for n in range(9)))
    assert not plain(story).keys() & {TOO_OFTEN, OUTSIDE_HOURS, TOO_SOON}
    assert rules_of(Settings()).pacing is Rules().pacing is None
