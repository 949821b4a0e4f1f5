"""
The kinds of panels that the boards use, over the foundation SDK, whose builders are mutable.

Every panel gets its texts, unit, data source and text without data here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grafana_foundation_sdk.builders import bargauge, common, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from agents.metrics.metrics import REP_STATES
from grafana.boards import colours
from grafana.boards.selection import source
from grafana.boards.wording import name_of, panel_words, text_of
from stream.kpi.catalogue import BY_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grafana.boards.queries import Query


class Unit(NamedTuple):
    """The format of numbers: Grafana's unit, and the number of decimals."""

    name: str
    decimals: int | None = None


RATIO: Final = Unit("percentunit", 1)
SECONDS: Final = Unit("s", 1)
COUNT: Final = Unit("locale", 0)
MONEY: Final = Unit("none", 2)  # its currency is a label
PER_1000: Final = Unit("none", 1)
FACTOR: Final = Unit("suffix:\u00d7", 1)
PER_SECOND: Final = Unit("cps")
UNITS: Final = {
    "ratio": RATIO,
    "seconds": SECONDS,
    "count": COUNT,
    "money": MONEY,
    "per_1000": PER_1000,
    "factor": FACTOR,
}
_SMALL, _MEDIUM, _LARGE = 13, 18, 30  # pixels, so that adjacent panels look the same
_NAMES: Final = 12  # pixels: the names of bars, which fit low panels too
_NARROWEST: Final = 60
_NAME: Final = 110  # of a campaign, a team, a rep
_LETTER, _BESIDE, _ARROW = 6.9, 40, 16  # pixels: a letter of a head, what is beside it, an arrow
_WIDE: Final = {
    "reached": 124,
    "clock": 136,
    "currency": 86,
}  # pixels: columns of text in either language, and of codes
# The texts (keys of WORDS) shown for the values of a label.
VALUES: Final = {
    "reached": (("attempt", "reached_attempt"), ("contact", "reached_contact")),
    "clock": (("wall", "clock_wall"), ("business", "clock_business")),
    "state": tuple((state, f"state_{state}") for state in REP_STATES),
}


_DASHED: Final = (
    model.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
    model.DynamicConfigValue("custom.fillOpacity", 0),
    model.DynamicConfigValue("custom.lineWidth", 1),
)


class Panel(NamedTuple):
    """A panel without a position: `builder` is one of the SDK's, `key` identifies its texts."""

    key: str
    builder: Any
    width: int
    queries: tuple[Query, ...] = ()


class Column(NamedTuple):
    """A column of a table: its query, its title's key (of WORDS, or a KPI), its unit; `bar` draws values as bars."""

    query: Query
    title: str
    unit: Unit
    bar: bool = False


