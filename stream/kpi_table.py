"""The KPIs as a table for the terminal: the six, each with its related KPIs, or all of them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from stream.kpi.catalogue import BY_BUSINESS, BY_ID, BY_THE_WALL, CATALOGUE, the_six

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.kpi.formulas import Kpi

_RELATED: Final[dict[str, tuple[str, ...]]] = {
    "contact_rate": tuple(kpi.id for kpi in CATALOGUE if kpi.group == "contact_rate" and kpi.id != "contact_rate"),
    BY_THE_WALL: (
        "lead_response_within_1h_contact",
        "lead_response_p50_attempt",
        "lead_response_p90_attempt",
        "fast_response_uplift",
    ),
    BY_BUSINESS: (
        "lead_response_within_1h_contact_business",
        "lead_response_p50_attempt_business",
        "lead_response_p90_attempt_business",
        "fast_response_uplift",
    ),
    "follow_up_rate": ("early_follow_ups", "pressing_attempts"),
    "conversion_rate": (
        "win_rate",
        "lead_to_opportunity",
        "opportunity_to_customer",
        "lead_to_customer",
        "opportunities_created",
        "customers_closed",
    ),
    "cost_per_lead": ("cost_per_opportunity", "cost_per_customer"),
    "loss_rate": ("leads_lost",),
    "service_level": ("abandon_rate", "average_speed_of_answer", "occupancy"),
}
_WORDS: Final = {
    "en": {
        "kpi": "KPI",
        "value": "value",
        "parts": "of",
        "target": "target",
        "incomplete": "incomplete",
        "recovering": "being read back, {ready} of {of} parts are here",
        "behind": "events still to come",
        "unknown": "whether this is all is not known now",
        "all": "complete",
        "floor": "the whole floor",
        "simulated": "simulated",
    },
    "fr": {
        "kpi": "KPI",
        "value": "valeur",
        "parts": "sur",
        "target": "objectif",
        "incomplete": "incomplet",
        "recovering": "relecture en cours, {ready} parties sur {of} sont là",
        "behind": "événements à venir",
        "unknown": "on ne sait pas pour l'instant si tout est là",
        "all": "complet",
        "floor": "tout le plateau",
        "simulated": "simulé",
    },
}
_NO_VALUE: Final = "–"  # noqa: RUF001  a dash, as one is printed
_WITHOUT_PARTS: Final = ("occupancy",)  # ratios of milliseconds: shown without numerator and denominator
_MARKS: Final = {True: ("▲", "green"), False: ("▼", "red"), None: ("○", "dim")}
_MINUTE, _HOUR, _TWO_DAYS, _DAY = 60, 3600, 172_800, 86_400


def render(answer: Mapping[str, Any], language: str = "en", *, full: bool = False, clock: str = "business") -> Table:
    """
    Return a table of the answer of `/api/v1/kpis` in "en" or "fr": the six with their related KPIs; `full`, all KPIs.

    The response among the six is the one by `clock`.

    A mark and a colour show whether a target is met; the caption says whether the numbers are complete.
    """
    words = _WORDS[language]
    table = Table(box=box.SIMPLE_HEAD, title=_title(answer, words), caption=_caption(answer, words, language))
    table.add_column(words["kpi"], min_width=20)
    table.add_column(words["value"], justify="right", no_wrap=True)
    table.add_column(words["parts"], justify="right", no_wrap=True, style="dim")
    table.add_column(words["target"], no_wrap=True)
    for head, related in _groups(clock, full=full):
        table.add_row(*_row(BY_ID[head], answer["kpis"][head], language, "bold"))
        for name in related:
            table.add_row(*_row(BY_ID[name], answer["kpis"][name], language, "", "  "))
    return table


def summary_line(answer: Mapping[str, Any], language: str = "en", clock: str = "business") -> str:
    """Return the six KPIs of an answer on one line, the response by `clock`."""
    kpis = [BY_ID[name] for name in the_six(clock)]
    return " · ".join(f"{kpi.name[language]} {_value(kpi, answer['kpis'][kpi.id], language)}" for kpi in kpis)


def _groups(clock: str, *, full: bool) -> list[tuple[str, tuple[str, ...]]]:
    heads = [*the_six(clock), "service_level"]
    if not full:
        return [(head, _RELATED[head]) for head in heads]
    return [
        (head, tuple(kpi.id for kpi in CATALOGUE if kpi.group == BY_ID[head].group and kpi.id != head))
        for head in heads
    ]


def _title(answer: Mapping[str, Any], words: Mapping[str, str]) -> Text:
    filters = " · ".join(value for value in answer["filters"].values() if value) or words["floor"]
    title = Text.assemble((answer["window"], "bold"), f" · {filters} · ", answer["as_of"][:19].replace("T", " "))
    return title.append(f" · {words['simulated']}", "yellow") if answer.get("simulated") else title


def _caption(answer: Mapping[str, Any], words: Mapping[str, str], language: str) -> Text:
    behind, recovering = answer["behind"], answer.get("recovering")
    if behind is None and recovering is None:
        return Text(f"◐ {words['unknown']}", style="yellow")
    text = words["all"] if answer["complete"] else words["incomplete"]
    if behind:
        text += f", {behind} {words['behind']}"
    if recovering is not None:
        text += f"; {words['recovering'].format_map(recovering)}"
        if recovering["restored"] is not None:
            text += f", {_percent(recovering['restored'], 0, language)}"
    return Text(f"● {text}", style="green") if answer["complete"] and not behind else Text(f"◐ {text}", style="yellow")


def _row(
    kpi: Kpi, one: Mapping[str, Any], language: str, style: str, indent: str = ""
) -> tuple[Text, Text, Text, Text]:
    target = Text()
    if one.get("target") is not None:
        mark, colour = _MARKS[one.get("met")]
        target = Text(f"{mark} {format_value(one['target'], kpi.unit, language, one.get('currency'))}", style=colour)
    return (
        Text(indent + kpi.name[language], style=style),
        Text(_value(kpi, one, language), style=style),
        Text(_parts(kpi, one, language)),
        target,
    )


def _value(kpi: Kpi, one: Mapping[str, Any], language: str) -> str:
    by_currency = one.get("by_currency")
    if by_currency:
        return " + ".join(format_value(part["value"], kpi.unit, language, code) for code, part in by_currency.items())
    return format_value(one["value"], kpi.unit, language, one.get("currency"))


def _parts(kpi: Kpi, one: Mapping[str, Any], language: str) -> str:
    top, bottom = one["numerator"], one["denominator"]
    if bottom is None or one.get("by_currency") or kpi.id in _WITHOUT_PARTS:
        return ""
    if kpi.unit == "money":
        amount = format_value(top, "money", language, one.get("currency")) if top is not None else _NO_VALUE
        return f"{amount} / {_number(bottom, 0, language)}"
    if kpi.unit == "ratio" and top is not None and float(top) == int(top) and float(bottom) == int(bottom):
        return f"{_number(top, 0, language)} / {_number(bottom, 0, language)}"
    return f"/ {_number(bottom, 0, language)}" if kpi.unit == "seconds" else ""


def format_value(value: Any, unit: str, language: str = "en", currency: str | None = None) -> str:  # noqa: PLR0911  a form each
    """Return the text of a KPI's value by its unit: "29.2%", "12 min 05 s", "26.40 EUR"; a dash for None."""
    if value is None:
        return _NO_VALUE
    match unit:
        case "ratio":
            return _percent(value, 1, language)
        case "money":
            return f"{_number(value, 2, language)} {currency or ''}".rstrip()
        case "seconds":
            return _duration(float(value), language)
        case "factor":
            return f"× {_number(value, 1, language)}"  # noqa: RUF001  times
        case "per_1000":
            return _number(value, 1, language)
    whole = float(value) == int(float(value))
    return _number(value, 0 if whole else 1, language)


def _number(value: Any, decimals: int, language: str) -> str:
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{exact:,f}"
    return text.replace(",", "\u202f").replace(".", ",") if language == "fr" else text


def _percent(value: Any, decimals: int, language: str) -> str:
    return f"{_number(Decimal(str(value)) * 100, decimals, language)}{' %' if language == 'fr' else '%'}"


def _duration(seconds: float, language: str) -> str:
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _TWO_DAYS:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{_number(whole / _DAY, 1, language)} {'j' if language == 'fr' else 'd'}"
