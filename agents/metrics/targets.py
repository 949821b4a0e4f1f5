"""The targets of the KPIs, and whether a value meets one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stream.kpi.catalogue import BY_ID

if TYPE_CHECKING:
    from stream.settings.model import Settings


class Targets:
    """The targets of the settings: a campaign's own first, then the floor's."""

    def __init__(self, settings: Settings) -> None:
        self.floor = settings.targets
        self.by_campaign = settings.targets_by_campaign

    def of(self, kpi: str, campaign: str | None) -> float | None:
        """Return the target of `kpi`, for one campaign or for the floor; None without one."""
        own = self.by_campaign.get(campaign, {}) if campaign is not None else {}
        return own.get(kpi, self.floor.get(kpi))


def is_met(kpi: str, value: Any, target: float | None) -> bool | None:
    """Return whether `value` of `kpi` meets its target; None if either is missing, or if neither way is better."""
    better = BY_ID[kpi].better
    if value is None or target is None or better == "neither":
        return None
    number, aim = Decimal(str(value)), Decimal(str(target))
    return number >= aim if better == "up" else number <= aim
