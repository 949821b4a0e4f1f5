"""The metrics of leads that wait too long, of the alerts for them, and of the floor's opening hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from agents.lead_alerts import ENDED
from agents.metrics import metric_defs as d
from agents.metrics import pipeline_defs as p
from stream.alerts.leads import Stage
from stream.journeys.due import BANDS
from stream.kpi.rules import HOUR, MINUTE

if TYPE_CHECKING:
    from agents.lead_alerts import LeadAlertStats
    from agents.metrics.exposition import Out
    from agents.metrics.labels import Labels
    from stream.alerts.leads import Limits
    from stream.journeys.reader import Snapshot
    from stream.kpi.calendar import BusinessCalendar

LIMITS: Final = (("5m", 5 * MINUTE), ("30m", 30 * MINUTE), ("1h", HOUR))
CLOCKS: Final = ("wall", "business")


class Opening(NamedTuple):
    """Settings of what is live: the opening hours, the formula of the service level, and how long leads may wait."""

    hours: BusinessCalendar
    service_level_formula: int
    limits: Limits


def write_waiting(now: Snapshot, opening: Opening, labels: Labels, out: Out) -> None:
    """
    Add for each campaign how many leads are past each limit, and how long the oldest has waited in open hours.

    Past their own limits they are by the clock of the settings, and only while anybody is alarmed.

    Those that have waited for longer than anybody is alarmed are counted apart.
    """
    campaigns = {labels.of("campaign", owner[0]) for owner, _ in now.sums["30d"] if owner[0]}
    campaigns |= {labels.of("campaign", lead.owner[0]) for lead in now.leads}
    past = {(limit, clock, name): 0 for name in sorted(campaigns) for clock in CLOCKS for limit, _ in LIMITS}
    oldest = dict.fromkeys(sorted(campaigns), 0)
    given_up = dict.fromkeys(sorted(campaigns), 0)
    stages = {(stage.value, name): 0 for name in sorted(campaigns) for stage in Stage}
    limits, alarms = opening.limits, opening.limits.alarms(now.as_of)
    for lead in now.leads:
        campaign = labels.of("campaign", lead.owner[0])
        if limits.given_up(lead.since, now.as_of):
            given_up[campaign] += 1
            continue
        for stage in limits.passed(lead.owner[0], lead.since, now.as_of) if alarms else ():
            stages[stage.value, campaign] += 1
        in_open_hours = opening.hours.elapsed(lead.since, now.as_of)
        oldest[campaign] = max(oldest[campaign], in_open_hours)
        for clock, waited in zip(CLOCKS, (now.as_of - lead.since, in_open_hours), strict=True):
            for limit, ms in LIMITS:
                past[limit, clock, campaign] += waited > ms
    for where, count in past.items():
        out.add(d.LEADS_PAST, where, count)
    for at_stage, count in stages.items():
        out.add(d.LEADS_PAST_LIMIT, at_stage, count)
    for clock in CLOCKS:
        out.add(d.LEAD_LIMIT_CLOCK, (clock,), clock == limits.clock)
    for campaign, waited in oldest.items():
        out.add(d.OLDEST_LEAD_OPEN, (campaign,), waited / 1000)
    for campaign, count in given_up.items():
        out.add(d.LEADS_GIVEN_UP, (campaign,), count)


def write_due(now: Snapshot, labels: Labels, out: Out) -> None:
    """Add how many follow-ups are to be made, by when; by rep only for those who have any."""
    owners = {(owner[0], owner[1]) for owner, _ in (*now.sums["30d"], *now.due)}
    found = {
        (band, labels.of("campaign", campaign), labels.of("team", team)): 0
        for campaign, team in sorted(owners, key=repr)
        for band in BANDS
    }
    for (campaign, team, _), bands in now.due:
        for band, count in bands.items():
            found[band, labels.of("campaign", campaign), labels.of("team", team)] += count
    for where, count in found.items():
        out.add(d.FOLLOW_UPS_DUE, where, count)
    by_rep: dict[tuple[str, str, str], int] = {}
    for (_, team, rep), bands in now.due:
        if rep is not None:
            named = labels.of("team", team), labels.of("rep", rep)
            for band in BANDS:
                by_rep[band, *named] = by_rep.get((band, *named), 0) + bands.get(band, 0)
    for of_rep, count in by_rep.items():
        out.add(d.REP_FOLLOW_UPS_DUE, of_rep, count)


def write_at_risk(now: Snapshot, labels: Labels, out: Out) -> None:
    """Add how many customers are at risk."""
    campaigns = {owner[0] for owner, _ in now.sums["30d"] if owner[0]} | {one.owner[0] for one in now.at_risk}
    found = {labels.of("campaign", campaign): 0 for campaign in sorted(campaigns, key=repr)}
    for one in now.at_risk:
        found[labels.of("campaign", one.owner[0])] += 1
    for campaign, count in found.items():
        out.add(d.CUSTOMERS_AT_RISK, (campaign,), count)


def write_lead_alerts(stats: LeadAlertStats, out: Out) -> None:
    """Add how many alerts for leads were posted to Alertmanager."""
    for stage in Stage:
        out.add(p.LEADS_LATE, (stage,), stats.late[stage])
    for kind in (*Stage, ENDED):
        out.add(p.LEAD_ALERTS, (kind,), stats.posted[kind], "_total")
    out.add(p.LEADS_LEFT_OUT, (), stats.left_out)
    out.add(p.LEAD_ALERTS_FAILED, (), stats.failed, "_total")
    out.add(p.LEAD_ALERTS_LAST, (), stats.last_success_ms / 1000)


def write_opening(as_of: int, opening: Opening, out: Out) -> None:
    """Add the time of all the numbers, whether the floor is open then, and the formula of the service level."""
    out.add(p.CLOCK, (), as_of / 1000)
    out.add(p.FLOOR_OPEN, (), opening.hours.is_open(as_of))
    out.add(p.SERVICE_LEVEL_FORMULA, (), opening.service_level_formula)
