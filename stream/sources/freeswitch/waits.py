"""How a caller waited: in a queue of mod_callcenter, or for what the settings have in a queue's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.dial_plan.directions import Directions
    from stream.sources.freeswitch.legs import Leg
    from stream.sources.freeswitch.talks import Span

_TIMEOUTS: Final = frozenset({"TIMEOUT", "NO_AGENT_TIMEOUT", "EXIT_WITH_KEY"})


class Wait(NamedTuple):
    """How a caller waited: for what, from when to when (ms), and what came of it."""

    queue: str
    joined: int
    left: int
    outcome: str


class Waits:
    """Tells what callers waited for, by what the floor has configured."""

    def __init__(self, directions: Directions) -> None:
        self._directions = directions

    def of(self, entry: Leg, talks: Sequence[Span], *, voicemail: bool) -> Wait | None:
        """Return how the caller waited whose leg is `entry`; None where nothing stands for a queue."""
        stay = entry.stay
        if stay is not None:
            outcome = "answered" if stay.answered else "timeout" if stay.reason in _TIMEOUTS else "abandoned"
            return Wait(stay.queue, stay.joined, stay.left or entry.end, outcome)
        instead = self.instead_of_queue(entry)
        if instead is None:
            return None
        queue, joined = instead[0], instead[1] or entry.start
        if talks:
            return Wait(queue, min(joined, talks[0][0]), talks[0][0], "answered")
        if voicemail:  # the system has given up ringing: that is no caller who has hung up
            return Wait(queue, joined, max(entry.answered or entry.end, joined), "timeout")
        return Wait(queue, joined, entry.end, "abandoned")

    def instead_of_queue(self, leg: Leg) -> tuple[str, int] | None:
        """Return what stands for the queue that a caller waited in, and since when (ms; 0: since the leg began)."""
        # The last that was called stands first: a direct number leads to a menu, and that to a ring group.
        for called, since in (*reversed(leg.path), (leg.called, 0), (leg.context, 0)):
            queue = self._directions.ring_group(called)
            if queue is not None:
                return queue, since
        return None