class PanelFactory:
    """Makes panels in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def stat(
        self,
        key: str,
        width: int,
        *queries: Query,
        unit: Unit,
        colour: str = colours.PLAIN,
        steps: build.ThresholdsConfig | None = None,
        shares: Iterable[str] = (),
        claim: Iterable[str] = (),
        times: Iterable[str] = (),
        counts: Iterable[str] = (),
        names: bool = False,
        beside: bool = False,
        says: str | None = None,
        no_data: str = "nothing",
    ) -> Panel:
        """
        Return a panel of large numbers.

        Of the queries A, B…, those in `shares` are shares of a target, those in `claim` the article's figures, those in
        `times` seconds, and those in `counts` numbers that only say how much the others do. `says` is the key of the
        texts shown for 0 and for 1 or more; `beside` puts several side by side.
        """
        builder = (
            stat.Panel()
            .color_mode(looks.BigValueColorMode.VALUE)
            .graph_mode(looks.BigValueGraphMode.NONE)
            .text_mode(looks.BigValueTextMode.VALUE_AND_NAME if names else looks.BigValueTextMode.VALUE)
            .justify_mode(looks.BigValueJustifyMode.CENTER if not names else looks.BigValueJustifyMode.AUTO)
            .orientation(looks.VizOrientation.HORIZONTAL if names and not beside else looks.VizOrientation.VERTICAL)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
            .text(common.VizTextDisplayOptions().title_size(_SMALL).value_size(_LARGE))
        )
        if steps is None:
            builder.thresholds(colours.steps((None, colour))).color_scheme(colours.one(colour))
        else:
            builder.thresholds(steps).color_scheme(colours.by_threshold())
        for ref in shares:
            builder.override_by_query(ref, _of_target())
        for ref in times:
            builder.override_by_query(ref, [model.DynamicConfigValue("unit", SECONDS.name)])
        for ref in counts:
            aside = [model.DynamicConfigValue("unit", COUNT.name), model.DynamicConfigValue("decimals", COUNT.decimals)]
            builder.override_by_query(ref, [*aside, _colour(colours.GREY)])
        for ref in claim:
            builder.override_by_query(ref, [_colour(colours.CLAIM)])
        if says is not None:
            builder.mappings(_texts(says, self.language))
        return self.finish(key, builder, width, queries, unit, instant=True, no_data=no_data)

    def bars(
        self,
        key: str,
        width: int,
        *queries: Query,
        unit: Unit,
        colour: str = colours.PLAIN,
        steps: build.ThresholdsConfig | None = None,
        most: float | None = None,
        numbered: str | None = None,
        by_series: Mapping[str, str] | None = None,
        no_data: str = "nothing",
    ) -> Panel:
        """Return a panel of horizontal bars, one a series; sorted by the label `numbered`, which is a number."""
        builder = (
            bargauge.Panel()
            .orientation(looks.VizOrientation.HORIZONTAL)
            .display_mode(looks.BarGaugeDisplayMode.BASIC)
            .value_mode(looks.BarGaugeValueMode.TEXT)
            .name_placement(looks.BarGaugeNamePlacement.LEFT)
            .show_unfilled(True)
            .min(0)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(numbered is not None).fields(""))
            .text(common.VizTextDisplayOptions().title_size(_NAMES).value_size(_MEDIUM))
        )
        if numbered is not None:
            builder.transformations(_in_order(numbered))
        if most is not None:
            builder.max(most)
        if steps is None:
            builder.thresholds(colours.steps((None, colour))).color_scheme(colours.one(colour))
        else:
            builder.thresholds(steps).color_scheme(colours.by_threshold())
        for name, its in (by_series or {}).items():
            builder.override_by_name(name, [_colour(its)])
        return self.finish(
            key, builder, width, queries, unit, instant=True, as_table=numbered is not None, no_data=no_data
        )

    def lines(
        self,
        key: str,
        width: int,
        *queries: Query,
        unit: Unit,
        stacked: bool = False,
        most: float | None = None,
        faint: Iterable[str] = (),
        no_data: str = "nothing",
    ) -> Panel:
        """Return a panel of lines over time, a colour for each query; those of the queries `faint` are dashed."""
        builder = (
            timeseries.Panel()
            .line_width(2)
            .fill_opacity(30 if stacked else 6)
            .show_points(looks.VisibilityMode.NEVER)
            .span_nulls(False)
            .legend(
                common.VizLegendOptions()
                .show_legend(True)
                .display_mode(looks.LegendDisplayMode.LIST)
                .placement(looks.LegendPlacement.BOTTOM)
            )
            .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
            .thresholds(colours.steps((None, colours.PLAIN)))
            .axis_soft_min(0)
            .interval("15s")
        )
        if stacked:
            builder.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
        if most is not None:
            builder.axis_soft_max(most)
        single = len(queries) > 1 or not queries[0].many
        builder.color_scheme(
            colours.one(colours.SERIES[0])
            if single
            else build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
        )
        behind = dict(zip(faint, (colours.CLAIM, colours.ORANGE), strict=False))
        for place, _ in enumerate(queries):
            ref = _ref(place)
            if ref in behind:
                builder.override_by_query(ref, [_colour(behind[ref]), *_DASHED])
            elif len(queries) > 1:
                builder.override_by_query(ref, [_colour(colours.SERIES[place % len(colours.SERIES)])])
        return self.finish(key, builder, width, queries, unit, no_data=no_data)

    def table(
        self,
        key: str,
        width: int,
        labels: str | tuple[str, ...],
        *columns: Column,
        sort: str | None = None,
        no_data: str = "none",
    ) -> Panel:
        """Return a table with a row for each combination of values of `labels`."""
        label_names = (labels,) if isinstance(labels, str) else labels
        builder = (
            table.Panel()
            .show_header(True)
            .cell_height(looks.TableCellHeight.SM)
            .min_width(_NARROWEST)
            .thresholds(colours.steps((None, colours.PLAIN)))
            .color_scheme(colours.one(colours.PLAIN))
        )
        names = {f"Value #{_ref(place)}": self.title(column.title) for place, column in enumerate(columns)}
        if len(columns) == 1:
            names["Value"] = names.pop("Value #A")
        titles = {label: self.title(label) for label in (*label_names, "currency")}
        order = {name: place for place, name in enumerate((*titles, *names))}
        builder.transformations(
            [
                model.DataTransformerConfig("merge", options={}),
                model.DataTransformerConfig(
                    "organize",
                    options={
                        "excludeByName": {"Time": True},
                        "indexByName": order,
                        "renameByName": {**titles, **names},
                    },
                ),
            ]
        )
        for label in label_names:
            if label in VALUES:
                builder.override_by_name(titles[label], [_mapped(label, self.language)])
        for label, title in titles.items():
            how, pixels = ("width", _WIDE[label]) if label in _WIDE else ("minWidth", _NAME)
            builder.override_by_name(title, [model.DynamicConfigValue(f"custom.{how}", pixels)])
        for name, column in zip(names.values(), columns, strict=True):
            style: dict[str, Any] = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
            wide = _BESIDE + _LETTER * len(name) + (_ARROW if column.title == sort else 0)
            builder.override_by_name(
                name,
                [
                    model.DynamicConfigValue("unit", column.unit.name),
                    model.DynamicConfigValue("decimals", column.unit.decimals),
                    model.DynamicConfigValue("custom.minWidth", max(_NARROWEST, round(wide))),
                    *(
                        (
                            model.DynamicConfigValue("custom.cellOptions", style),
                            model.DynamicConfigValue("min", 0),
                            model.DynamicConfigValue("fieldMinMax", value=True),
                        )
                        if column.bar
                        else ()
                    ),
                ],
            )
        if sort is not None:
            builder.sort_by([common.TableSortByFieldState().display_name(self.title(sort)).desc(True)])
        queries = tuple(column.query for column in columns)
        return self.finish(key, builder, width, queries, COUNT, instant=True, as_table=True, no_data=no_data)

    def heat(self, key: str, width: int, query: Query, unit: Unit) -> Panel:
        """Return a heatmap of a histogram's buckets over time."""
        builder = (
            heatmap.Panel()
            .calculate(False)
            .color(
                heatmap.HeatmapColorOptions()
                .mode(HeatmapColorMode.SCHEME)
                .scheme("Viridis")
                .exponent(0.5)
                .steps(64)
                .reverse(False)
            )
            .y_axis(heatmap.YAxisConfig().unit(unit.name).decimals(0))
            .cell_gap(1)
            .show_legend()
            .thresholds(colours.steps((None, colours.PLAIN)))
            .interval("1m")
        )
        return self.finish(key, builder, width, (query,), COUNT, heat=True)

    def title(self, key: str) -> str:
        """Return the title of `key`: a KPI's name, or a text of WORDS."""
        return name_of(key, self.language) if key in BY_ID else text_of(key, self.language)

    def finish(
        self,
        key: str,
        builder: Any,
        width: int,
        queries: tuple[Query, ...],
        unit: Unit,
        *,
        instant: bool = False,
        as_table: bool = False,
        heat: bool = False,
        no_data: str = "nothing",
    ) -> Panel:
        """Give a panel its texts, unit, data source and queries, and return it."""
        title, description = panel_words(key, self.language)
        builder.title(title).description(description).datasource(source()).transparent(False)
        builder.unit(unit.name).no_value(text_of(no_data, self.language))
        if unit.decimals is not None:
            builder.decimals(unit.decimals)
        for place, query in enumerate(queries):
            target = prometheus.Dataquery().ref_id(_ref(place)).expr(query.expr).datasource(source())
            target.legend_format(legend_of(query.legend, self.language))
            target.instant() if instant else target.range()
            target.format(
                PromQueryFormat.TABLE if as_table else PromQueryFormat.HEATMAP if heat else PromQueryFormat.TIME_SERIES
            )
            builder.with_target(target)
        return Panel(key, builder, width, queries)


