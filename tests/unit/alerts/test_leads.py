"""Which leads are late, and since when."""

from __future__ import annotations

from datetime import UTC, datetime

from stream.alerts.leads import LateLead, Limits, Stage, late_leads, latest, limits_of
from stream.journeys.compose import rules_of
from stream.journeys.events import WaitingLead
from stream.kpi.calendar import BusinessCalendar
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.settings.model import Settings

NOON = round(datetime(2026, 3, 18, 12, tzinfo=UTC).timestamp() * 1000)  # a Wednesday
LIMITS = Limits(limit=HOUR, by_campaign={"Spring": 10 * MINUTE}, warn_share=0.5)


def lead(waited: int, campaign: str = "Autumn", name: str = "L1") -> WaitingLead:
    return WaitingLead(name, NOON - waited, (campaign, "north", "ada"))


def stages(waited: int, limits: Limits = LIMITS, campaign: str = "Autumn") -> list[tuple[Stage, int]]:
    return [(one.stage, NOON - one.since) for one in late_leads([lead(waited, campaign)], limits, NOON)]


def test_a_lead_comes_to_one_stage_after_the_other_and_the_limit_itself_has_not_passed() -> None:
    assert stages(30 * MINUTE) == []
    assert stages(30 * MINUTE + 1) == [(Stage.WARNED, 1)]
    assert stages(HOUR) == [(Stage.WARNED, 30 * MINUTE)]
    assert stages(HOUR + 1) == [(Stage.WARNED, 30 * MINUTE + 1), (Stage.OVERDUE, 1)]
    assert stages(2 * HOUR + 1)[2:] == [(Stage.ESCALATED, 1)]


def test_a_campaign_has_a_limit_of_its_own() -> None:
    assert [stage for stage, _ in stages(11 * MINUTE, campaign="Spring")] == [Stage.WARNED, Stage.OVERDUE]
    assert stages(11 * MINUTE, campaign="Autumn") == []


def test_there_may_be_no_warning() -> None:
    silent = Limits(limit=HOUR, warn_share=1)
    assert stages(HOUR + 1, silent) == [(Stage.OVERDUE, 1)]


def test_in_business_hours_the_night_does_not_count() -> None:
    hours = BusinessCalendar(UTC, {day: [(9 * 60, 18 * 60)] for day in range(5)})
    limits = Limits(limit=HOUR, warn_share=1, hours=hours)
    requested_at_eight_last_evening = 16 * HOUR  # 3 h of it in the opening of today
    assert stages(requested_at_eight_last_evening, limits) == [(Stage.OVERDUE, 2 * HOUR), (Stage.ESCALATED, HOUR)]
    assert stages(3 * HOUR + 30 * MINUTE, limits) == [(Stage.OVERDUE, 2 * HOUR), (Stage.ESCALATED, HOUR)]
    never = Limits(limit=HOUR, hours=BusinessCalendar(UTC, {}))
    assert stages(20 * HOUR, never) == []


def test_a_lead_of_long_ago_raises_no_alert() -> None:
    assert len(stages(7 * DAY - 1)) == 3
    assert stages(7 * DAY) == []


def test_of_too_many_late_leads_the_latest_are_kept() -> None:
    leads = [lead(HOUR + waited, name=f"L{waited}") for waited in (1, 2, 3)]
    late = late_leads(leads, Limits(limit=HOUR, warn_share=1), NOON)
    kept, left_out = latest(late, 2)
    assert ([one.lead for one in kept], left_out) == (["L1", "L2"], 1)
    assert latest([], 2) == ([], 0)


def test_every_limit_comes_from_the_settings() -> None:
    settings = Settings(
        lead_limit_s=90, lead_limit_s_by_campaign={"Spring": 0.5}, lead_warn_share=0.8, lead_alarm_days=2
    )
    limits = limits_of(settings, rules_of(settings))
    assert (limits.limit, limits.of("Spring"), limits.of(None), limits.warn_share) == (90_000, 500, 90_000, 0.8)
    assert (limits.hours is None, limits.forget_after) == (False, 2 * DAY)
    assert limits_of(Settings(lead_limit_clock="wall"), rules_of(Settings())).hours is None


def test_a_late_lead_names_its_owner() -> None:
    (one,) = late_leads([lead(2 * HOUR)], Limits(limit=HOUR + MINUTE, warn_share=1), NOON)
    assert one == LateLead(
        Stage.OVERDUE, "L1", "Autumn", "north", "ada", NOON - 2 * HOUR, NOON - 59 * MINUTE, HOUR + MINUTE
    )
