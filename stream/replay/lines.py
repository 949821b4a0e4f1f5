"""Sends the events of a simulated floor in time: each when it is due, at a rate, at a speed, or live."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stream.clock import Clock

EVERY = 2000  # events between two looks at the broker, and at Ctrl-C
_NAP_S = 0.25
_WORTH_A_WAIT_MS = 20


class Listener(Protocol):
    """What takes the events."""

    def put(self, event: dict[str, Any], line: int) -> None:
        """Take the event numbered `line`."""

    async def relieve(self) -> None:
        """Send what is full; awaited now and then."""

    async def flush(self) -> None:
        """Return when nothing is under way any more."""


@dataclass(slots=True)
class Telling:
    """
    What has been sent: how many events by type, and up to which arrival.

    `due(number, arrival)` returns when an event may be sent, in ms of `clock`; without it, all are sent at once.
    """

    clock: Clock
    due: Callable[[int, int], float] | None = None
    progress: Callable[[int], None] = lambda _: None
    by_type: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    async def run(self, arrivals: Iterable[tuple[int, dict[str, Any]]], listener: Listener) -> None:
        """Send all of `arrivals`; when it is cancelled, what was sent has reached the listener."""
        number = 0
        try:
            for arrival, event in arrivals:
                if self.due is not None:
                    await self._wait(self.due(number, arrival), listener)
                number += 1
                listener.put(event, number)
                self.by_type[event["type"]] += 1
                self.first = arrival if self.first is None else self.first
                self.last = arrival
                if number % EVERY == 0:
                    await listener.relieve()
                    await asyncio.sleep(0)
                    self.progress(arrival)
        finally:
            await listener.flush()

    async def _wait(self, due: float, listener: Listener) -> None:
        if due - self.clock.now_ms() <= _WORTH_A_WAIT_MS:
            return
        await listener.flush()
        if self.last is not None:
            self.progress(self.last)
        while (wait := due - self.clock.now_ms()) > 0:  # noqa: ASYNC110 - a clock cannot be waited for
            await asyncio.sleep(min(_NAP_S, wait / 1000))


def at_rate(clock: Clock, rate: float) -> Callable[[int, int], float]:
    """Return the `due` of `rate` events a second from now on."""
    began = clock.now_ms()
    return lambda number, _: began + 1000 * number / rate


def at_speed(clock: Clock, first: int, speed: float) -> Callable[[int, int], float]:
    """Return the `due` of `speed` times real time, in which the moment `first` is now."""
    began = clock.now_ms()
    return lambda _, arrival: began + (arrival - first) / speed


def live(_: int, arrival: int) -> float:
    """Return when an event is due that is sent as it arrives: what is past, at once."""
    return arrival
