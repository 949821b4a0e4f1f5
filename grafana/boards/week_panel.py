"""The panel of a week: a table of days and hours whose cells are coloured by their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model

from grafana.boards import colours
from grafana.boards.wording import text_of
from stream.kpi.hours import DAYS

if TYPE_CHECKING:
    from grafana.boards.panels import Panel, PanelFactory, Unit
    from grafana.boards.queries import Query

_DAY, _HOUR = "day", "hour"
_CORNER: Final = rf"{_DAY}\{_HOUR}"
"""What Grafana calls the first column of a table that it makes of two labels."""
_NARROW: Final = 40


def week(panels: PanelFactory, key: str, width: int, query: Query, unit: Unit) -> Panel:
    """Return a panel with a row for each day and a column for each hour in which there was something."""
    language = panels.language
    builder = (
        table.Panel()
        .show_header(True)
        .cell_height(looks.TableCellHeight.SM)
        .min_width(_NARROW)
        .align(looks.FieldTextAlignment.CENTER)
        .cell_options(looks.TableColoredBackgroundCellOptions(mode=looks.TableCellBackgroundDisplayMode.BASIC))
        .thresholds(colours.steps((None, colours.PLAIN)))
        .color_scheme(build.FieldColor().mode(model.FieldColorModeId.CONTINUOUS_BLUES))
        .transformations(
            [_in_order_of(_HOUR), _sorted(_HOUR), _without_time(), _matrix(), _sorted(_CORNER), _with_unit()]
        )
    )
    days = {str(day): {"text": text_of(f"day_{day}", language), "index": day - 1} for day in DAYS}
    builder.override_by_name(
        _CORNER,
        [
            model.DynamicConfigValue("displayName", text_of("day", language)),
            model.DynamicConfigValue("mappings", [{"type": "value", "options": days}]),
            model.DynamicConfigValue("custom.cellOptions", {"type": "auto"}),
            model.DynamicConfigValue("custom.align", "left"),
            model.DynamicConfigValue("custom.width", 110),
        ],
    )
    return panels.finish(key, builder, width, (query,), unit, instant=True, as_table=True, no_data="none")


def _in_order_of(label: str) -> model.DataTransformerConfig:
    options = {"conversions": [{"targetField": label, "destinationType": "number"}], "fields": {}}
    return model.DataTransformerConfig("convertFieldType", options=options)


def _sorted(field: str) -> model.DataTransformerConfig:
    return model.DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": field}]})


def _without_time() -> model.DataTransformerConfig:
    return model.DataTransformerConfig("organize", options={"excludeByName": {"Time": True}})


def _with_unit() -> model.DataTransformerConfig:
    return model.DataTransformerConfig("renameByRegex", options={"regex": r"^(\d+)$", "renamePattern": "$1 h"})


def _matrix() -> model.DataTransformerConfig:
    options = {"rowField": _DAY, "columnField": _HOUR, "valueField": "Value", "emptyValue": "null"}
    return model.DataTransformerConfig("groupingToMatrix", options=options)
