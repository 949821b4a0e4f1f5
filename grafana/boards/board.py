"""A board: rows of panels that fill the grid exactly, with variables, links, and stable ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from grafana.boards.panels import PanelFactory
from grafana.boards.selection import variables
from grafana.boards.wording import LANGUAGES, board_words, text_of

if TYPE_CHECKING:
    from grafana.boards.panels import Panel

COLUMNS: Final = 24
REFRESH: Final = "30s"
_TAG: Final = "ringboard"


class Placed(NamedTuple):
    """A panel on a board: `id` is its number there, which links use."""

    panel: Panel
    id: int


def uid_of(board: str, language: str) -> str:
    """Return the uid of a board."""
    return f"ringboard-{board}-{language}"


class Board:
    """Board `name` in one language, built row by row; `chosen` are the names of its variables."""

    def __init__(self, name: str, language: str, chosen: tuple[str, ...], since: str = "now-12h") -> None:
        self.name = name
        self.language = language
        self.chosen = chosen
        self.panels = PanelFactory(language)
        self.placed: list[Placed] = []
        self._since = since
        self._rows: list[Any] = []
        self._y = 0
        self._id = 0

    @property
    def uid(self) -> str:
        """Its uid."""
        return uid_of(self.name, self.language)

    def heading(self, key: str) -> None:
        """Add a heading: a row without panels."""
        self._id += 1
        row = build.Row(text_of(key, self.language)).id(self._id).collapsed(False)
        row.grid_pos(model.GridPos(h=1, w=COLUMNS, x=0, y=self._y))
        self._rows.append(row)
        self._y += 1

    def row(self, height: int, *panels: Panel) -> None:
        """Add panels side by side; raise ValueError unless they fill the row."""
        widths = [panel.width for panel in panels]
        if sum(widths) != COLUMNS:
            raise ValueError(f"a row of {self.name} is {sum(widths)} columns wide, not {COLUMNS}")
        for place, panel in enumerate(panels):
            self._id += 1
            x = sum(widths[:place])
            panel.builder.id(self._id).grid_pos(model.GridPos(h=height, w=panel.width, x=x, y=self._y))
            self.placed.append(Placed(panel, self._id))
            self._rows.append(panel.builder)
        self._y += height

    def link(self, panel: Panel, board: str) -> Panel:
        """Link a panel to the board that explains it, with the selected variables; return the panel."""
        if board != self.name:
            carried = "&".join((*(f"${{{name}:queryparam}}" for name in self.chosen), "${__url_time_range}"))
            url = f"/d/{uid_of(board, self.language)}?{carried}"
            title = f"{text_of('explained_by', self.language)} {board_words(board, self.language)[0]}"
            panel.builder.links([build.DashboardLink(title).url(url).target_blank(False)])
        return panel

    def as_object(self) -> Any:
        """Return the board as JSON types in Grafana's schema."""
        title, description = board_words(self.name, self.language)
        builder = (
            build.Dashboard(title)
            .uid(self.uid)
            .description(description)
            .tags([_TAG, f"{_TAG}-{self.language}"])
            .timezone("browser")
            .editable()
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .time(self._since, "now")
            .refresh(REFRESH)
            .variables(variables(self.chosen, self.language))
            .links(self._links())
        )
        made = builder.build()
        made.panels = [one.build() for one in self._rows]
        return json.loads(json.dumps(made, cls=JSONEncoder))

    def _links(self) -> list[Any]:
        others = (
            build.DashboardLink(text_of("boards", self.language))
            .type(model.DashboardLinkType.DASHBOARDS)
            .tags([f"{_TAG}-{self.language}"])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        kiosk = (
            build.DashboardLink(text_of("kiosk", self.language))
            .type(model.DashboardLinkType.LINK)
            .icon("external link")
            .tooltip(text_of("kiosk_variable", self.language))
            .url(f"/d/{self.uid}?kiosk")
            .include_vars(True)
            .keep_time(True)
            .target_blank(True)
        )
        translated = [
            build.DashboardLink(text_of("this_language", other))
            .type(model.DashboardLinkType.LINK)
            .icon("doc")
            .url(f"/d/{uid_of(self.name, other)}")
            .include_vars(True)
            .keep_time(True)
            for other in LANGUAGES
            if other != self.language
        ]
        return [others, *translated, kiosk]
