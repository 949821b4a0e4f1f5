"""When the legs of a call were joined: the time in which a rep and the other party talked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.sources.freeswitch.legs import OWN_VOICE, VOICEMAIL
from stream.sources.freeswitch.parties import is_originated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.sources.freeswitch.legs import Leg, Stay
    from stream.sources.freeswitch.parties import Parties
    from stream.sources.seen import Seen

Span = tuple[int, int]
"""From when to when, in ms since the epoch."""


class Talks:
    """Tells when there was talk, and counts in `seen` where that is not sure."""

    def __init__(self, parties: Parties, seen: Seen) -> None:
        self._parties = parties
        self._seen = seen

    def of_legs(self, entry: Leg, far: Sequence[Leg]) -> list[Span]:
        """Return when somebody was talked to: by the answered far legs, or by what the only one says of itself."""
        others = [leg for leg in far if leg is not entry]
        if others:
            return union((leg.answered, leg.end) for leg in others if leg.answered and not leg.apps & VOICEMAIL)
        if not entry.answered:
            return []
        if entry.bridged is not None and not is_originated(entry):
            return [(max(entry.bridged, entry.answered), entry.end)] if entry.bridged else []
        if entry.apps & OWN_VOICE and "bridge" not in entry.apps:
            return []
        self._seen.unsure += not entry.apps
        return [(entry.answered, entry.end)]

    def of_queue(self, stay: Stay, entry: Leg, others: Sequence[Leg]) -> list[Span]:
        """Return when a caller in a queue was talked to: by the agent until they left, and by whoever came then."""
        if stay.answered is None:
            return []
        inside = [leg for leg in others if leg.answered and leg.inbound is not True and self._parties.is_inside(leg)]
        agents = [leg for leg in inside if leg.start <= stay.answered < leg.end]
        ends = [max(leg.end for leg in agents)] if agents else []
        end = min([entry.end, *ends, *([stay.terminated] if stay.terminated else [])])
        later = [
            (leg.answered or leg.start, leg.end) for leg in inside if leg not in agents and leg.end > stay.answered
        ]
        return within(union([(stay.answered, max(end, stay.answered)), *later]), [(entry.start, entry.end)])


def union(spans: Iterable[tuple[int | None, int]]) -> list[Span]:
    """Return the time that any of `spans` covers, in order and without overlaps."""
    joined: list[Span] = []
    for begin, end in sorted((begin or 0, end) for begin, end in spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def within(spans: Sequence[Span], bounds: Iterable[Span]) -> list[Span]:
    """Return the time of `spans` that any of `bounds` covers too."""
    both = ((max(begin, first), min(end, last)) for begin, end in spans for first, last in union(bounds))
    return [(begin, end) for begin, end in both if begin <= end]
