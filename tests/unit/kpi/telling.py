"""Short ways to tell a lead's story in facts, and to count what it comes to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, tzinfo
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stream.kpi.cells import hour_of
from stream.kpi.codes import detail_of, measure_of, minute_of
from stream.kpi.facts import (
    LOST_STEP,
    QUALIFIED_STEP,
    WON_STEP,
    Assigned,
    Call,
    Link,
    Request,
    Step,
    Verdict,
    order,
)
from stream.kpi.leads import Lead, lead_rows, number_rows
from stream.kpi.reading import Filters, Reading, narrow
from stream.kpi.rules import DAY, HOUR, MINUTE, Rules
from stream.kpi.slices import LIMITS, Slices, add_up
from stream.kpi.windows import Windows, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stream.kpi.cells import Cell, Deltas, Owner, Row
    from stream.kpi.facts import Fact

One = tuple[int, str | None, str | None, str | None, int | str]
"""One more of a code: slot of the moment, campaign, team, rep, code."""

NUMBER = "num_" + "5" * 32
OTHER_NUMBER = "num_" + "7" * 32
PARIS = ZoneInfo("Europe/Paris")
SECOND = 1000


def at(text: str, zone: tzinfo = UTC) -> int:
    """Read "2024-03-05 09:00" in `zone` as ms since the epoch."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


NINE = at("2024-03-05 09:00")
"""A Tuesday morning, when stories begin."""


def request(moment: int, name: str = "r1", campaign: str = "spring", **more: Any) -> Request:
    return Request(moment, name, campaign, **more)


ASK = request(NINE)


def assigned(moment: int, name: str = "a1", rep: str = "ana", team: str | None = None) -> Assigned:
    return Assigned(moment, name, rep, team)


def call(placed_at: int, name: str = "c1", *, ended: int | None = None, **more: Any) -> Call:
    """An outbound call that nobody answered, unless it is told otherwise."""
    told: dict[str, Any] = {"outbound": True, "answered": False, "talk_ms": 0, "machine": False, **more}
    event = told.pop("id", f"ended-{name}")
    return Call(placed_at if ended is None else ended, event, name, placed_at, **told)


def contact(placed_at: int, name: str = "c1", **more: Any) -> Call:
    """An outbound call that became a conversation."""
    return call(placed_at, name, **{"answered": True, "talk_ms": 30 * SECOND, **more})


def no(placed_at: int, name: str = "c1", **more: Any) -> Call:
    """An outbound call that was answered with a refusal."""
    return call(placed_at, name, **{"answered": True, "disposition": "refused", **more})


def verdict(moment: int, disposition: str, name: str = "c1", **more: Any) -> Verdict:
    event = more.pop("id", f"disposed-{name}")
    return Verdict(moment, event, name, disposition, **more)


def qualified(moment: int, name: str = "q1", **more: Any) -> Step:
    return Step(moment, name, QUALIFIED_STEP, **more)


def won(moment: int, name: str = "w1", **more: Any) -> Step:
    return Step(moment, name, WON_STEP, **more)


def lost(moment: int, name: str = "l1", **more: Any) -> Step:
    return Step(moment, name, LOST_STEP, **more)


def link(moment: int, lead: str = "lead-1", campaign: str = "spring") -> Link:
    return Link(moment, lead, moment, "r1", campaign)


def ones(rows: Iterable[Row]) -> Counter[One]:
    """Count `rows` code by code."""
    return Counter((minute, *owner, code) for minute, owner, codes in rows for code in codes)


def deltas_of(counted: Mapping[One, int]) -> Deltas:
    """Put what is counted code by code together by minute and owner."""
    deltas: Deltas = {}
    for (minute, campaign, team, rep, code), amount in counted.items():
        cell = deltas.setdefault((campaign, team, rep), {}).setdefault(minute, {})
        cell[code] = cell.get(code, 0) + amount
    return deltas


def lead(*facts: Fact, rules: Rules | None = None) -> Counter[One]:
    """Count what a lead comes to of which `facts` are visible."""
    rules = rules or Rules()
    return ones(chain(*lead_rows(Lead(sorted(facts, key=order), rules), rules)))


