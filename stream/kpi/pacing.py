"""Legal pacing: which attempts for a lead broke a rule of the profile that is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.kpi.measures import OUTSIDE_HOURS, TOO_OFTEN, TOO_SOON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.kpi.attempts import Attempt
    from stream.kpi.codes import Code
    from stream.kpi.rules import Pacing


def breaches(attempts: Sequence[Attempt], pacing: Pacing) -> list[tuple[Code, ...]]:
    """Return the rules that each of `attempts` broke: those that count for one lead, in order."""
    found: list[tuple[Code, ...]] = []
    refused_at: int | None = None
    for place, attempt in enumerate(attempts):
        at = attempt.placed_at
        codes: list[Code] = []
        before = place - pacing.most
        if before >= 0 and at - attempts[before].placed_at < pacing.span:
            codes.append(TOO_OFTEN)
        if not pacing.hours.is_open(at):
            codes.append(OUTSIDE_HOURS)
        if refused_at is not None and at - refused_at < pacing.rest:
            codes.append(TOO_SOON)
        if attempt.refused:
            refused_at = at
        found.append(tuple(codes))
    return found
