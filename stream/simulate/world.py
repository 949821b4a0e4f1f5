"""What all parts of a simulated floor share: its clock, random generator, ids, and delivery of records."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any

from stream.events.types import SIMULATED
from stream.simulate.delivery import Delivery
from stream.simulate.people import Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.simulate.days import Day, Days
    from stream.simulate.profile import Profile


class World:
    """
    The event loop of the simulation: its clock jumps from one scheduled action to the next.

    `tag` identifies the floor: it is part of every id, so that two floors never share a lead, a call or an event.
    `start` is in ms since the epoch.
    """

    def __init__(self, seed: str, tag: str, start: int, days: Days, profile: Profile) -> None:
        self.rng = Random(f"{seed}/world")
        self.profile = profile
        self.days = days
        self.day: Day = days.of(start)
        self.numbers = Numbers(self.rng)
        self._tag = tag
        self._delivery = Delivery(seed, profile)
        self._schedule: list[tuple[int, int, Callable[[int, Any], None], Any]] = []
        self._entries = 0
        self._events = 0
        self._ids = 0

    def schedule(self, t: int, act: Callable[[int, Any], None], what: Any = None) -> None:
        """Call `act(t, what)` when the clock shows `t` (ms since the epoch); ties in order of scheduling."""
        self._entries += 1
        heappush(self._schedule, (t, self._entries, act, what))

    def new_id(self, prefix: str) -> str:
        """Return a new id for a lead, a call, an opportunity or a customer, which begins with `prefix`."""
        self._ids += 1
        return f"{prefix}-{self._tag}-{self._ids}"

    def telephony(self, kind: str, at: int, **fields: Any) -> dict[str, Any]:
        """Send an event of the telephony system, and return it; fields that are None are left out."""
        event = self._event(kind, at, fields)
        self._delivery.telephony(event)
        return event

    def crm(self, kind: str, at: int, **fields: Any) -> None:
        """Send an event of the CRM; fields that are None are left out."""
        self._delivery.crm(self._event(kind, at, fields))

    def revise(self, event: dict[str, Any], at: int, **fields: Any) -> None:
        """Send the record of `event` again at `at`, with other `fields`: the same event, a revision later."""
        revision = event.get("revision", 0) + 1
        self._delivery.crm({**event, **fields, "revision": revision}, sent_at=at)

    def arrived(self, before: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival in ms since the epoch, event) of what was sent and arrives before `before`, by arrival."""
        return self._delivery.arrived(before)

    def run(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival in ms since the epoch, event) in the order of arrival, without end."""
        scheduled = self._schedule
        while scheduled:
            t, _, act, what = heappop(scheduled)
            # Records that are still to be sent cannot arrive before `t`.
            yield from self._delivery.arrived(t)
            act(t, what)

    def _event(self, kind: str, at: int, fields: dict[str, Any]) -> dict[str, Any]:
        self._events += 1
        event: dict[str, Any] = {"id": f"{self._tag}-{self._events:x}", "type": kind, "at": at, "source": SIMULATED}
        event.update((name, value) for name, value in fields.items() if value is not None)
        return event
