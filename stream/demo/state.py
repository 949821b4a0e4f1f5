"""Which floor the demo simulates and how far it has been sent, so that the next start goes on from there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from heapq import merge
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from stream.demo.floor import PROFILE, sizes
from stream.demo.folder import storage_error
from stream.errors import RingboardError
from stream.privacy.private_files import write_text
from stream.simulate import Play, Story, begin
from stream.simulate.story import DENSE, EVERY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

MINUTE = 60_000
HALF_AN_HOUR = 30 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FOREVER = 2**62
LIVE_ONLY = frozenset({"call.started", "call.answered"})


@dataclass(frozen=True, slots=True)
class DemoState:
    """
    A simulated floor, and the moment up to which its events were sent.

    `sent_floor_ms` is in the floor's own time (ms since the epoch), which is shifted so that the floor is open whenever
    the demo runs (see `at_work`); None before the first event. `days` is how many days of history it began with.
    `stories` are when the demo began to tell its story, in real time: each ends an hour after the next begins.
    """

    play: Play
    days: int
    sent_floor_ms: int | None = None
    stories: tuple[int, ...] = ()

    @property
    def sent_until_ms(self) -> int | None:
        """The same moment in real time, in ms since the epoch; None before the first event."""
        return None if self.sent_floor_ms is None else self.sent_floor_ms + self.play.shift_ms

    def sent(self, until_ms: int) -> DemoState:
        """Return the state once all up to `until_ms` (real time) has been sent."""
        return replace(self, sent_floor_ms=until_ms - self.play.shift_ms)

    def events(self, now_ms: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """
        Yield (arrival in ms, event) of the floor and of its stories, without end, but for what was sent.

        A story that began after that is sent whole: its requests of an hour ago arrive late. What feeds live views
        only (that a call rings, that it is answered) is left out where it is older than a day at `now_ms`.
        """
        after = self.sent_until_ms
        ends: list[int | None] = [*(begins + HOUR for begins in self.stories[1:]), None]
        told = (_from(Story(self.play.floor, *one), after) for one in zip(self.stories, ends, strict=False))
        for arrival, event in merge(self.play.history(FOREVER, after_ms=after), *told, key=itemgetter(0)):
            if arrival >= now_ms - DAY or event["type"] not in LIVE_ONLY:
                yield arrival, event

    def looked_at(self, now_ms: int) -> DemoState:
        """Return the state with the floor at work at `now_ms` (real time), and a story from about then on."""
        state = self.at_work(now_ms)
        if state.stories and now_ms < state.stories[-1] + DENSE * EVERY // 2:
            return state
        sent = state.sent_until_ms
        going_on = (one for one in pairwise(state.stories) if sent is None or one[1] + 2 * HOUR > sent)
        return replace(state, stories=(*(one[0] for one in going_on), *state.stories[-1:], now_ms))

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
        fields["stories"] = list(self.stories)
        try:
            write_text(draft, "")
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
            play = Play.from_dict(fields["play"], PROFILE)
            days, sent = fields["days"], fields["told_ms"]
            if "stories" not in fields:
                raise RingboardError(f"{path}: this demo was begun by an earlier version; add --reset to begin anew")
            return cls(play, days, sent, tuple(fields["stories"]))
        except OSError as error:
            raise storage_error(path, error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise RingboardError(f"{path}: is no state of a demo; start with --reset") from error

    @classmethod
    def new(cls, seed: int, days: int, now_ms: int, zone: ZoneInfo) -> DemoState:
        """Return the state of a new demo: `days` days of history, and a floor in `zone` that is at work at `now_ms`."""
        return cls(begin(seed, days, now_ms, sizes(zone)), days).looked_at(now_ms)

    def _busy(self, floor_ms: int) -> bool:
        """Return whether the floor is open at `floor_ms` of its own time and an hour later."""
        real_ms = floor_ms + self.play.shift_ms
        return self.play.is_open(real_ms) and self.play.is_open(real_ms + HOUR)


def _from(story: Story, after_ms: int | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what of `story` was not sent by `after_ms`; all of it if it began later, then none before that moment."""
    for arrival, event in story:
        if after_ms is None or arrival > after_ms:
            yield arrival, event
        elif story.begins_ms > after_ms:
            yield after_ms + 1, event
