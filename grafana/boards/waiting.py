"""The panels of what is now: leads that wait, follow-ups due, the states of reps. They are the same on every board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.metrics.bands import BANDS
from agents.metrics.metric_defs import FOLLOW_UPS_DUE
from agents.metrics.metrics import REP_STATES
from grafana.boards import colours
from grafana.boards.panels import COUNT
from grafana.boards.queries import OWNER, total
from stream.journeys.due import BANDS as DUE_BANDS
from stream.kpi.service import UNKNOWN

if TYPE_CHECKING:
    from grafana.boards.panels import Panel, PanelFactory
    from grafana.boards.queries import Query

_COLOURS: Final = (colours.SKY, colours.YELLOW, colours.ORANGE, colours.VERMILION)


def by_band(panels: PanelFactory, width: int) -> Panel:
    """Return a panel of the number of waiting leads by band of age, from the lowest, with empty bands."""
    bands = [name for name, _ in BANDS]
    queries = (
        total("ringboard_leads_waiting", labels={"band": band}, scope=OWNER, window=None, legend=f"band_{band}")
        for band in bands
    )
    colour_of = {panels.title(f"band_{band}"): colour for band, colour in zip(bands, _COLOURS, strict=True)}
    return panels.bars("waiting", width, *queries, unit=COUNT, by_series=colour_of)


def due(panels: PanelFactory, width: int) -> Panel:
    """Return a panel of the follow-ups that are to be made, by when their time runs out; late ones first."""
    queries = (
        total(FOLLOW_UPS_DUE.name, labels={"band": band}, window=None, legend=f"due_{band}") for band in DUE_BANDS
    )
    by_series = {panels.title(f"due_{DUE_BANDS[0]}"): colours.VERMILION}
    return panels.bars("follow_ups_due", width, *queries, unit=COUNT, by_series=by_series)


def states() -> list[Query]:
    """Return the queries of how many reps are in each state."""
    return [
        total("ringboard_reps", labels={"state": state}, scope=("team",), window=None, legend=f"state_{state}")
        for state in (*REP_STATES, UNKNOWN)
    ]


def rep_states(panels: PanelFactory, width: int) -> Panel:
    """Return a panel of how many reps are in each state now."""
    return panels.bars("rep_states", width, *states(), unit=COUNT)
