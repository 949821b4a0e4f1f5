"""The words of the KPIs: what they call things, in both languages."""

from __future__ import annotations

from stream.kpi.catalogue import BY_ID


def test_a_human_on_the_phone_is_never_an_agent() -> None:
    for kpi in BY_ID.values():
        for name, meaning in (kpi.en, kpi.fr):
            assert "agent" not in f"{name} {meaning}".lower()


def test_business_hours_are_named_where_they_are_meant() -> None:
    for id_, kpi in BY_ID.items():
        assert ("business hours" in kpi.en[0]) == id_.endswith("_business")
        assert ("heures ouvrées" in kpi.fr[0]) == id_.endswith("_business")


def test_the_limit_the_percentile_and_the_moment_that_are_meant_are_named() -> None:
    for id_, kpi in BY_ID.items():
        for part, english, french in (
            ("_within_1h_", "1 h", "1 h"),
            ("_within_5m_", "5 min", "5 min"),
            ("_p50_", "p50", "p50"),
            ("_p90_", "p90", "p90"),
            ("_p95_", "p95", "p95"),
            ("_p50_attempt", "first attempt", "première tentative"),
            ("_p50_contact", "first contact", "premier contact"),
            ("_1h_attempt", "Called", "Appelés"),
            ("_1h_contact", "Contacted", "Joints"),
        ):
            if id_.startswith("lead_response_") and part in id_:
                assert english in kpi.en[0]
                assert french in kpi.fr[0]


def test_the_loss_rate_does_not_repeat_the_articles_upside_down_fraction() -> None:
    assert "lost" in BY_ID["loss_rate"].en[1]
    assert BY_ID["loss_rate"].fr[0] == "Taux de perte"
