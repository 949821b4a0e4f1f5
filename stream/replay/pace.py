"""When a recorded event is sent: at once, or as long after the first one as it happened, times a speed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.clock import Clock

_NAP_S = 0.5
_WORTH_A_WAIT_MS = 20


@dataclass(slots=True)
class Span:
    """The first and the last moment of what is played, in ms since the epoch."""

    first: int
    last: int

    def with_moment(self, moment: int) -> Span:
        """Return the span that reaches to `moment` too."""
        return Span(min(self.first, moment), max(self.last, moment))

    def moved(self, by_ms: int) -> Span:
        """Return the same span, that much later."""
        return Span(self.first + by_ms, self.last + by_ms)


class Pace:
    """
    Plays the moments of `span` at `speed` times real time, from now on.

    Moments that come in disorder are late, and wait for nothing; so does a moment outside of the span, which only a
    record has that is going to be refused.
    """

    def __init__(self, clock: Clock, span: Span, speed: float) -> None:
        self._clock = clock
        self._span = span
        self._speed = speed
        self._began = clock.now_ms()

    def wait_ms(self, moment: int) -> float:
        """Return how long `moment` (ms since the epoch) has to wait yet; 0 if that is not worth it."""
        if not self._span.first <= moment <= self._span.last:
            return 0.0
        wait = self._began + (moment - self._span.first) / self._speed - self._clock.now_ms()
        return wait if wait > _WORTH_A_WAIT_MS else 0.0

    async def until(self, moment: int) -> None:
        """Wait until `moment` is due."""
        while (wait := self.wait_ms(moment)) > 0:  # noqa: ASYNC110 - a clock cannot be waited for
            await asyncio.sleep(min(_NAP_S, wait / 1000))


def shift_to_now(span: Span, now: int, speed: float | None) -> int:
    """
    Return by how much recorded moments must move so that the last one lies at now, to the millisecond.

    At a speed, that is the moment at which the last one is sent, so at speed 1 everything happens as it is sent. A
    speed below 1 has its first event now, for nothing may lie ahead of the clock.
    """
    length = span.last - span.first
    takes = 0 if speed is None else round(min(length / speed, length))
    return now + takes - span.last
