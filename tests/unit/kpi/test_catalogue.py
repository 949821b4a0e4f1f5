"""The catalogue: every KPI of the design, once, in two languages."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from stream.kpi.catalogue import BY_ID, CATALOGUE, GROUPS, THE_SIX
from stream.kpi.formulas import Cost, Count, Kpi, Ratio, by_id
from stream.kpi.measures import LATE

OF_THE_DESIGN = {
    "contact_rate", "answer_rate", "penetration", "opportunities_per_1000_calls", "fast_response_uplift",
    "follow_up_rate", "early_follow_ups", "pressing_attempts", "conversion_rate", "win_rate", "lead_to_opportunity",
    "opportunity_to_customer", "lead_to_customer", "cost_per_lead", "cost_per_opportunity", "cost_per_customer",
    "loss_rate", "lead_assignment_p50", "lead_assignment_p90", "rep_response_p50", "rep_response_p90",
    *(
        f"lead_response_{what}_{reached}{clock}"
        for what in ("within_1h", "within_5m", "p50", "p90", "p95")
        for reached in ("attempt", "contact")
        for clock in ("", "_business")
    ),
}  # fmt: skip


def test_every_kpi_of_the_design_is_there_once() -> None:
    assert len(BY_ID) == len(CATALOGUE)
    assert not OF_THE_DESIGN - BY_ID.keys()


def test_the_articles_six_are_among_them_one_of_each_group() -> None:
    assert len({BY_ID[name].group for name in THE_SIX}) == 6


def test_every_kpi_has_a_name_and_a_meaning_of_one_line_in_english_and_french() -> None:
    for kpi in CATALOGUE:
        assert kpi.name.keys() == kpi.meaning.keys() == {"en", "fr"}
        for words in (kpi.name, kpi.meaning):
            for text in words.values():
                assert text.strip() == text
                assert "\n" not in text
                assert len(text) > 3
        assert all(text.endswith(".") for text in kpi.meaning.values())


def test_no_two_kpis_share_a_name() -> None:
    for language in ("en", "fr"):
        names = [kpi.name[language] for kpi in CATALOGUE]
        assert len(names) == len(set(names))


def test_what_is_a_percentile_says_of_whom() -> None:
    for name, kpi in BY_ID.items():
        if kpi.id.startswith("lead_response_p"):
            assert "of those reached" in kpi.meaning["en"], name
            assert "atteints" in kpi.meaning["fr"], name


def test_the_articles_figures_stand_beside_what_they_claim() -> None:
    claims = {kpi.id: kpi.benchmark for kpi in CATALOGUE if kpi.benchmark is not None}
    assert claims == {
        "contact_rate": 0.362, "opportunities_per_1000_calls": 32.0, "fast_response_uplift": 7.0,
        "wins_with_one_contact": 0.02, "wins_after_four_noes": 0.80,
    }  # fmt: skip


def test_units_fit_their_formulas() -> None:
    for kpi in CATALOGUE:
        if isinstance(kpi.formula, Cost):
            assert kpi.unit == "money"
        if isinstance(kpi.formula, Ratio):
            assert kpi.unit == ("ratio" if kpi.formula.scale == 1 else "per_1000")
            shown_top_is_part_of_bottom = set(kpi.formula.top) <= set(kpi.formula.bottom)
            assert shown_top_is_part_of_bottom or len(kpi.formula.top) == 1


def test_what_is_late_is_on_the_lower_side_of_each_share_in_time() -> None:
    for name, kpi in BY_ID.items():
        if "_within_" in name:
            assert isinstance(kpi.formula, Ratio)
            assert any(LATE <= measure < LATE + 8 for measure in kpi.formula.bottom)


def test_what_follows_those_who_began_says_since_and_nothing_else_does() -> None:
    cohorts = {"penetration", "lead_to_opportunity", "opportunity_to_customer", "lead_to_customer"}
    assert {kpi.id for kpi in CATALOGUE if kpi.is_cohort} == cohorts
    for kpi in CATALOGUE:
        assert ("since" in kpi.meaning["en"], "depuis" in kpi.meaning["fr"]) == (kpi.is_cohort, kpi.is_cohort)
    assert not cohorts & set(THE_SIX)


RIGHT = BY_ID["contact_rate"]


def refused(*kpis: Kpi) -> str:
    with pytest.raises(ValueError, match=r"^stream/kpi/catalogue\.py: the KPI '\w+' ") as error:
        by_id(kpis, GROUPS)
    return str(error.value)


def test_an_entry_that_lacks_something_is_refused_with_what_to_write_where() -> None:
    assert by_id([RIGHT], GROUPS) == {"contact_rate": RIGHT}
    assert "has no name in its en: write en=(" in refused(replace(RIGHT, en=("", "Of the calls.")))
    assert "has no meaning of one sentence in its fr: write fr=(" in refused(replace(RIGHT, fr=("Taux", "")))
    assert "has no name in its fr" in refused(replace(RIGHT, fr=("", "")))
    assert "is entered twice" in refused(RIGHT, RIGHT)
    assert "is of no group: write one of contact_rate, lead_response" in refused(replace(RIGHT, group="calls"))
    assert "reads 1000, which is no measure: enter it in stream/kpi/measures.py" in refused(
        replace(RIGHT, formula=Count(1000))
    )
