"""Follow-ups: what each attempt for a lead makes due, and whether it was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.kpi.codes import ripening
from stream.kpi.measures import EARLY, KEPT, MISSED, PRESSING, WITHDRAWN
from stream.kpi.pacing import breaches
from stream.kpi.rules import MINUTE, PRESSING_COUNT, PRESSING_SPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.attempts import Attempt
    from stream.kpi.cells import Row
    from stream.kpi.codes import Code
    from stream.kpi.rules import Rules

_KEPT: Final = (KEPT,)
_KEPT_EARLY: Final = (KEPT, EARLY)
_WITHDRAWN: Final = (WITHDRAWN,)


def follow_up_rows(attempts: Sequence[Attempt], closed: int | None, rules: Rules) -> list[Row]:
    """Count what `attempts`, those that count for one lead, in order, made due; `closed` is when the lead closed."""
    rows: list[Row] = []
    last = len(attempts) - 1
    broken = None if rules.pacing is None else breaches(attempts, rules.pacing)
    for place, attempt in enumerate(attempts):
        placed_at = attempt.placed_at
        deadline = placed_at + rules.follow_up
        following = attempts[place + 1].placed_at if place < last else None
        codes: tuple[Code, ...]
        if following is not None and following <= deadline:
            codes = _KEPT_EARLY if following - placed_at < rules.early else _KEPT
        elif closed is not None and closed <= deadline:
            codes = _WITHDRAWN
        else:
            codes = (ripening(MISSED, deadline // MINUTE),)
        before = place - PRESSING_COUNT + 1
        if before >= 0 and placed_at - attempts[before].placed_at < PRESSING_SPAN:
            codes = (*codes, PRESSING)
        if broken is not None:
            codes += broken[place]
        rows.append((placed_at // MINUTE, attempt.owner, codes))
    return rows
