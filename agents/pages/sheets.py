"""Answers as CSV, for spreadsheets: one row for each number, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from agents.pages.asked import FILTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS: Final = (
    "kpi", "window", "from", "to", *FILTERS, "value", "numerator", "denominator", "unit", "currency", "complete",
)  # fmt: skip
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS: Final = ("value", "numerator", "denominator")


def as_sheet(answer: Mapping[str, Any], name: str) -> web.Response:
    """Answer with a history or a breakdown as CSV (RFC 4180, UTF-8), to be kept as a file."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, restval="")
    rows.writeheader()
    for row in _rows(answer):
        rows.writerow({column: _cell(value) for column, value in row.items()})
    return web.Response(
        body=out.getvalue().encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="ringboard-{name}-{answer["window"]}.csv"'},
    )


def _rows(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    always = {"window": answer["window"], "complete": answer["complete"], **answer["filters"]}
    for name, kpi in answer.get("kpis", {}).items():
        for point in kpi["points"]:
            where = {"kpi": name, **always, "from": point["from"], "to": point["to"], "unit": kpi["unit"]}
            yield from _numbers(where, point)
    for row in answer.get("rows", ()):
        part = {answer["by"]: row[answer["by"]], "to": answer["as_of"]}
        for name, kpi in row["kpis"].items():
            yield from _numbers({"kpi": name, **always, **part, "unit": kpi["unit"]}, kpi)


def _numbers(where: dict[str, Any], told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row, or one for each currency where there are several."""
    by_currency = told.get("by_currency") or {told.get("currency"): told}
    for currency, one in by_currency.items():
        yield {**where, "currency": currency, **{field: one[field] for field in _NUMBERS}}


def _cell(value: Any) -> Any:
    """Write a value so that it is read as what it is: a text that would be a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value if isinstance(value, str) and value.startswith(_RUNS) else value
