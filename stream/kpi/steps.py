"""Numbers over time: a window cut into steps, such as its hours or days."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.slices import HOURS
from stream.kpi.windows import Span, midnight

if TYPE_CHECKING:
    from datetime import tzinfo

STEPS: Final = {"1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "1d": DAY}
DEFAULT_STEP: Final = {"5m": "1m", "15m": "1m", "1h": "5m", "today": "1h", "7d": "1d", "30d": "1d"}


def steps_for(window: str) -> tuple[str, ...]:
    """Name the steps that `window` can be cut into: none is shorter than its slices."""
    return ("1h", "1d") if window in {"7d", "30d"} else tuple(STEPS)


def cut(span: Span, step: str, zone: tzinfo) -> list[Span]:
    """
    Cut `span` into steps that begin where those of the clock of `zone` do; the first and the last may be shorter.

    A slice belongs to the step in which it begins. So days are exact where the zone lies whole hours from UTC.
    """
    length = HOUR if span.granularity == HOURS else MINUTE
    steps: list[Span] = []
    begun: int | None = None
    for index in range(span.first, span.last + 1):
        begins = _begin(index * length, step, zone)
        if begins == begun:
            steps[-1] = steps[-1]._replace(last=index)
        else:
            steps.append(Span(span.granularity, index, index))
            begun = begins
    return steps


def _begin(at: int, step: str, zone: tzinfo) -> int:
    """Return where the step that `at` lies in begins; an hour that comes twice is two."""
    if STEPS[step] == DAY:
        return midnight(at, zone)
    away = datetime.fromtimestamp(at / 1000, zone).utcoffset()
    offset = round(away.total_seconds() * 1000) if away is not None else 0
    return (at + offset) // STEPS[step] * STEPS[step] - offset