def legend_of(legend: str, language: str) -> str:
    """Return a legend: a template in braces as it is, a KPI's name, or a text of WORDS."""
    if not legend or "{{" in legend:
        return legend
    return name_of(legend, language) if legend in BY_ID else text_of(legend, language)


def _ref(place: int) -> str:
    return chr(ord("A") + place)


def _colour(colour: str) -> model.DynamicConfigValue:
    return model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _of_target() -> list[model.DynamicConfigValue]:
    return [
        model.DynamicConfigValue("unit", "percentunit"),
        model.DynamicConfigValue("decimals", 0),
        model.DynamicConfigValue("color", {"mode": "thresholds"}),
        model.DynamicConfigValue("thresholds", colours.against_target().build()),
    ]


def _in_order(label: str) -> list[model.DataTransformerConfig]:
    def convert(to: str) -> model.DataTransformerConfig:
        options = {"conversions": [{"targetField": label, "destinationType": to}], "fields": {}}
        return model.DataTransformerConfig("convertFieldType", options=options)

    return [
        convert("number"),
        model.DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": label}]}),
        convert("string"),
        model.DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}),
    ]


def _mapped(label: str, language: str) -> model.DynamicConfigValue:
    options = {
        value: {"text": text_of(key, language), "index": place} for place, (value, key) in enumerate(VALUES[label])
    }
    return model.DynamicConfigValue("mappings", [{"type": "value", "options": options}])


def _texts(says: str, language: str) -> list[model.ValueMapping]:
    """Return what stands for 0, and for 1 or anything more: how much more says nothing."""
    no, yes = (model.ValueMappingResult(text=text_of(f"{says}_{value}", language), index=value) for value in (0, 1))
    return [
        model.ValueMap(options={"0": no}),
        model.RangeMap(options=model.DashboardRangeMapOptions(from_val=1, result=yes)),
    ]
