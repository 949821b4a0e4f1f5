"""The panel of the leads that wait now, by how long: the same on every board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.metrics.bands import BANDS
from grafana.boards import colours
from grafana.boards.panels import COUNT
from grafana.boards.queries import OWNER, total

if TYPE_CHECKING:
    from grafana.boards.panels import Panel, PanelFactory

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
