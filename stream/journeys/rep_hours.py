"""
The states of a rep, an hour to a journey: each also has the state that follows its last one, which ends that.

A rep's states would else be one journey that never falls silent, unpacked and written whole with each of them.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from stream.journeys.batch import REP, SEPARATOR, by_moment
from stream.journeys.store import facts_of, header
from stream.kpi.rules import HOUR, REP_STATE_LASTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.journeys.batch import Batch, Draft
    from stream.journeys.store import Journeys

STATES_KEPT: Final = 48 * HOUR
_moment = attrgetter("at")


def name_of(rep: str, hour: int) -> str:
    """Return the name of the journey of `rep` in `hour` (since the epoch)."""
    return f"{rep}{SEPARATOR}{hour}"


def _key_of(rep: str, hour: int) -> bytes:
    return REP + name_of(rep, hour).encode()


def rep_and_hour(key: bytes) -> tuple[str, int]:
    """Return whose journey it is that has this key, and of which hour."""
    rep, _, hour = key[1:].decode().rpartition(SEPARATOR)
    return rep, int(hour)


def rep_of(key: bytes) -> str:
    """Return whose journey it is that has this key, also where a stranger wrote it and its hour is none."""
    return key[1:].decode(errors="replace").rpartition(SEPARATOR)[0]


def own_and_next(facts: list[Any], hour: int) -> list[Any]:
    """Keep of `facts` those of `hour`, and the first after it."""
    return facts[: bisect_left(facts, (hour + 1) * HOUR, key=_moment) + 1]


def _first(draft: Draft) -> Any:
    if draft.in_order:  # mostly, and then there is nothing to look for
        return (draft.before or draft.added)[0]
    return min(chain(draft.before[:1], draft.added), key=by_moment)


class RepHours:
    """
    Of each rep the hours that have a journey, in order, and the moment of the latest state, in ms.

    No state of any rep that was committed lies after `latest_of_all`.
    """

    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys
        self._hours: dict[str, list[int]] = {}
        self._latest: dict[str, int] = {}
        self.latest_of_all = 0

    def latest(self, rep: str) -> int:
        """Return the moment of the latest state of `rep` that was committed; 0 if there is none."""
        return self._latest.get(rep, 0)

    def states_until(self, rep: str, moment: int) -> Iterator[Any]:
        """Yield the states of `rep` up to `moment` (ms) that are kept, the latest first."""
        for hour in reversed(self._hours.get(rep, ())):
            if hour * HOUR <= moment:
                facts = facts_of(self._journeys.get(_key_of(rep, hour)) or b"")
                ends = min(moment, (hour + 1) * HOUR - 1)
                yield from (fact for fact in reversed(facts) if fact.at <= ends)

    def take(self, journey: tuple[bytes, bytes | None]) -> None:
        """Take in what a journey has become, by its key; None is one that is gone."""
        key, packed = journey
        if key[:1] != REP:
            return
        rep, hour = rep_and_hour(key)
        hours = self._hours.setdefault(rep, [])
        place = bisect_left(hours, hour)
        known = hours[place : place + 1] == [hour]
        if packed is not None:
            latest = self._latest[rep] = max(self._latest.get(rep, 0), header(packed)[0])
            self.latest_of_all = max(self.latest_of_all, latest)
            if not known:
                hours.insert(place, hour)
        elif known:
            del hours[place]
        if not hours:
            del self._hours[rep]
            self._latest.pop(rep, None)

    def tie(self, batch: Batch) -> list[bytes]:
        """
        Have each changed journey of `batch`, and the one before it, know the first state that follows.

        Returns the keys of the journeys that no state which is still taken could change any more.
        """
        changed: dict[str, dict[int, Draft]] = {}
        for key, draft in batch.drafts.items():
            if key[:1] == REP and draft.changed:
                rep, hour = rep_and_hour(key)
                changed.setdefault(rep, {})[hour] = draft
        over: list[bytes] = []
        for rep, drafts in changed.items():
            hours = sorted({*self._hours.get(rep, ()), *drafts})
            latest = max(self.latest(rep), *(draft.latest for draft in drafts.values()))
            for hour, draft in drafts.items():
                self._tie(rep, hour, draft, hours, batch)
            oldest = latest - STATES_KEPT - REP_STATE_LASTS
            over += [_key_of(rep, hour) for hour in hours if (hour + 1) * HOUR <= oldest]
        return over

    def _tie(self, rep: str, hour: int, draft: Draft, hours: Sequence[int], batch: Batch) -> None:
        place = bisect_left(hours, hour)
        first = _first(draft)
        if not draft.before and place + 1 < len(hours):
            _follow(draft, hour, self._first_of(_key_of(rep, hours[place + 1]), batch))
        if place and first not in draft.before[:1]:
            earlier = hours[place - 1]
            _follow(batch.draft(_key_of(rep, earlier), self._journeys), earlier, first)

    def _first_of(self, key: bytes, batch: Batch) -> Any:
        draft = batch.drafts.get(key)
        return _first(draft) if draft is not None else facts_of(self._journeys.get(key) or b"")[0]


def _follow(draft: Draft, hour: int, fact: Any) -> None:
    """Have the journey of `hour` know that `fact` follows, unless it knows of an earlier one."""
    last = draft.before[-1] if draft.before else None
    if last is None or last.at < (hour + 1) * HOUR or by_moment(fact) < by_moment(last):
        draft.follow(fact)
