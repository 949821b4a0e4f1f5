"""What the API answers, as plain objects: made of the floor at a moment, the catalogue and the settings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from agents.pages.asked import DEFAULT_WINDOW, FILTERS, as_object
from stream.events.money import exponents
from stream.kpi.catalogue import BY_ID, CATALOGUE, THE_SIX
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from agents.peers.floor_view import FloorNow
    from stream.alerts.leads import Limits
    from stream.journeys.events import WaitingLead
    from stream.journeys.over_time import OverTime
    from stream.kpi.formulas import Kpi
    from stream.kpi.reading import Filters, Reading
    from stream.settings.model import Settings

BANDS: Final = (("0-5m", 5 * MINUTE), ("5-15m", 15 * MINUTE), ("15-60m", HOUR), ("60m+", None))
DECIMALS_OF_MOST: Final = 2
_TOLD_ONCE: Final = frozenset({"unit", "target", "met"})


def moment(ms: int, zone: tzinfo) -> str:
    """Write an instant as RFC 3339 in `zone`, to the millisecond."""
    seconds, rest = divmod(ms, 1000)
    return datetime.fromtimestamp(seconds, zone).replace(microsecond=rest * 1000).isoformat(timespec="milliseconds")


def band_of(waited: int) -> str:
    """Tell the age band of a lead that has waited for `waited` ms."""
    return next(name for name, end in BANDS if end is None or waited < end)


def is_overdue(since: int, as_of: int) -> bool:
    """Tell whether a lead that waits since `since` has passed its hour, judged as the KPIs are: at the whole minute."""
    return since + HOUR < as_of // MINUTE * MINUTE


def decimals_of(currency: str) -> int:
    """Tell how many decimals a currency has."""
    return exponents().get(currency, DECIMALS_OF_MOST)


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
    """Tell whether `value` of `kpi` meets its target; None where one of them is missing, or neither way is better."""
    better = BY_ID[kpi].better
    if value is None or target is None or better == "neither":
        return None
    number, aim = Decimal(str(value)), Decimal(str(target))
    return number >= aim if better == "up" else number <= aim


class Answers:
    """Makes the answers of one floor."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self.targets = Targets(settings)
        self._limits = limits
        self.zone = settings.zone
        self._timezone = settings.timezone
        self._formula = settings.service_level_formula

    def _state(self, floor: FloorNow) -> dict[str, Any]:
        return {
            "as_of": moment(floor.snapshot.as_of, self.zone),
            "complete": floor.complete,
            "behind": floor.behind,
            **({"recovering": msgspec.to_builtins(floor.recovering)} if floor.recovering is not None else {}),
        }

    def kpis(self, floor: FloorNow, window: str, filters: Filters) -> dict[str, Any]:
        """
        Give every KPI of `window` under `filters`, with its target and whether that is met.

        While a part of the floor is missing no sum is known, under no filter: what would be one is None, never a part.
        """
        reading = floor.snapshot.reading(window, filters, self.zone, decimals_of, self._formula)
        kpis = {kpi.id: self._shown(floor, kpi, reading, filters.campaign) for kpi in CATALOGUE}
        return {"window": window, **self._state(floor), "filters": as_object(filters), "kpis": kpis}

    def _shown(self, floor: FloorNow, kpi: Kpi, reading: Reading, campaign: str | None) -> dict[str, Any]:
        answer = reading.of(kpi)
        if floor.recovering is not None:
            answer = {**dict.fromkeys(answer), "unit": kpi.unit}
        answer["target"] = self.targets.of(kpi.id, campaign)
        answer["met"] = is_met(kpi.id, answer["value"], answer["target"])
        return answer

    def history(self, floor: FloorNow, asked: OverTime) -> dict[str, Any]:
        """Give KPIs step by step; while a part of the floor is missing there are steps, and no numbers."""
        as_of = floor.snapshot.as_of
        steps = floor.snapshot.readings_over_time(asked, self.zone, decimals_of, self._formula)
        kpis: dict[str, Any] = {}
        for name in asked.kpis:
            points = []
            for span, reading in steps:
                answer = self._shown(floor, BY_ID[name], reading, asked.filters.campaign)
                told = {field: one for field, one in answer.items() if field not in _TOLD_ONCE}
                begins, ends = moment(span.start, self.zone), moment(min(span.end, as_of), self.zone)
                points.append({"from": begins, "to": ends, **told})
            kpis[name] = {
                "unit": BY_ID[name].unit,
                "target": self.targets.of(name, asked.filters.campaign),
                "points": points,
            }
        return {
            "window": asked.window,
            "step": asked.step,
            **self._state(floor),
            "filters": as_object(asked.filters),
            "kpis": kpis,
        }

    def breakdown(
        self, floor: FloorNow, by: str, window: str, filters: Filters, *, kpis: Sequence[str], limit: int
    ) -> dict[str, Any]:
        """
        Give KPIs of `window` for each campaign, team or rep (`by`), in the order of their names; `limit` at the most.

        What has none is left out: it is in no part, but in the whole. While a part of the floor is missing, so are
        all numbers, and nobody can tell whether all names are there.
        """
        place = FILTERS.index(by)
        readings = floor.snapshot.readings_by(
            place, window, filters, self.zone, exponent_of=decimals_of, formula=self._formula
        )
        names = sorted(name for name in readings if name is not None)
        rows = []
        for name in names[:limit]:
            campaign = name if by == "campaign" else filters.campaign
            shown = {kpi: self._shown(floor, BY_ID[kpi], readings[name], campaign) for kpi in kpis}
            rows.append({by: name, "kpis": shown})
        return {
            "by": by,
            "window": window,
            **self._state(floor),
            "filters": as_object(filters),
            "left_out": len(names) - len(rows),
            "rows": rows,
        }

    def waiting(self, floor: FloorNow, filters: Filters, limit: int) -> dict[str, Any]:
        """
        Give the leads that wait, the oldest first, `limit` at most; `waiting` counts all of them, by band.

        While a part of the floor is missing the leads of the rest are given, for each of them waits; the counts are
        None.
        """
        as_of = floor.snapshot.as_of
        leads = [lead for lead in floor.snapshot.leads if filters.match(lead.owner)]
        counts: dict[str, int | None] = dict.fromkeys(name for name, _ in BANDS)
        if floor.recovering is None:
            found = Counter(band_of(as_of - lead.since) for lead in leads)
            counts = {name: found[name] for name in counts}
        return {
            **self._state(floor),
            "filters": as_object(filters),
            "waiting": counts,
            "leads": [self._lead(lead, as_of) for lead in leads[:limit]],
        }

    def _lead(self, lead: WaitingLead, as_of: int) -> dict[str, Any]:
        campaign, team, rep = lead.owner
        waited = as_of - lead.since
        limit = self._limits.of(campaign)
        ends = (self._limits.deadline(lead.since, span) for span in (round(limit * self._limits.warn_share), limit))
        warn_at, limit_at = (moment(end, self.zone) if end is not None else None for end in ends)
        return {
            "lead": lead.lead,
            "campaign": campaign,
            "team": team,
            "rep": rep,
            "requested_at": moment(lead.since, self.zone),
            "waited_s": waited / 1000,
            "band": band_of(waited),
            "overdue": is_overdue(lead.since, as_of),
            "limit_s": limit / 1000,
            "warn_at": warn_at,
            "limit_at": limit_at,
        }

    def catalogue(self, floor: FloorNow) -> dict[str, Any]:
        """Give what the KPIs are called and mean, and which campaigns, teams and reps the last 30 days have seen."""
        owners = [owner for owner, _ in floor.snapshot.sums["30d"]] + [lead.owner for lead in floor.snapshot.leads]
        seen = {
            name: sorted({value for owner in owners if (value := owner[place]) is not None})
            for place, name in enumerate(("campaign", "team", "rep"))
        }
        return {
            "windows": WINDOWS,
            "default_window": DEFAULT_WINDOW,
            "the_six": THE_SIX,
            "timezone": self._timezone,
            "lead_limits": {
                "warn_s": self._limits.limit * self._limits.warn_share / 1000,
                "limit_s": self._limits.limit / 1000,
            },
            "seen": seen,
            "kpis": [
                {
                    "id": kpi.id,
                    "group": kpi.group,
                    "unit": kpi.unit,
                    "better": kpi.better,
                    "benchmark": kpi.benchmark,
                    "target": self.targets.of(kpi.id, None),
                    "name": kpi.name,
                    "meaning": kpi.meaning,
                }
                for kpi in CATALOGUE
            ],
        }
