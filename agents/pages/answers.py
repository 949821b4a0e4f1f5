"""Makes the answers of the API, as plain objects, from the floor at one moment, the catalogue and the settings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from agents.metrics.bands import BANDS, band_of
from agents.metrics.targets import Targets, is_met
from agents.pages.parameters import DEFAULT_WINDOW, FILTERS, as_object
from stream.events.money import decimals_of
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

_ONCE_PER_KPI: Final = frozenset({"unit", "target", "met"})


def moment(ms: int, zone: tzinfo) -> str:
    """Return an instant as RFC 3339 in `zone`, to the millisecond."""
    seconds, rest = divmod(ms, 1000)
    return datetime.fromtimestamp(seconds, zone).replace(microsecond=rest * 1000).isoformat(timespec="milliseconds")


def is_overdue(since: int, as_of: int) -> bool:
    """Return whether a lead has waited for more than an hour, judged at the whole minute, as the KPIs are."""
    return since + HOUR < as_of // MINUTE * MINUTE


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
        Return every KPI of `window` under `filters`, with its target and whether that is met.

        While a part of the floor is missing no sum is known, under any filter: then the values are None, not partial
        sums.
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

    def history(self, floor: FloorNow, query: OverTime) -> dict[str, Any]:
        """Return KPIs step by step; while a part of the floor is missing, the steps have no numbers."""
        as_of = floor.snapshot.as_of
        steps = floor.snapshot.readings_over_time(query, self.zone, decimals_of, self._formula)
        kpis: dict[str, Any] = {}
        for name in query.kpis:
            points = []
            for span, reading in steps:
                answer = self._shown(floor, BY_ID[name], reading, query.filters.campaign)
                point = {field: one for field, one in answer.items() if field not in _ONCE_PER_KPI}
                begins, ends = moment(span.start, self.zone), moment(min(span.end, as_of), self.zone)
                points.append({"from": begins, "to": ends, **point})
            kpis[name] = {
                "unit": BY_ID[name].unit,
                "target": self.targets.of(name, query.filters.campaign),
                "points": points,
            }
        return {
            "window": query.window,
            "step": query.step,
            **self._state(floor),
            "filters": as_object(query.filters),
            "kpis": kpis,
        }

    def breakdown(
        self, floor: FloorNow, by: str, window: str, filters: Filters, *, kpis: Sequence[str], limit: int
    ) -> dict[str, Any]:
        """
        Return KPIs of `window` for each campaign, team or rep (`by`), in the order of their names; at most `limit`.

        What has no campaign, team or rep counts in the whole, but in no row. While a part of the floor is missing, all
        numbers are None, and names may be missing.
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
        Return the leads that wait, the oldest first, at most `limit`; `waiting` counts all of them, by band.

        While a part of the floor is missing, the leads of the rest are listed, as each of them does wait; the counts
        are None.
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
        """Return the names and meanings of the KPIs, and the campaigns, teams and reps of the last 30 days."""
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
