"""Which floor the demo simulates and how far it has been sent, so that the next start goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stream.demo.folder import storage_error
from stream.errors import RingboardError
from stream.simulate import Play, Sizes, begin

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

MINUTE = 60_000
HALF_AN_HOUR = 30 * MINUTE
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class DemoState:
    """
    A simulated floor, and the moment up to which its events were sent.

    `sent_floor_ms` is in the floor's own time (ms since the epoch), which is shifted so that the floor is open whenever
    the demo runs (see `at_work`); None before the first event. `days` is how many days of history it began with.
    """

    play: Play
    days: int
    sent_floor_ms: int | None = None

    @property
    def sent_until_ms(self) -> int | None:
        """The same moment in real time, in ms since the epoch; None before the first event."""
        return None if self.sent_floor_ms is None else self.sent_floor_ms + self.play.shift_ms

    def sent(self, until_ms: int) -> DemoState:
        """Return the state once all up to `until_ms` (real time) has been sent."""
        return replace(self, sent_floor_ms=until_ms - self.play.shift_ms)

    def at_work(self, now_ms: int) -> DemoState:
        """
        Return the state with the floor's time shifted so that the floor is at work at `now_ms` (real time).

        A floor that would be closed now is set back to the latest half hour at which it was at work, after what has
        been sent, so that nothing is sent twice; or else forward to the next half hour at which it is.
        """
        floor_now = now_ms - self.play.shift_ms
        if self.sent_floor_ms is None or self._busy(floor_now):
            return self
        earliest = self.sent_floor_ms
        moment = floor_now - floor_now % HALF_AN_HOUR
        while moment > earliest and not self._busy(moment):
            moment -= HALF_AN_HOUR
        if moment <= earliest:
            moment = earliest
            while not self._busy(moment):
                moment += HALF_AN_HOUR
        return replace(self, play=replace(self.play, shift_ms=now_ms - moment))

    def save(self, path: Path) -> None:
        """
        Save the state to the file at `path`, atomically.

        Raises:
            RingboardError: the file cannot be written.

        """
        draft = path.with_suffix(".new")
        fields = {"play": self.play.as_dict(), "days": self.days, "told_ms": self.sent_floor_ms}
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump(fields, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise storage_error(path.parent, error) from error

    @classmethod
    def load(cls, path: Path) -> DemoState:
        """
        Return the state saved at `path`.

        Raises:
            RingboardError: the file cannot be read, or holds no state of a demo.

        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(Play.from_dict(fields["play"]), fields["days"], fields["told_ms"])
        except OSError as error:
            raise storage_error(path, error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise RingboardError(f"{path}: is no state of a demo; start with --reset") from error

    @classmethod
    def new(cls, seed: int, days: int, now_ms: int, zone: ZoneInfo) -> DemoState:
        """Return the state of a new demo: `days` days of history, and a floor in `zone` that is at work at `now_ms`."""
        return cls(begin(seed, days, now_ms, Sizes(zone=zone)), days)

    def _busy(self, floor_ms: int) -> bool:
        """Return whether the floor is open at `floor_ms` of its own time and an hour later."""
        real_ms = floor_ms + self.play.shift_ms
        return self.play.is_open(real_ms) and self.play.is_open(real_ms + HOUR)
