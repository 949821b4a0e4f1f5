"""Makes the heat map of a KPI: what it was in each hour of the week, over 30 days of the floor's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agents.pages.parameters import BadRequestError, as_object
from stream.events.describe import kind_of
from stream.events.money import decimals_of
from stream.journeys.over_time import OverTime
from stream.kpi.catalogue import BY_ID, CATALOGUE
from stream.kpi.formulas import Cost, Count, Uplift
from stream.kpi.hours import DAYS, OF_A_DAY, WeekHour, minutes_past, week_hour
from stream.kpi.reading import Reading
from stream.kpi.slices import add_up

if TYPE_CHECKING:
    from datetime import tzinfo

    from agents.peers.floor_view import FloorNow
    from stream.kpi.cells import Cell
    from stream.kpi.reading import Filters

WINDOW: Final = "30d"
DEFAULT_KPI: Final = "contact_rate"
ENOUGH: Final = 20
"""With fewer than this in its denominator a cell says little: it is said, and not coloured."""
OF_AN_HOUR: Final = frozenset(kpi.id for kpi in CATALOGUE if not isinstance(kpi.formula, Cost | Count | Uplift))
"""What counts something below the line, by the hour: spend is spread evenly over all of them."""


def kpi_of(value: str | None) -> str:
    """Return the KPI that is requested; raise BadRequestError if it has no map."""
    kpi = value or DEFAULT_KPI
    if kpi not in OF_AN_HOUR:
        why = "counts nothing by the hour" if kpi in BY_ID else "that is no KPI"
        raise BadRequestError(
            f"kpi: {kpi if kpi in BY_ID else kind_of(kpi)} {why}; use the id of one rate, time or mean, such as "
            f"{DEFAULT_KPI} or answer_rate"
        )
    return kpi


def wanted(kpi: str, filters: Filters) -> OverTime:
    """Return what is to be asked of the floor for the map of a KPI."""
    return OverTime((kpi,), WINDOW, "1h", filters)


def heatmap(floor: FloorNow, query: OverTime, zone: tzinfo, formula: int) -> dict[str, Any]:
    """
    Return the KPI of `query` in each hour of the week, all 168 of them; without numbers while a part is missing.

    An hour of UTC belongs to the hour of the floor's clock in which it begins.
    """
    kpi = BY_ID[query.kpis[0]]
    spans = query.spans(floor.snapshot.as_of, zone)
    parts: dict[WeekHour, list[Cell]] = {WeekHour(day, hour): [] for day in DAYS for hour in OF_A_DAY}
    for number, span in enumerate(spans):
        parts[week_hour(span.first, zone)].append(floor.snapshot.steps.get(number, {}))
    cells = []
    for (day, hour), of_hours in parts.items():
        answer = Reading(add_up(of_hours), None, decimals_of, formula).of(kpi)
        enough: bool | None = answer["denominator"] >= ENOUGH
        shown: dict[str, Any] = {field: answer[field] for field in ("value", "numerator", "denominator")}
        if floor.recovering is not None:
            shown, enough = dict.fromkeys(shown), None
        cells.append({"day": day, "hour": hour, "hours": len(of_hours), **shown, "enough": enough})
    return {
        "kpi": kpi.id,
        "unit": kpi.unit,
        "window": WINDOW,
        "minutes_past": minutes_past((span.first for span in spans), zone),
        "at_least": ENOUGH,
        "filters": as_object(query.filters),
        "cells": cells,
    }
