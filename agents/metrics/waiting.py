"""The metrics of leads that wait too long, of the alerts for them, and of the floor's opening hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from agents.lead_alerts import ENDED
from agents.metrics import metric_defs as d
from agents.metrics import pipeline_defs as p
from stream.alerts.leads import Stage
from stream.kpi.rules import HOUR, MINUTE

if TYPE_CHECKING:
    from agents.lead_alerts import LeadAlertStats
    from agents.metrics.exposition import Out
    from agents.metrics.labels import Labels
    from stream.journeys.reader import Snapshot
    from stream.kpi.calendar import BusinessCalendar

LIMITS: Final = (("5m", 5 * MINUTE), ("30m", 30 * MINUTE), ("1h", HOUR))
CLOCKS: Final = ("wall", "business")


class Opening(NamedTuple):
    """Settings that are metrics as they are: the opening hours, and the formula of the service level."""

    hours: BusinessCalendar
    service_level_formula: int


def write_waiting(now: Snapshot, opening: Opening, labels: Labels, out: Out) -> None:
    """Add for each campaign how many leads are past each limit, and how long the oldest has waited in open hours."""
    campaigns = {labels.of("campaign", owner[0]) for owner, _ in now.sums["30d"] if owner[0]}
    campaigns |= {labels.of("campaign", lead.owner[0]) for lead in now.leads}
    past = {(limit, clock, name): 0 for name in sorted(campaigns) for clock in CLOCKS for limit, _ in LIMITS}
    oldest = dict.fromkeys(sorted(campaigns), 0)
    for lead in now.leads:
        campaign = labels.of("campaign", lead.owner[0])
        in_open_hours = opening.hours.elapsed(lead.since, now.as_of)
        oldest[campaign] = max(oldest[campaign], in_open_hours)
        for clock, waited in zip(CLOCKS, (now.as_of - lead.since, in_open_hours), strict=True):
            for limit, ms in LIMITS:
                past[limit, clock, campaign] += waited > ms
    for where, count in past.items():
        out.add(d.LEADS_PAST, where, count)
    for campaign, waited in oldest.items():
        out.add(d.OLDEST_LEAD_OPEN, (campaign,), waited / 1000)


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
