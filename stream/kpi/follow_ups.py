"""Follow-ups: what each attempt for a lead makes due, and whether it was kept (DESIGN §1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.measures import EARLY, KEPT, MISSED, PRESSING, WITHDRAWN, ripening
from stream.kpi.rules import MINUTE, PRESSING_COUNT, PRESSING_SPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.attempts import Attempt, Row
    from stream.kpi.rules import Rules


def count_follow_ups(attempts: Sequence[Attempt], closed: int | None, rules: Rules, rows: list[Row]) -> None:
    """Count what `attempts`, those that count for one lead, in order, made due; `closed` is when the lead closed."""
    last = len(attempts) - 1
    for place, (placed_at, _, campaign, team, rep, *_rest) in enumerate(attempts):
        minute = placed_at // MINUTE
        deadline = placed_at + rules.follow_up
        following = attempts[place + 1].placed_at if place < last else None
        if following is not None and following <= deadline:
            rows.append((minute, campaign, team, rep, KEPT))
            if following - placed_at < rules.early:
                rows.append((minute, campaign, team, rep, EARLY))
        elif closed is not None and closed <= deadline:
            rows.append((minute, campaign, team, rep, WITHDRAWN))
        else:
            rows.append((minute, campaign, team, rep, ripening(MISSED, deadline // MINUTE)))
        before = place - PRESSING_COUNT + 1
        if before >= 0 and placed_at - attempts[before].placed_at < PRESSING_SPAN:
            rows.append((minute, campaign, team, rep, PRESSING))
