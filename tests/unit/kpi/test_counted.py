"""What a KPI counts, in words."""

from __future__ import annotations

import pytest

from stream.kpi.catalogue import BY_ID, CATALOGUE
from stream.kpi.counted import counted, target_for
from stream.kpi.formulas import Count, Percentile


def test_every_kpi_says_in_both_languages_what_is_divided_by_what() -> None:
    for kpi in CATALOGUE:
        above, below = counted(kpi)
        assert (above is None) == isinstance(kpi.formula, Percentile), kpi.id
        assert (below is None) == isinstance(kpi.formula, Count), kpi.id
        for words in filter(None, (above, below)):
            assert set(words) == {"en", "fr"}
            assert all(words.values())
            assert words["en"] != words["fr"] or words["en"] == "contacts", kpi.id
            assert not any(word in words["en"] for word in ("those of them", "their ", "{")), kpi.id


def test_the_words_are_those_of_the_formula() -> None:
    assert counted(BY_ID["conversion_rate"]) == (
        {"en": "leads won", "fr": "leads gagnés"},
        {
            "en": "leads won + leads lost and never won + leads gone cold",
            "fr": "leads gagnés + leads perdus et jamais gagnés + leads refroidis",
        },
    )
    assert counted(BY_ID["cost_per_lead"]).numerator == {"en": "spend in the window", "fr": "dépense de la fenêtre"}


@pytest.mark.parametrize(("formula", "above", "below"), [
    (1, "calls that left the queue within 30 s", "calls of known wait: answered + abandoned or sent on"),
    (2, "calls answered within 30 s", "calls answered whose wait is known"),
    (3, "calls answered within 30 s", "calls of known wait: answered + abandoned or sent on"),
    (4, "calls answered within 30 s", "calls of known wait: answered + abandoned or sent on after 30 s"),
])  # fmt: skip
def test_the_service_level_says_its_formula_and_its_limit(formula: int, above: str, below: str) -> None:
    numerator, denominator = counted(BY_ID["service_level"], service_formula=formula, answer_within_s=30.0)
    assert numerator is not None
    assert denominator is not None
    assert (numerator["en"], denominator["en"]) == (above, below)


def test_a_target_of_what_only_adds_up_is_for_a_day() -> None:
    of_a_day = {kpi.id for kpi in CATALOGUE if target_for(kpi) == "day"}
    assert of_a_day == {
        "early_follow_ups", "pressing_attempts", "leads_requested", "opportunities_created", "customers_closed",
        "leads_lost",
    }  # fmt: skip
