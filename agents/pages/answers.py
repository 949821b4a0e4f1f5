"""Makes the answers of the API, as plain objects, from the floor at one moment, the catalogue and the settings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from agents.metrics.bands import BANDS, band_of
from agents.metrics.targets import GOOD, Targets, verdict_of
from agents.pages.heatmap import heatmap
from agents.pages.parameters import DEFAULT_WINDOW, FILTERS, as_object
from stream.alerts.leads import IN_TIME, Stage
from stream.events.money import decimals_of
from stream.kpi.catalogue import BY_ID, CATALOGUE, the_six
from stream.kpi.counted import counted, target_for
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

_ONCE_PER_KPI: Final = frozenset({"unit", "target", "met", "verdict", "decided_by"})


def moment(ms: int, zone: tzinfo) -> str:
    """Return an instant as RFC 3339 in `zone`, to the millisecond."""
    seconds, rest = divmod(ms, 1000)
    return datetime.fromtimestamp(seconds, zone).replace(microsecond=rest * 1000).isoformat(timespec="milliseconds")


class Answers:
    """Makes the answers of one floor."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self.targets = Targets(settings)
        self._limits = limits
        self.zone = settings.zone
        self._timezone = settings.timezone
        self._formula = settings.service_level_formula
        self.the_six = the_six(settings.lead_limit_clock)
        self._within_s = settings.service_level_s

    def state(self, floor: FloorNow) -> dict[str, Any]:
        """Return of which moment an answer is, and whether it is whole."""
        return {
            "as_of": moment(floor.snapshot.as_of, self.zone),
            "complete": floor.complete,
            "behind": floor.behind,
            "empty": floor.snapshot.empty and floor.complete,
            **({"recovering": msgspec.to_builtins(floor.recovering)} if floor.recovering is not None else {}),
        }

    def kpis(self, floor: FloorNow, window: str, filters: Filters) -> dict[str, Any]:
        """
        Return every KPI of `window` under `filters`, with its target and whether that is met.

        While a part of the floor is missing no sum is known, under any filter: then the values are None, not partial
        sums.
        """
        reading = floor.snapshot.reading(window, filters, self.zone, decimals_of, self._formula)
        kpis = {kpi.id: self.shown(floor, kpi, reading, filters, window) for kpi in CATALOGUE}
        return {
            "window": window,
            **self.state(floor),
            "simulated": floor.snapshot.is_simulated(window, filters, self.zone),
            "filters": as_object(filters),
            "kpis": kpis,
        }

    def shown(self, floor: FloorNow, kpi: Kpi, reading: Reading, filters: Filters, window: str) -> dict[str, Any]:
        """Return one KPI of `window` under `filters` with its target, and how it stands to it."""
        answer = reading.of(kpi)
        if floor.recovering is not None:
            answer = {**dict.fromkeys(answer), "unit": kpi.unit}
        answer["target"] = self.targets.under(kpi.id, filters)
        verdict = verdict_of(kpi.id, answer["value"], answer["target"], window)
        answer["met"] = None if verdict is None else verdict == GOOD
        answer["verdict"] = verdict
        answer["decided_by"] = kpi.moment.id
        return answer

    def history(self, floor: FloorNow, query: OverTime) -> dict[str, Any]:
        """Return KPIs step by step; while a part of the floor is missing, the steps have no numbers."""
        as_of = floor.snapshot.as_of
        steps = floor.snapshot.readings_over_time(query, self.zone, decimals_of, self._formula)
        kpis: dict[str, Any] = {}
        for name in query.kpis:
            points = []
            for span, reading in steps:
                answer = self.shown(floor, BY_ID[name], reading, query.filters, query.window)
                point = {field: one for field, one in answer.items() if field not in _ONCE_PER_KPI}
                begins, ends = moment(span.start, self.zone), moment(min(span.end, as_of), self.zone)
                points.append({"from": begins, "to": ends, **point})
            kpis[name] = {
                "unit": BY_ID[name].unit,
                "target": self.targets.under(name, query.filters),
                "points": points,
            }
        return {
            "window": query.window,
            "step": query.step,
            **self.state(floor),
            "simulated": floor.snapshot.steps_are_simulated(query, self.zone),
            "filters": as_object(query.filters),
            "kpis": kpis,
        }

    def heatmap(self, floor: FloorNow, query: OverTime) -> dict[str, Any]:
        """Return a KPI by hour of the week."""
        return {**self.state(floor), **heatmap(floor, query, self.zone, self._formula)}

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
            of_row = msgspec.structs.replace(filters, **{by: name})
            shown = {kpi: self.shown(floor, BY_ID[kpi], readings[name], of_row, window) for kpi in kpis}
            rows.append({by: name, "kpis": shown})
        return {
            "by": by,
            "window": window,
            **self.state(floor),
            "simulated": floor.snapshot.is_simulated(window, filters, self.zone),
            "filters": as_object(filters),
            "left_out": len(names) - len(rows),
            "rows": rows,
        }

    def waiting(self, floor: FloorNow, filters: Filters, limit: int, offset: int = 0) -> dict[str, Any]:
        """
        Return the leads that wait, at most `limit`, without the first `offset` of them, and how many there are.

        First come those whose limit has not run out, whichever is nearest to it; then those past it, whichever passed
        it last: so nothing that can still be saved stands behind what cannot. Leads that have waited for
        `lead_alarm_days` stand apart, the latest first. All of it goes by the clock of the settings. While a part of
        the floor is missing, the leads of the rest are listed, as each of them does wait; the counts are None.
        """
        as_of, limits, whole = floor.snapshot.as_of, self._limits, floor.recovering is None
        every = [lead for lead in floor.snapshot.leads if filters.match(lead.owner)]
        given_up = [lead for lead in every if limits.given_up(lead.since, as_of)][::-1]
        leads = [(self._left(lead, as_of), lead) for lead in every[len(given_up) :]]
        leads.sort(key=lambda one: (one[0] < 0, abs(one[0])))
        stages = [limits.stage(lead.owner[0], left) for left, lead in leads]
        bands = Counter(band_of(limits.of(lead.owner[0]) - left) for left, lead in leads)
        found = Counter(stages)
        freshest = next((one for one in leads if one[0] < 0), None)
        oldest = min(leads, key=lambda one: one[1].since, default=None)
        return {
            **self.state(floor),
            "filters": as_object(filters),
            "clock": limits.clock,
            "alarms": limits.alarms(as_of),
            "waiting": {name: bands[name] if whole else None for name, _ in BANDS},
            "stages": {_name(stage): found[stage] if whole else None for stage in (None, *Stage)},
            "freshest_late": None if freshest is None else self._lead(*freshest, as_of),
            "oldest": None if oldest is None else self._lead(*oldest, as_of),
            "offset": offset,
            "leads": [self._lead(*one, as_of) for one in leads[offset : offset + limit]],
            "left_out": max(len(leads) - offset - limit, 0) if whole else None,
            "given_up": len(given_up) if whole else None,
            "leads_given_up": [self._lead(self._left(lead, as_of), lead, as_of) for lead in given_up[:limit]],
        }

    def _left(self, lead: WaitingLead, as_of: int) -> int:
        return self._limits.left(lead.owner[0], lead.since, as_of)

    def _lead(self, left: int, lead: WaitingLead, as_of: int) -> dict[str, Any]:
        campaign, team, rep = lead.owner
        limit = self._limits.of(campaign)
        spans = (round(limit * self._limits.warn_share), limit)
        warn, end = (self._limits.deadline(lead.since, span) for span in spans)
        warn_at, limit_at = (moment(one, self.zone) if one is not None else None for one in (warn, end))
        return {
            "lead": lead.lead,
            "campaign": campaign,
            "team": team,
            "rep": rep,
            "requested_at": moment(lead.since, self.zone),
            "waited_s": (as_of - lead.since) / 1000,
            "band": band_of(limit - left),
            "stage": _name(self._limits.stage(campaign, left)),
            "overdue": left < 0,
            "limit_s": limit / 1000,
            "warn_at": warn_at,
            "limit_at": limit_at,
        }

    def _counts(self, kpi: Kpi) -> dict[str, Any]:
        return counted(kpi, service_formula=self._formula, answer_within_s=self._within_s)._asdict()

    def catalogue(self, floor: FloorNow, filters: Filters) -> dict[str, Any]:
        """Return the names and meanings of the KPIs, and the campaigns, teams and reps under `filters` in 30 days."""
        owners = [owner for owner, _ in floor.snapshot.sums["30d"] if filters.match(owner)]
        owners += [lead.owner for lead in floor.snapshot.leads if filters.match(lead.owner)]
        seen = {
            name: sorted({value for owner in owners if (value := owner[place]) is not None})
            for place, name in enumerate(("campaign", "team", "rep"))
        }
        return {
            "windows": WINDOWS,
            "default_window": DEFAULT_WINDOW,
            "the_six": self.the_six,
            "timezone": self._timezone,
            "lead_limits": {
                "warn_s": self._limits.limit * self._limits.warn_share / 1000,
                "limit_s": self._limits.limit / 1000,
                "clock": self._limits.clock,
            },
            "seen": seen,
            "kpis": [
                {
                    "id": kpi.id,
                    "group": kpi.group,
                    "unit": kpi.unit,
                    "better": kpi.better,
                    "benchmark": kpi.benchmark,
                    "decided_by": kpi.moment.id,
                    "counted": {"en": kpi.moment.en, "fr": kpi.moment.fr},
                    "cohort": kpi.is_cohort,
                    "counts": self._counts(kpi),
                    "target_for": target_for(kpi),
                    "target": self.targets.of(kpi.id, None),
                    "name": kpi.name,
                    "meaning": kpi.meaning,
                }
                for kpi in CATALOGUE
            ],
        }


def _name(stage: Stage | None) -> str:
    return IN_TIME if stage is None else stage.value
