"""The variables at the top of a board, and the label matchers that they become in a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from grafana.boards.wording import text_of
from stream.kpi.windows import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grafana_foundation_sdk.cog.builder import Builder

DATASOURCE: Final = "ringboard-prometheus"
ALL: Final = "$__all"
# Of several that are chosen Grafana's form `regex` escapes each and puts `|` between. Backticks need no more escapes,
# as labels hold neither a backtick nor a backslash (agents/metrics/labels.py): so any name is taken literally. What
# stands for "all" is put in as it is, and matches anything, also what has no value.
EVERYTHING: Final = ".*"
_FROM: Final = {
    "campaign": "label_values(ringboard_window_attempts, campaign)",
    "team": "label_values(ringboard_window_attempts, team)",
    "rep": "label_values(ringboard_rep_attempts, rep)",
    "queue": "label_values(ringboard_window_queue_offered, queue)",
}
_REP_WINDOWS: Final = ("today", "30d")


def source() -> common.DataSourceRef:
    """Return a reference to the data source that the viewer has selected."""
    return common.DataSourceRef(type_val="prometheus", uid="${datasource}")


def matcher(name: str) -> str:
    """Return the matcher of the values of `name` that are chosen."""
    return f"{name}=~`${{{name}:regex}}`"


def matchers(names: Iterable[str], window: str | None = "$window") -> str:
    """Return the matchers of what is chosen of `names`; a series without the label matches only "all"."""
    of_window = () if window is None else (f'window="{window}"',)
    return ", ".join((*of_window, *(matcher(name) for name in names)))


def variables(names: Iterable[str], language: str) -> list[Builder[model.VariableModel]]:
    """Return the variables of a board: its data source, then `names`."""
    chosen = build.DatasourceVariable("datasource").label(text_of("datasource", language)).type("prometheus")
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
        .label(text_of(name, language))
        .description(text_of(f"{name}_variable", language))
        .datasource(source())
        .query({"query": query, "refId": "Values"})
        .definition(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(EVERYTHING)
        .current(model.VariableOption(text=[text_of("all", language)], value=[ALL]))
    )


def _windows(name: str, windows: Iterable[str], first: str, language: str) -> Builder[model.VariableModel]:
    texts = {window: text_of(f"window_{window}", language) for window in windows}
    return (
        build.CustomVariable(name)
        .label(text_of(name, language))
        .description(text_of("window_variable", language))
        .values(", ".join(f"{text} : {window}" for window, text in texts.items()))
        .options(
            [model.VariableOption(text=text, value=window, selected=window == first) for window, text in texts.items()]
        )
        .current(model.VariableOption(text=texts[first], value=first))
    )
