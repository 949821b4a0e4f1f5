"""What all parts of a simulated floor share: its clock, its chance, its ids, and the way its records leave."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any

from stream.simulate.delivery import Delivery
from stream.simulate.people import Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.simulate.days import Day, Days
    from stream.simulate.profile import Profile

SOURCE = "simulated"


class World:
    """
    A clock that goes from one thing to do to the next.

    `tag` names the floor: it is in every id, so that two floors never share a lead, a call or an event.
    """

    def __init__(self, seed: str, tag: str, start: int, days: Days, profile: Profile) -> None:
        self.rng = Random(f"{seed}/world")
        self.profile = profile
        self.days = days
        self.day: Day = days.of(start)
        self.numbers = Numbers(self.rng)
        self._tag = tag
        self._delivery = Delivery(seed, profile)
        self._agenda: list[tuple[int, int, Callable[[int, Any], None], Any]] = []
        self._entries = 0
        self._events = 0
        self._things = 0

    def later(self, t: int, act: Callable[[int, Any], None], what: Any = None) -> None:
        """Do `act(t, what)` when the clock shows `t`; of two at the same moment the one entered first is first."""
        self._entries += 1
        heappush(self._agenda, (t, self._entries, act, what))

    def name(self, letter: str) -> str:
        """Return a new id for a lead, a call, an opportunity or a customer."""
        self._things += 1
        return f"{letter}-{self._tag}-{self._things}"

    def telephony(self, kind: str, at: int, **fields: Any) -> None:
        """Tell an event of the telephony system; fields that are None are left out."""
        self._delivery.telephony(self._event(kind, at, fields))

    def crm(self, kind: str, at: int, **fields: Any) -> None:
        """Tell an event of the CRM; fields that are None are left out."""
        self._delivery.crm(self._event(kind, at, fields))

    def run(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival in ms since the epoch, event) in the order of arrival, without end."""
        agenda = self._agenda
        while agenda:
            t, _, act, what = heappop(agenda)
            # Nothing that is still to happen can arrive before it has happened.
            yield from self._delivery.arrived(t)
            act(t, what)

    def _event(self, kind: str, at: int, fields: dict[str, Any]) -> dict[str, Any]:
        self._events += 1
        event: dict[str, Any] = {"id": f"{self._tag}-{self._events:x}", "type": kind, "at": at, "source": SOURCE}
        event.update((name, value) for name, value in fields.items() if value is not None)
        return event
