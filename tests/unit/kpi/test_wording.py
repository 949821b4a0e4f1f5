"""The words of the KPIs: what they call things, in both languages."""

from __future__ import annotations

from stream.kpi.wording import WORDING


def test_a_human_on_the_phone_is_never_an_agent() -> None:
    for words in WORDING.values():
        for name, meaning in words.values():
            assert "agent" not in f"{name} {meaning}".lower()


def test_business_hours_are_named_where_they_are_meant() -> None:
    for kpi, words in WORDING.items():
        assert ("business hours" in words["en"][0]) == kpi.endswith("_business")
        assert ("heures ouvrées" in words["fr"][0]) == kpi.endswith("_business")


def test_the_limit_the_percentile_and_the_moment_that_are_meant_are_named() -> None:
    for kpi, words in WORDING.items():
        for part, english, french in (
            ("_within_1h_", "1 h", "1 h"),
            ("_within_5m_", "5 min", "5 min"),
            ("_p50_", "p50", "p50"),
            ("_p90_", "p90", "p90"),
            ("_p95_", "p95", "p95"),
            ("_attempt", "first attempt", "première tentative"),
            ("_contact", "first contact", "premier contact"),
        ):
            if kpi.startswith("lead_response_") and part in kpi:
                assert english in words["en"][0]
                assert french in words["fr"][0]


def test_the_loss_rate_does_not_repeat_the_articles_upside_down_fraction() -> None:
    assert "lost" in WORDING["loss_rate"]["en"][1]
    assert WORDING["loss_rate"]["fr"][0] == "Taux de perte"
