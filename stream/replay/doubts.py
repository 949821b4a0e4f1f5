"""What looks wrong in the events of a file, though each of them is right: what a mapping has not said, or a zone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from stream.events.types import CallEnded, SpendRecorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from stream.events.types import AnyEvent

    Openings = Sequence[Sequence[tuple[int, int]]]

ENOUGH: Final = 3
"""Of fewer events what they have in common says nothing."""
_ENOUGH_FOR_HOURS: Final = 20
_HOUR_MS: Final = 3_600_000
_NEAR_MS: Final = 600_000
_AHEAD_MS: Final = 300_000
_MINUTES: Final = 15  # of a day's parts
_PARTS: Final = 24 * 60 // _MINUTES
_OUTSIDE: Final = 0.1
_BETTER: Final = 0.2
_MOST: Final = 0.9
_FURTHEST_H: Final = 12


class Doubts:
    """Looks at the events of a file: calls in a floor's `zone` whose `openings` are those of each day from Monday."""

    def __init__(self, zone: tzinfo, openings: Openings) -> None:
        self._zone = zone
        self._openings = openings
        self._calls = self._answered = self._without_talk = 0
        self._named = 0
        self._campaigns: set[str] = set()
        self._off: Counter[int] = Counter()
        self._times: Counter[tuple[int, int]] = Counter()
        self._ahead: list[int] = [0, 0]

    def see(self, event: AnyEvent, now_ms: int) -> None:
        """Take an admitted event into account."""
        campaign = getattr(event, "campaign", None)
        if campaign is not None and not isinstance(event, SpendRecorded):
            self._named += 1
            self._campaigns.add(campaign)
        if event.at > now_ms + _AHEAD_MS and not isinstance(event, SpendRecorded):
            self._ahead = [self._ahead[0] + 1, max(self._ahead[1], event.at - now_ms)]
        if isinstance(event, CallEnded):
            self._see_call(event)

    def _see_call(self, call: CallEnded) -> None:
        self._calls += 1
        answered = call.answered_at is not None
        self._answered += answered or (call.talk_s or 0) > 0
        self._without_talk += answered and call.talk_s is None and call.disposition is None
        self._off[_hours(call)] += 1
        local = datetime.fromtimestamp(call.placed_at / 1000, self._zone)
        self._times[local.weekday(), (local.hour * 60 + local.minute) // _MINUTES] += 1

    def lines(self, *, by_mapping: bool, as_recorded: bool) -> Iterator[str]:
        """Yield what looks wrong; of files read `by_mapping`, also what it says the same of everything."""
        if self._without_talk:
            yield (
                f"{self._without_talk} of {self._calls} calls were answered and have no talk, so none of these is a "
                'contact; where the answer and the end are known: talk_s = { between = ["answered_at", "ended_at"] }'
            )
        if self._calls >= ENOUGH and not self._answered:
            yield f"none of its {self._calls} calls was answered; is answered_at or talk_s read from the right column?"
        if by_mapping and self._named >= ENOUGH and len(self._campaigns) == 1:
            yield "all of it is one campaign; if there are several, which column names them?"
        if as_recorded:
            yield from self._of_times()

    def _of_times(self) -> Iterator[str]:
        hours, calls = self._off.most_common(1)[0] if self._off else (0, 0)
        if hours and calls >= max(ENOUGH, _MOST * self._calls):
            yield (
                f"in {calls} of {self._calls} calls {hours} h lie between the beginning and the end beyond the talk; "
                "are all of its times of one timezone?"
            )
        if self._ahead[0]:
            yield (
                f"{self._ahead[0]} of its events lie ahead of the clock, the last by {_span(self._ahead[1])}; is the "
                "timezone right?"
            )
        if self._calls >= _ENOUGH_FOR_HOURS:
            yield from self._of_openings()

    def _of_openings(self) -> Iterator[str]:
        now = self._outside(0)
        better = min(
            (hours for hours in range(-_FURTHEST_H, _FURTHEST_H + 1)), key=lambda h: (self._outside(h), abs(h))
        )
        if now > _OUTSIDE and self._outside(better) < _BETTER * now:
            way = "later" if better > 0 else "earlier"
            yield (
                f"{now:.0%} of its calls lie outside the opening hours, and {self._outside(better):.0%} would if all "
                f"lay {abs(better)} h {way}; is the timezone right?"
            )

    def _outside(self, hours: int) -> float:
        """Return the share of the calls that would lie outside the opening hours, if all lay so many hours later."""
        outside = 0
        for (day, part), calls in self._times.items():
            later = part + hours * 60 // _MINUTES
            minute, weekday = later % _PARTS * _MINUTES, (day + later // _PARTS) % 7
            outside += calls * (not any(start <= minute < end for start, end in self._openings[weekday]))
        return outside / self._calls


def _hours(call: CallEnded) -> int:
    """Return how many whole hours too many lie between a call's beginning and its end, or its answer; 0 for none."""
    talk = round((call.talk_s or 0) * 1000)
    gaps = [call.at - call.placed_at - talk]
    if call.answered_at is not None:
        gaps.append(call.answered_at - call.placed_at)
    for gap in gaps:
        hours = round(gap / _HOUR_MS)
        if hours and abs(gap - hours * _HOUR_MS) < _NEAR_MS:
            return hours
    return 0


def _span(ms: int) -> str:
    return f"{ms / _HOUR_MS:.0f} h" if ms >= _HOUR_MS else f"{ms // 60_000} min"
