"""The leads that wait now, by how long: what every board shows alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.metrics.bands import BANDS
from grafana.boards import colours
from grafana.boards.panels import COUNT
from grafana.boards.queries import OWNER, total

if TYPE_CHECKING:
    from grafana.boards.panels import House, Panel

_COLOURS: Final = (colours.SKY, colours.YELLOW, colours.ORANGE, colours.VERMILION)


def by_band(house: House, width: int) -> Panel:
    """Show how many wait in each band of age, the youngest first, none of them left out."""
    bands = [name for name, _ in BANDS]
    queries = (
        total("ringboard_leads_waiting", labels={"band": band}, scope=OWNER, window=None, legend=f"band_{band}")
        for band in bands
    )
    colour_of = {house.title(f"band_{band}"): colour for band, colour in zip(bands, _COLOURS, strict=True)}
    return house.bars("waiting", width, *queries, unit=COUNT, by_series=colour_of)
