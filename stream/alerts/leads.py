"""Which leads have waited too long, and since when each stage has lasted: pure functions of the time."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from stream.kpi.calendar import BusinessCalendar  # noqa: TC001  msgspec reads the annotations
from stream.kpi.rules import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.journeys.events import WaitingLead
    from stream.kpi.rules import Rules
    from stream.settings.model import Settings


class Stage(StrEnum):
    """How late a lead is; a later stage adds to the earlier ones, which last until the lead is called."""

    WARNED = "warned"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


ESCALATED_AFTER: Final = 2  # times the limit
IN_TIME: Final = "in_time"
"""What is said of a lead that has passed no stage."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a lead may wait; times in ms. With `hours` only the floor's opening hours count, else all time."""

    limit: int
    by_campaign: dict[str, int] = {}
    warn_share: float = 0.75
    hours: BusinessCalendar | None = None
    forget_after: int = 7 * DAY

    def of(self, campaign: str | None) -> int:
        """Return the limit of `campaign`, in ms."""
        return self.by_campaign.get(campaign or "", self.limit)

    @property
    def clock(self) -> str:
        """The clock of `lead_limit_clock`."""
        return "wall" if self.hours is None else "business"

    def waited(self, since: int, now: int) -> int:
        """Return how long a lead has waited since `since`, in ms by this clock."""
        return now - since if self.hours is None else self.hours.elapsed(since, now)

    def alarms(self, now: int) -> bool:
        """Return whether anybody is alarmed at `now`: where only opening hours count, not while the floor is closed."""
        return self.hours is None or self.hours.is_open(now)

    def given_up(self, since: int, now: int) -> bool:
        """Return whether a lead has waited for so long that nobody is alarmed any more."""
        return now - since >= self.forget_after

    def left(self, campaign: str | None, since: int, now: int) -> int:
        """Return how much of its limit a lead has left, in ms by this clock; below zero where it is past the limit."""
        return self.of(campaign) - self.waited(since, now)

    def spans(self, campaign: str | None) -> dict[Stage, int]:
        """Return how long a lead of `campaign` waits before each stage, in ms; without warnings there is none."""
        limit = self.of(campaign)
        warned = {Stage.WARNED: round(limit * self.warn_share)} if self.warn_share < 1 else {}
        return {**warned, Stage.OVERDUE: limit, Stage.ESCALATED: limit * ESCALATED_AFTER}

    def stage(self, campaign: str | None, left: int) -> Stage | None:
        """Return the latest stage that a lead has passed which has so much of its limit `left`; None for none."""
        waited = self.of(campaign) - left
        passed = [stage for stage, span in self.spans(campaign).items() if waited > span]
        return passed[-1] if passed else None

    def passed(self, campaign: str | None, since: int, now: int) -> list[Stage]:
        """Return the stages that a lead has passed at `now`, which has waited since `since`."""
        waited = self.waited(since, now)
        return [stage for stage, span in self.spans(campaign).items() if waited > span]

    def deadline(self, since: int, span: int) -> int | None:
        """Return the time `span` ms (of opening hours) after `since`; None if the floor never opens."""
        return since + span if self.hours is None else self.hours.after(since, span)


class LateLead(msgspec.Struct, frozen=True):
    """A lead at a stage: its owner, when it was requested, when the stage began, and its limit; times in ms."""

    stage: Stage
    lead: str
    campaign: str
    team: str | None
    rep: str | None
    requested_at: int
    since: int
    limit: int


def limits_of(settings: Settings, rules: Rules) -> Limits:
    """Return the limits of the settings, in ms."""
    return Limits(
        limit=round(settings.lead_limit_s * 1000),
        by_campaign={name: round(s * 1000) for name, s in settings.lead_limit_s_by_campaign.items()},
        warn_share=settings.lead_warn_share,
        hours=rules.business if settings.lead_limit_clock == "business" else None,
        forget_after=round(settings.lead_alarm_days * DAY),
    )


def late_leads(leads: Iterable[WaitingLead], limits: Limits, now: int) -> Iterator[LateLead]:
    """
    Yield each stage that each of `leads` has passed by `now` (ms); a wait of exactly the limit has not passed it.

    None while nobody is alarmed.
    """
    if not limits.alarms(now):
        return
    least = min([limits.limit, *limits.by_campaign.values()]) * min(limits.warn_share, 1)
    for lead in leads:
        waited = now - lead.since
        if least < waited < limits.forget_after:
            yield from _stages(lead, limits, now)


def _stages(lead: WaitingLead, limits: Limits, now: int) -> Iterator[LateLead]:
    campaign, team, rep = lead.owner
    for stage, span in limits.spans(campaign).items():
        since = limits.deadline(lead.since, span)
        if since is not None and since < now:
            yield LateLead(stage, lead.lead, campaign or "", team, rep, lead.since, since, limits.of(campaign))


def latest(late: Iterable[LateLead], at_most: int) -> tuple[list[LateLead], int]:
    """Return the `at_most` whose stages began last, so that new ones are among them, and how many are left out."""
    ordered = sorted(late, key=lambda one: (-one.since, one.lead, one.stage))
    return ordered[:at_most], max(len(ordered) - at_most, 0)
