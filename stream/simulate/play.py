"""Playback of a simulated floor: its past at full speed, then its events in real time."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stream.clock import SystemClock
from stream.simulate.days import DAY, HOUR, Days
from stream.simulate.floor import Floor
from stream.simulate.profile import Profile
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
    The playback of a floor, with its time shifted: `shift_ms` is added to every time of it.

    Equal plays yield equal events, so a play that was saved (`as_dict`) goes on with the same ids.
    """

    floor: Floor
    shift_ms: int = 0

    def history(self, until_ms: int, *, after_ms: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival, event) up to arrival `until_ms`, or only those after `after_ms`; ms since the epoch."""
        for arrival, event in self.floor:
            real = arrival + self.shift_ms
            if real > until_ms:
                return
            if after_ms is None or real > after_ms:
                yield real, shifted(event, self.shift_ms) if self.shift_ms else event

    async def live(self, after_ms: int, clock: Clock | None = None) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Yield (arrival, event) of those that arrive after `after_ms`, each when `clock` reaches its arrival."""
        clock = clock or SystemClock()
        for arrival, event in self.history(_NEVER, after_ms=after_ms):
            while (wait_ms := arrival - clock.now_ms()) > 0:  # noqa: ASYNC110  a clock cannot be waited for
                await asyncio.sleep(min(_PAUSE_S, wait_ms / 1000))
            yield arrival, event

    @property
    def began_ms(self) -> int:
        """When the floor's first day began (real time, ms since the epoch)."""
        return self.floor.began_ms + self.shift_ms

    def is_open(self, now_ms: int) -> bool:
        """Return whether the floor is open at `now_ms` (real time, ms since the epoch)."""
        return Days(self.floor.zone, self.floor.profile).is_open(now_ms - self.shift_ms)

    def as_dict(self) -> dict[str, int | float | str]:
        """Return the play as JSON types, all but the floor's profile, for `from_dict`."""
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
    def from_dict(cls, fields: dict[str, Any], profile: Profile | None = None) -> Play:
        """Return the play that `as_dict` was called on, of a floor with `profile`, by default the default one."""
        floor = Floor(
            seed=fields["seed"],
            reps=fields["reps"],
            campaigns=fields["campaigns"],
            leads_per_day=fields["leads_per_day"],
            start=dt.date.fromisoformat(fields["start"]),
            zone=ZoneInfo(fields["zone"]),
            profile=profile or Profile(),
        )
        return cls(floor, fields["shift_ms"])


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of a floor, its time zone, and how it behaves."""

    reps: int = 12
    campaigns: int = 4
    leads_per_day: float = 150.0
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    profile: Profile = field(default_factory=Profile)


def begin(seed: int, days: int, now_ms: int, sizes: Sizes | None = None, *, at_work: bool = True) -> Play:
    """
    Return a play that begins `days` days before today's midnight.

    With `at_work`, a floor that would be closed at `now_ms` (or opened less than two hours ago, or closes within one)
    is shifted in time to 15:00 of its last working day, so that a demo at night has something to show.
    """
    sizes = sizes or Sizes()
    calendar = Days(sizes.zone, sizes.profile)
    floor_now = now_ms
    if at_work and not (calendar.is_open(now_ms - 2 * HOUR) and calendar.is_open(now_ms + HOUR)):
        day = calendar.of(now_ms)
        while not day.working or day.midnight + _AFTERNOON > now_ms:
            day = calendar.of(day.midnight - DAY // 2)
        floor_now = day.midnight + _AFTERNOON
    start = calendar.of(floor_now).date - dt.timedelta(days=days)
    floor = Floor(
        seed=seed,
        reps=sizes.reps,
        campaigns=sizes.campaigns,
        leads_per_day=sizes.leads_per_day,
        start=start,
        zone=sizes.zone,
        profile=sizes.profile,
    )
    return Play(floor, now_ms - floor_now)


def history(seed: int, days: int, until_ms: int, sizes: Sizes | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (arrival, event) of the `days` days before today, and of today up to `until_ms` (ms since the epoch)."""
    return begin(seed, days, until_ms, sizes).history(until_ms)


def live(
    seed: int, days: int, from_ms: int, sizes: Sizes | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """Yield (arrival, event) in real time, from where `history` with the same arguments ends."""
    return begin(seed, days, from_ms, sizes).live(from_ms, clock)
