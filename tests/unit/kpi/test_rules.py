"""The rules: what a code means, and from which talk time on an attempt is a contact."""

from __future__ import annotations

from stream.kpi.rules import DISPOSITIONS, Rules


def test_a_canonical_disposition_means_itself() -> None:
    for name in DISPOSITIONS:
        assert Rules().disposition(name) == name


def test_a_vendors_code_may_stand_for_a_canonical_name_too() -> None:
    assert Rules(dispositions={"other": "busy"}).disposition("other") == "busy"


def test_nothing_and_nonsense_mean_nothing() -> None:
    assert Rules().disposition(None) is None
    assert Rules().disposition("nonsense") is None
    assert Rules(dispositions={"X": "nonsense"}).disposition("X") is None


def test_the_defaults_are_those_of_the_design() -> None:
    hour = 3_600_000
    rules = Rules()
    assert (rules.min_talk, rules.follow_up, rules.early, rules.answer_within) == (30_000, 72 * hour, 4 * hour, 20_000)


def test_a_campaign_may_have_a_talk_time_of_its_own_even_none() -> None:
    rules = Rules(min_talk_by_campaign={"spring": 0})
    assert [rules.talk_limit(name) for name in ("spring", "autumn", None)] == [0, 30_000, 30_000]
