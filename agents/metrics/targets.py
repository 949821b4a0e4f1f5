"""The targets of the KPIs, and how far a value is from one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from stream.kpi.catalogue import BY_ID
from stream.kpi.counted import DAY, target_for
from stream.kpi.response_kpis import BUSINESS_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.kpi.reading import Filters
    from stream.settings.model import Settings


class Targets:
    """
    The targets of the settings: a campaign's own first, then the floor's.

    That of a response by the clock on the wall holds for the one by opening hours too, unless that has its own: which
    of them is judged is a setting of its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.floor = _by_both_clocks(settings.targets)
        self.by_campaign = {name: _by_both_clocks(own) for name, own in settings.targets_by_campaign.items()}

    def of(self, kpi: str, campaign: str | None) -> float | None:
        """Return the target of `kpi`, for one campaign or for the floor; None without one."""
        own = self.by_campaign.get(campaign, {}) if campaign is not None else {}
        return own.get(kpi, self.floor.get(kpi))

    def under(self, kpi: str, filters: Filters) -> float | None:
        """
        Return the target of `kpi` for what `filters` leave.

        How many there should be on the whole floor, or of a campaign, is no part's target.
        """
        if target_for(BY_ID[kpi]) != DAY:
            return self.of(kpi, filters.campaign)
        if filters.team is not None or filters.rep is not None:
            return None
        named = self.floor if filters.campaign is None else self.by_campaign.get(filters.campaign, {})
        return named.get(kpi)


def _by_both_clocks(targets: Mapping[str, float]) -> dict[str, float]:
    by_business = {kpi + BUSINESS_SUFFIX: aim for kpi, aim in targets.items() if kpi + BUSINESS_SUFFIX in BY_ID}
    return {**by_business, **targets}


GOOD: Final = "good"
"""The verdict of what meets its target."""
CLOSE: Final = Decimal("0.1")
"""The share of a target within which a value on its wrong side is close to it."""


TODAY: Final = "today"


def is_met(kpi: str, value: Any, target: float | None, window: str = TODAY) -> bool | None:
    """
    Return whether `value` of `kpi` in `window` meets its target; None if either is missing, or if neither is better.

    A cohort may still change, and is not judged. A target for a day is of today alone, and as long as the day lasts
    only what no later event can change is judged: that there are enough, or already too many.
    """
    better = BY_ID[kpi].better
    if value is None or target is None or better == "neither" or BY_ID[kpi].is_cohort:
        return None
    number, aim = Decimal(str(value)), Decimal(str(target))
    met = number >= aim if better == "up" else number <= aim
    if target_for(BY_ID[kpi]) == DAY and (window != TODAY or met != (better == "up")):
        return None
    return met


def verdict_of(kpi: str, value: Any, target: float | None, window: str = TODAY) -> str | None:
    """Return `good`, `close` or `bad`; None where there is nothing to judge."""
    met = is_met(kpi, value, target, window)
    if met is None or target is None:
        return None
    if met:
        return GOOD
    aim = Decimal(str(target))
    return "close" if abs(Decimal(str(value)) - aim) <= abs(aim) * CLOSE else "bad"
