"""Determines whether a worker is alive, and whether it is ready or what it waits for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from agents.peers.claims import READY, RECOVERING, Claim, Holder, valid_claims

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.peers.floor_view import FloorView
    from agents.peers.peers import Peers

STUCK_AFTER_S: Final = 120.0


class Health:
    """The health of one worker; `monotonic` returns the seconds of a monotonic clock."""

    def __init__(self, view: FloorView, peers: Peers | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._view = view
        self._peers = peers
        self._monotonic = monotonic
        self._last: Any = None
        self._since = monotonic()

    def liveness(self) -> dict[str, Any]:
        """Return whether the worker is alive: it is not, for `stuck_s`, if waiting work makes no progress."""
        engine = self._view.engine
        status = engine.status()
        lag = engine.lag()
        at_work = any(lag.values()) or any(one.state == RECOVERING for one in status)
        seen = (
            dict(engine.positions()),
            [(one.group, one.partition, one.state, one.restored) for one in status],
        )
        now = self._monotonic()
        if not at_work or seen != self._last:
            self._last, self._since = seen, now
        stuck = now - self._since
        return {"alive": stuck < STUCK_AFTER_S, **({"stuck_s": round(stuck)} if stuck >= STUCK_AFTER_S else {})}

    def readiness(self) -> dict[str, Any]:
        """
        Return whether the worker is `ready`, and which partitions are recovering, were lost, or have no worker.

        `outside` are the addresses of workers that it does not ask, as they are in none of `peer_networks`.

        A worker with partitions is ready when all of them are; one without, because there are enough others, when all
        partitions are ready at the others.
        """
        status = self._view.engine.status()
        recovering = [
            {"group": one.group, "partition": one.partition, "restored": one.restored, "total": one.total}
            for one in status
            if one.state == RECOVERING
        ]
        claims = [Claim(one.group, one.partition, one.state) for one in status]
        own = Holder(self._peers.generation if self._peers else 0, claims, None)
        claims_of = valid_claims([own, *(self._peers.holders(own).values() if self._peers else ())])
        ready = {place for place, rivals in claims_of.items() if rivals[0][1] == READY}
        missing = [
            {"group": group, "partition": partition}
            for group, partition in self._view.expected()
            if (group, partition) not in claims_of
        ]
        outside = self._peers.outside() if self._peers else []
        here = [one.state == READY for one in status]
        return {
            "ready": all(here) if here else ready.issuperset(self._view.expected()),
            "recovering": recovering,
            "lost": [
                {"group": o.group, "partition": o.partition} for o in status if o.state not in (READY, RECOVERING)
            ],
            "missing": missing,
            **({"outside": outside} if outside else {}),
        }
