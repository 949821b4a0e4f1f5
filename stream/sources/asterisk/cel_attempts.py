"""The attempts that one telephone made without hanging up, from the channel events of a call: mostly it is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.sources.asterisk.cel_channels import Channel, Ring
    from stream.sources.asterisk.cel_parties import Parties


@dataclass(slots=True)
class Attempt:
    """One attempt: its Dials (a redial over another line is the same one), from when on, and until when."""

    rings: list[Ring]
    number: str | None
    since: int = 0
    until: int | None = None
    reached: list[Channel] = field(default_factory=list)

    @property
    def who(self) -> set[str]:
        """Return the channels outside that were reached."""
        return {one.name for one in self.reached}

    def holds(self, at: int) -> bool:
        """Return whether a moment lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


def attempts_of(
    rings: Sequence[Ring],
    parties: Parties,
    number_of: Callable[[Ring], str | None],
    talked: Callable[[Attempt], bool],
) -> list[Attempt]:
    """
    Return the attempts that some Dials are.

    Another begins where the one before is over, and was answered or went to another number: else it is a redial.
    """
    found: list[Attempt] = []
    over: int | None = 0
    for ring in rings:
        number = number_of(ring)
        outside = [one for one in parties.reached(ring) if parties.side(one) != "inside"]
        last = found[-1] if found else None
        if last is not None and not (over is not None and ring.row.at >= over and _another(last, number, talked)):
            last.rings.append(ring)
            last.reached += outside
            last.number = last.number or number
        else:
            found.append(Attempt([ring], number, reached=outside))
        over = None if ring.end is None or over is None else max(over, ring.end)
    for one, after in pairwise(found):
        one.until = after.since = after.rings[0].row.at
    return found


def _another(last: Attempt, number: str | None, talked: Callable[[Attempt], bool]) -> bool:
    return talked(last) or not apps.same_number(last.number or "", number or "")
