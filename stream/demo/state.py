"""Which floor the demo plays and how far it has been told, so that the next start goes on with it."""

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
class Story:
    """
    A play, and the moment up to which it was told.

    `told_ms` is in the floor's own time, which stands still while it makes no sense to go on (see `at_work`);
    None before the beginning. `days` is how many days of history it began with.
    """

    play: Play
    days: int
    told_ms: int | None = None

    @property
    def told_ours_ms(self) -> int | None:
        """The same moment in our time."""
        return None if self.told_ms is None else self.told_ms + self.play.shift_ms

    def told(self, ours_ms: int) -> Story:
        """Return the story told up to `ours_ms` of our time."""
        return replace(self, told_ms=ours_ms - self.play.shift_ms)

    def at_work(self, now_ms: int) -> Story:
        """
        Return the story set off from our time so that the floor is at work now, and nothing is told twice.

        A floor that would be closed now stands at an earlier moment of its time, after the one up to which it was
        told, or else at the next moment at which it is open.
        """
        theirs = now_ms - self.play.shift_ms
        if self.told_ms is None or self._busy(theirs):
            return self
        earliest = self.told_ms
        moment = theirs - theirs % HALF_AN_HOUR
        while moment > earliest and not self._busy(moment):
            moment -= HALF_AN_HOUR
        if moment <= earliest:
            moment = earliest
            while not self._busy(moment):
                moment += HALF_AN_HOUR
        return replace(self, play=replace(self.play, shift_ms=now_ms - moment))

    def save(self, path: Path) -> None:
        """
        Keep the story in the file at `path`, whole or not at all.

        Raises:
            RingboardError: it cannot be written.

        """
        draft = path.with_suffix(".new")
        kept = {"play": self.play.as_dict(), "days": self.days, "told_ms": self.told_ms}
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise storage_error(path.parent, error) from error

    @classmethod
    def load(cls, path: Path) -> Story:
        """
        Return the story kept at `path`.

        Raises:
            RingboardError: what stands there is none.

        """
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(Play.from_dict(kept["play"]), kept["days"], kept["told_ms"])
        except OSError as error:
            raise storage_error(path, error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise RingboardError(f"{path}: is not what the demo keeps there; start with --reset") from error

    @classmethod
    def new(cls, seed: int, days: int, now_ms: int, zone: ZoneInfo) -> Story:
        """Return a story of which nothing was told yet: `days` days of history, and a floor in `zone` at work now."""
        return cls(begin(seed, days, now_ms, Sizes(zone=zone)), days)

    def _busy(self, theirs_ms: int) -> bool:
        """Tell whether the floor is at work at `theirs_ms` of its time, and for an hour to come."""
        ours = theirs_ms + self.play.shift_ms
        return self.play.is_open(ours) and self.play.is_open(ours + HOUR)
