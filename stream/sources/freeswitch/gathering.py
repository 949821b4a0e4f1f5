"""Puts the legs of a call together: by the ids that they name, and one that names none by its numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.joining import Joins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.freeswitch.legs import Leg
    from stream.sources.freeswitch.parties import Parties
    from stream.sources.joining import Group

_WHOLE_AFTER_MS: Final = 2 * 3_600_000
_SETTLED_AFTER_MS: Final = 3 * 3_600_000
_STEP_MS: Final = 600_000
_TELLING: Final = 8  # digits at the end of a number, which no gateway's prefix changes


class Gathering:
    """
    The calls that may yet get another leg.

    Legs are joined by ids first, in whatever order they come. What is left alone then is kept an hour longer: only
    when all of its time is known can be said for which call it may have been dialled, and whether for one only.
    """

    def __init__(self, parties: Parties) -> None:
        self._parties = parties
        self._joins: Joins[Leg] = Joins(_WHOLE_AFTER_MS)
        self._waiting: list[Group[Leg]] = []
        self._oldest: int | None = None

    def put(self, leg: Leg) -> None:
        """Take a leg."""
        self._joins.put(leg, leg.keys, [group for _, group in self._joins.found(leg.keys)])

    def whole(self, now: int | None) -> Iterator[Group[Leg]]:
        """Let go of the calls that are whole at `now` (ms since the epoch); without a time, of all."""
        for group in self._joins.whole(now):
            self._waiting.append(group)
            self._oldest = group.end if self._oldest is None else min(self._oldest, group.end)
        if self._oldest is None or (now is not None and abs(now - self._oldest) <= _SETTLED_AFTER_MS + _STEP_MS):
            return
        due = [one for one in self._waiting if now is None or abs(now - one.end) > _SETTLED_AFTER_MS]
        taken = self._joined(due)
        gone = {id(one) for one in due}
        self._waiting = [one for one in self._waiting if id(one) not in gone]
        self._oldest = min((one.end for one in self._waiting), default=None)
        yield from (one for one in due if id(one) not in taken)

    def settled(self) -> Iterator[Group[Leg]]:
        """Yield the calls that have had no leg for a while, but those that may be a leg of another, and keep them."""
        for group in self._joins.settled():
            if len(group.parts) > 1 or not self._parties.is_lone_far(group.parts[0]):
                yield group

    def _joined(self, due: list[Group[Leg]]) -> set[int]:
        """Add each lone leg that is due to the call that it may have been dialled for, and return which these were."""
        lone = [one for one in due if len(one.parts) == 1 and self._parties.is_lone_far(one.parts[0])]
        if not lone:
            return set()
        by_number: dict[str, list[Group[Leg]]] = {}
        for group in self._waiting:
            for number in {_end(number) for leg in group.parts for number in (leg.caller, leg.called)}:
                by_number.setdefault(number, []).append(group)
        taken: set[int] = set()
        for one in lone:
            far = one.parts[0]
            hosts = [
                (abs(far.start - near.start), near.start, near.uuid, group)
                for number in {_end(far.caller), _end(far.called)}
                for group in by_number.get(number, ())
                if group is not one and id(group) not in taken
                for near in group.parts
                if self._parties.may_be_for(far, near)
            ]
            if hosts:
                *_, home = min(hosts, key=lambda host: host[:3])
                for part in one.parts:
                    home.add(part)
                taken.add(id(one))
        return taken


def _end(number: str) -> str:
    return number[-_TELLING:]
