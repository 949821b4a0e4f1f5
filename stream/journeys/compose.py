"""The one place where settings become the states of a floor's partitions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import holidays

from stream.journeys.base import JOURNEYS, SLICES
from stream.journeys.events import EventsState
from stream.journeys.floor import Floor
from stream.journeys.floor_state import FloorState
from stream.journeys.partition_state import Group
from stream.journeys.spend import SPEND, SpendState
from stream.kafka.topics import topics
from stream.kpi.calendar import BusinessCalendar
from stream.kpi.rules import DAY, Pacing, Rules
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from stream.clock import Clock
    from stream.settings.model import Settings

EVENTS_GROUP = "events"
FLOOR_GROUP = "floor"
SPEND_GROUP = "spend"


def _closed_days(country: str | None) -> Callable[[date], bool]:
    """Return public holidays of a country or subdivision ("FR", "DE-BY"); none without one."""
    if country is None:
        return lambda _day: False
    code, _, subdivision = country.partition("-")
    return holidays.country_holidays(code, subdiv=subdivision or None).__contains__


_FRENCH_HOURS: Final = dict.fromkeys(range(5), ((10 * 60, 13 * 60), (14 * 60, 20 * 60)))


def pacing_of(settings: Settings) -> Pacing | None:
    """Convert the profile of legal pacing into plain numbers."""
    if settings.legal_pacing is None:
        return None
    hours = BusinessCalendar(settings.zone, _FRENCH_HOURS, _closed_days("FR"))
    return Pacing(most=4, span=30 * DAY, rest=60 * DAY, hours=hours)


def rules_of(settings: Settings) -> Rules:
    """Convert the settings that change a KPI's meaning into plain numbers."""
    return Rules(
        min_talk=round(settings.min_talk_s * 1000),
        min_talk_by_campaign={name: round(s * 1000) for name, s in settings.min_talk_s_by_campaign.items()},
        follow_up=round(settings.follow_up_within_h * 3_600_000),
        early=round(settings.early_follow_up_h * 3_600_000),
        cold=settings.lead_cold_days * DAY,
        risk=settings.risk_days * DAY,
        dispositions=settings.known_dispositions,
        answer_within=round(settings.service_level_s * 1000),
        business=BusinessCalendar(
            settings.zone, dict(enumerate(settings.opening_minutes)), _closed_days(settings.holidays_country)
        ),
        pacing=pacing_of(settings),
    )


def floor_of(settings: Settings) -> Floor:
    """Return what the states of a floor's partitions have in common."""
    return Floor(
        rules=rules_of(settings),
        zone=settings.zone,
        topics=topics(settings),
        partitions=settings.partitions,
        journey_days=settings.journey_days,
        journey_events=settings.journey_events,
        ahead_ms=settings.ahead_ms,
    )


def groups_of(settings: Settings, floor: Floor, clock: Clock) -> tuple[Group, Group, Group]:
    """Return which topics are read together, and what makes the state of their partitions: events, floor, spend."""
    identity = identity_of(settings)
    names = floor.topics
    return (
        Group(
            EVENTS_GROUP,
            (names.events.name, names.links.name, names.events_history.name),
            (JOURNEYS, SLICES),
            settings.partitions,
            partial(EventsState, floor, identity, clock),
            (names.events_history.name,),
        ),
        Group(
            FLOOR_GROUP,
            (names.floor.name, names.floor_history.name),
            FloorState.tables,
            1,
            lambda _partition: FloorState(floor, identity, clock),
            (names.floor_history.name,),
        ),
        Group(SPEND_GROUP, (names.spend.name,), (SPEND,), 1, lambda _partition: SpendState(floor, identity, clock)),
    )
