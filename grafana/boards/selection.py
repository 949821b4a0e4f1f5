"""What a viewer chooses at the top of a board, and the label matchers that it becomes in a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from grafana.boards.wording import say
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grafana_foundation_sdk.cog.builder import Builder

DATASOURCE: Final = "ringboard-prometheus"
ALL: Final = "$__all"
# A chosen value stands between \Q and \E, which take it literally, in backticks, which need no escapes: so any name is
# safe there, as labels hold neither a backtick nor a backslash (agents/metrics/labels.py). What "all" puts there ends
# the literal, matches anything, also nothing, and begins another.
EVERYTHING: Final = r"\E.*\Q"
_FROM: Final = {
    "campaign": "label_values(ringboard_window_attempts, campaign)",
    "team": "label_values(ringboard_window_attempts, team)",
    "rep": "label_values(ringboard_rep_attempts, rep)",
    "queue": "label_values(ringboard_window_queue_offered, queue)",
}
_REP_WINDOWS: Final = ("today", "30d")


def source() -> common.DataSourceRef:
    """Name the data source that a board's viewer has chosen."""
    return common.DataSourceRef(type_val="prometheus", uid="${datasource}")


def matcher(name: str) -> str:
    """Match what is chosen of `name`."""
    return f"{name}=~`\\Q${{{name}:raw}}\\E`"


def matchers(names: Iterable[str], window: str | None = "$window") -> str:
    """Match what is chosen of all `names`; a series that has no such label matches only "all"."""
    of_window = () if window is None else (f'window="{window}"',)
    return ",".join((*of_window, *(matcher(name) for name in names)))


def variables(names: Iterable[str], language: str) -> list[Builder[model.VariableModel]]:
    """Make the variables of a board: its data source, then `names`."""
    chosen = build.DatasourceVariable("datasource").label(say("datasource", language)).type("prometheus")
    chosen.current(model.VariableOption(text="Prometheus", value=DATASOURCE)).hide(model.VariableHide.HIDE_VARIABLE)
    return [chosen, *(_variable(name, language) for name in names)]


def _variable(name: str, language: str) -> Builder[model.VariableModel]:
    if name == "window":
        return _windows(name, WINDOWS, "today", language)
    if name == "rep_window":
        return _windows(name, _REP_WINDOWS, "today", language)
    query = _FROM[name]
    return (
        build.QueryVariable(name)
        .label(say(name, language))
        .description(say(f"{name}_variable", language))
        .datasource(source())
        .query({"query": query, "refId": "Values"})
        .definition(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .include_all(True)
        .all_value(EVERYTHING)
        .current(model.VariableOption(text=say("all", language), value=ALL))
    )


def _windows(name: str, windows: Iterable[str], first: str, language: str) -> Builder[model.VariableModel]:
    said = {window: say(f"window_{window}", language) for window in windows}
    return (
        build.CustomVariable(name)
        .label(say(name, language))
        .description(say("window_variable", language))
        .values(", ".join(f"{text} : {window}" for window, text in said.items()))
        .options(
            [model.VariableOption(text=text, value=window, selected=window == first) for window, text in said.items()]
        )
        .current(model.VariableOption(text=said[first], value=first))
    )
