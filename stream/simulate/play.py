"""A floor brought up to now: the days before as fast as they can be told, then on in real time."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stream.clock import SystemClock
from stream.simulate.days import DAY, HOUR, Days
from stream.simulate.floor import Floor
from stream.sources.shift import shifted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from stream.clock import Clock

_PAUSE_S = 0.5
_NEVER = 2**62
_AFTERNOON = 15 * HOUR


@dataclass(frozen=True, slots=True)
class Play:
    """
    A floor, and by how much its time is set off from ours (`shift_ms` is added to every moment).

    Equal plays tell equal events, so a play that was kept (`as_dict`) goes on where it stopped, with the same ids.
    """

    floor: Floor
    shift_ms: int = 0

    def history(self, until_ms: int, *, after_ms: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival, event) of all that has arrived up to `until_ms`, or of what came since `after_ms`."""
        for arrival, event in self.floor:
            ours = arrival + self.shift_ms
            if ours > until_ms:
                return
            if after_ms is None or ours > after_ms:
                yield ours, shifted(event, self.shift_ms) if self.shift_ms else event

    async def live(self, after_ms: int, clock: Clock | None = None) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival, event) of what arrives after `after_ms`, each when `clock` has reached its arrival."""
        clock = clock or SystemClock()
        for arrival, event in self.history(_NEVER, after_ms=after_ms):
            while (wait_ms := arrival - clock.now_ms()) > 0:  # noqa: ASYNC110  a clock cannot be waited for
                await asyncio.sleep(min(_PAUSE_S, wait_ms / 1000))
            yield arrival, event

    def is_open(self, now_ms: int) -> bool:
        """Tell whether the floor is at work at `now_ms` of our time."""
        return Days(self.floor.zone, self.floor.profile).is_open(now_ms - self.shift_ms)

    def as_dict(self) -> dict[str, int | float | str]:
        """Return what is needed to go on with this play; a profile of one's own is not in it."""
        floor = self.floor
        return {
            "seed": floor.seed,
            "reps": floor.reps,
            "campaigns": floor.campaigns,
            "leads_per_day": floor.leads_per_day,
            "start": floor.start.isoformat(),
            "zone": floor.zone.key,
            "shift_ms": self.shift_ms,
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Play:
        """Return the play that `as_dict` was made of."""
        floor = Floor(
            seed=kept["seed"],
            reps=kept["reps"],
            campaigns=kept["campaigns"],
            leads_per_day=kept["leads_per_day"],
            start=dt.date.fromisoformat(kept["start"]),
            zone=ZoneInfo(kept["zone"]),
        )
        return cls(floor, kept["shift_ms"])


@dataclass(frozen=True, slots=True)
class Sizes:
    """How big a floor is."""

    reps: int = 12
    campaigns: int = 4
    leads_per_day: float = 150.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))


def begin(seed: int, days: int, now_ms: int, sizes: Sizes | None = None, *, at_work: bool = True) -> Play:
    """
    Return a play that begins `days` days before today's midnight.

    With `at_work`, a floor that would be closed now (or has only just opened, or soon closes) is set off from our
    time, so that it is three in the afternoon of its last working day there: a demo at night has something to show.
    """
    sizes = sizes or Sizes()
    sized = Floor(seed=seed, reps=sizes.reps, campaigns=sizes.campaigns, leads_per_day=sizes.leads_per_day)
    calendar = Days(sizes.zone, sized.profile)
    theirs = now_ms
    if at_work and not (calendar.is_open(now_ms - 2 * HOUR) and calendar.is_open(now_ms + HOUR)):
        day = calendar.of(now_ms)
        while not day.working or day.midnight + _AFTERNOON > now_ms:
            day = calendar.of(day.midnight - DAY // 2)
        theirs = day.midnight + _AFTERNOON
    start = calendar.of(theirs).date - dt.timedelta(days=days)
    floor = Floor(
        seed=seed,
        reps=sizes.reps,
        campaigns=sizes.campaigns,
        leads_per_day=sizes.leads_per_day,
        start=start,
        zone=sizes.zone,
    )
    return Play(floor, now_ms - theirs)


def history(seed: int, days: int, until_ms: int, sizes: Sizes | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (arrival, event) of the `days` days before today and of today up to `until_ms`."""
    return begin(seed, days, until_ms, sizes).history(until_ms)


def live(
    seed: int, days: int, from_ms: int, sizes: Sizes | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """Yield (arrival, event) in real time, going on where `history` of the same arguments ends."""
    return begin(seed, days, from_ms, sizes).live(from_ms, clock)
