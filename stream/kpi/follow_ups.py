"""Follow-ups: what each attempt for a lead makes due and whether it was kept, and how attempts are spaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.codes import RIPENING_BITS
from stream.kpi.measures import DUE, EARLY, KEPT, MISSED, PRESSING, WITHDRAWN
from stream.kpi.pacing import breaches
from stream.kpi.rules import MINUTE, PRESSING_COUNT, PRESSING_SPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.attempts import Attempt
    from stream.kpi.cells import Row
    from stream.kpi.codes import Code
    from stream.kpi.rules import Rules


def follow_up_rows(attempts: Sequence[Attempt], closed: int | None, rules: Rules) -> list[Row]:
    """
    Return what becomes of the follow-up that each of `attempts` made due, at the moment its limit runs out.

    These are the attempts that count for one lead, in order; `closed` is when it closed. The last one's, while the
    lead is open, is also still to be made.
    """
    rows: list[Row] = []
    span, last = rules.follow_up, len(attempts) - 1
    for place, attempt in enumerate(attempts):
        limit = attempt.placed_at + span
        minute = limit // MINUTE
        ripens = minute << RIPENING_BITS
        codes: tuple[Code, ...]
        if place < last and attempts[place + 1].placed_at <= limit:
            codes = (ripens | KEPT,)
        elif closed is None:
            codes = (ripens | MISSED, ripens | DUE) if place == last else (ripens | MISSED,)
        else:
            codes = (ripens | (WITHDRAWN if closed <= limit else MISSED),)
        rows.append((~(minute // 60), attempt.owner, codes))  # its `limit_slot`, without a call for each
    return rows


def spacing_rows(attempts: Sequence[Attempt], rules: Rules) -> list[Row]:
    """Return those of `attempts`, which count for one lead, that came too soon or too often, in order."""
    rows: list[Row] = []
    broken = None if rules.pacing is None else breaches(attempts, rules.pacing)
    for place, attempt in enumerate(attempts):
        placed_at = attempt.placed_at
        codes: tuple[Code, ...] = ()
        if place and placed_at - attempts[place - 1].placed_at < rules.early:
            codes = (EARLY,)
        before = place - PRESSING_COUNT + 1
        if before >= 0 and placed_at - attempts[before].placed_at < PRESSING_SPAN:
            codes = (*codes, PRESSING)
        if broken is not None:
            codes += broken[place]
        if codes:
            rows.append((placed_at // MINUTE, attempt.owner, codes))
    return rows
