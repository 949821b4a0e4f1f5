"""How the records of a floor arrive: a little late, and some of them very late, twice, out of order, or never."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import TYPE_CHECKING, Any

from stream.simulate.days import HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.simulate.profile import Profile


class Delivery:
    """
    The records in transit from the floor, by their time of arrival.

    It has its own random generator, so that a profile without loss or lateness delivers the same floor.
    """

    def __init__(self, seed: str, profile: Profile) -> None:
        self._random = Random(f"{seed}/delivery").random
        self._profile = profile
        self._in_transit: list[tuple[int, int, dict[str, Any]]] = []
        self._sent = 0

    def telephony(self, event: dict[str, Any]) -> None:
        """Send an event of the telephony system: it arrives within about a second."""
        self._send(event, int(self._random() * 900) + 40, self._profile.loss)

    def crm(self, event: dict[str, Any], sent_at: int | None = None) -> None:
        """Send an event of the CRM at its own moment, or later: it arrives within seconds, or with the next batch."""
        delay = int(self._random() * 6000) + 300
        if self._random() < self._profile.crm_batches:
            delay += int(self._random() * 15 * MINUTE)
        if sent_at is not None:
            delay += sent_at - event["at"]
        self._send(event, delay, self._profile.loss * self._profile.crm_loses)

    def arrived(self, before: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival in ms since the epoch, event) of all that arrive before `before`, by arrival."""
        in_transit = self._in_transit
        while in_transit and in_transit[0][0] < before:
            arrival, _, event = heappop(in_transit)
            yield arrival, event

    def _send(self, event: dict[str, Any], delay: int, loss: float) -> None:
        profile = self._profile
        draw = self._random()
        # One draw decides whether it is lost, else late, else sent twice.
        at: int = event["at"]
        if draw < loss:
            return
        draw -= loss
        if draw < profile.late:
            shortest, longest = profile.late_h
            delay += int((shortest + self._random() * (longest - shortest)) * HOUR)
        elif draw - profile.late < profile.duplicates:
            self._sent += 1
            heappush(self._in_transit, (at + delay + int(self._random() * 5 * MINUTE), self._sent, event))
        self._sent += 1
        heappush(self._in_transit, (at + delay, self._sent, event))