def number(*facts: Fact, rules: Rules | None = None) -> Counter[One]:
    """Count what a number comes to of which `facts` are visible."""
    return ones(chain(*number_rows(sorted(facts, key=order), rules or Rules())))


def plain(rows: Iterable[One] | Counter[One]) -> Counter[int]:
    """Count rows by measure alone, whether they have ripened or not; those with a detail are left out."""
    counted: Counter[int] = Counter()
    for row in Counter(rows).elements():
        if isinstance(row[4], int):
            counted[measure_of(row[4])] += 1
    return counted


def minutes_of_ripening(rows: Counter[One], measure: int) -> list[int]:
    """Name the minutes at which the rows of `measure` ripen."""
    return sorted(
        minute_of(row[4]) for row in rows.elements() if isinstance(row[4], int) if measure_of(row[4]) == measure
    )


def owners_of(rows: Counter[One], measure: int) -> list[Owner]:
    """Name whom the rows of `measure` belong to, in the order of their minutes."""
    found = [row for row in rows.elements() if isinstance(row[4], int) and measure_of(row[4]) == measure]
    return [row[1:4] for row in sorted(found, key=instant_of)]


def instants_of(rows: Counter[One], measure: int) -> list[int]:
    """Name the minutes that the rows of `measure` belong to."""
    return sorted(
        instant_of(row) for row in rows.elements() if isinstance(row[4], int) and measure_of(row[4]) == measure
    )


def instant_of(row: One) -> int:
    """Return the minute that a row belongs to; what a limit decides stands in the hour of it."""
    if row[0] >= 0:
        return row[0]
    minute = minute_of(ripening_of(row[4]))
    assert minute // 60 == hour_of(row[0])
    return minute


def ripening_of(code: int | str) -> int:
    """Return a code without its detail."""
    return code if isinstance(code, int) else detail_of(code)[0]


def slices_of(rows: Counter[One]) -> Slices:
    """Put `rows` into slices, the whole of them kept."""
    slices = Slices()
    changed = slices.change(deltas_of(rows), 0, 0)
    assert not changed.dropped
    slices.apply(changed)
    return slices


def sums(
    rows: Counter[One], as_of: int, window: str = "30d", zone: tzinfo = UTC, filters: Filters | None = None
) -> Cell:
    """Add up what a window of `rows` comes to at `as_of`."""
    by_owner = Windows(slices_of(rows), zone).at(as_of)[window]
    return add_up(narrow(by_owner.items(), filters or Filters()))


def plain_sum(slices: Slices, window: str, as_of: int, zone: tzinfo) -> Cell:
    """Add up a window slice by slice, with nothing kept from before."""
    span, now = span_of(window, as_of, zone), as_of // MINUTE
    cells: list[Cell] = []
    looked_at = [(span.granularity, index, 0) for index in range(span.first, span.last + 1)]
    looked_at += [(LIMITS, hour, span.start // MINUTE) for granularity, hour in slices.heads() if granularity == LIMITS]
    for granularity, index, first in looked_at:
        for _, cell in slices.slice(granularity, index):
            for code, amount in cell.items():
                whole, mark, detail = str(code).partition("|")
                if first <= minute_of(int(whole)) < now:
                    measure = measure_of(int(whole))
                    cells.append({f"{measure}|{detail}" if mark else measure: amount})
    return add_up(cells)


def kpis(
    rows: Counter[One], as_of: int, window: str = "30d", filters: Filters | None = None
) -> dict[str, dict[str, Any]]:
    """Read every KPI of `rows` at `as_of`, with no spend."""
    return Reading(sums(rows, as_of, window, filters=filters), None, lambda _code: 2).all()


__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "NINE",
    "NUMBER",
    "OTHER_NUMBER",
    "PARIS",
    "SECOND",
    "One",
    "assigned",
    "at",
    "call",
    "contact",
    "deltas_of",
    "instants_of",
    "kpis",
    "lead",
    "link",
    "lost",
    "minutes_of_ripening",
    "no",
    "number",
    "ones",
    "owners_of",
    "plain",
    "plain_sum",
    "qualified",
    "request",
    "slices_of",
    "sums",
    "verdict",
    "won",
]
