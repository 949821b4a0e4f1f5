"""When the party outside was joined with somebody of the floor: from the rows of a call, through its Local channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources.dial_plan import apps, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stream.sources.asterisk.cdr_rows import Row

# Steps through Local channels that are looked at in one call: a real one has some tens, one in circles no end.
_MOST_STEPS: Final = 2000
_SURE_MS: Final = 1000  # within a second of its beginning nothing tells a queue's answer from the dial plan's Answer()


class Talk(NamedTuple):
    """
    A time in which two parties were joined, in ms; `seconds` as the rows count them.

    `row` is that of the party outside; `end_at` the channel at its other end, `through` the Local channels between,
    from that party on. `exact` if its begin is that of the talk, and not of a wait or of ringing.
    """

    row: Row
    end_at: str
    through: tuple[str, ...]
    begin: int
    end: int
    seconds: int
    exact: bool


@dataclass(slots=True)
class _Edge:
    """That `one` and `other` were joined, by a row."""

    row: Row
    one: str
    other: str
    begin: int
    end: int
    exact: bool


@dataclass(slots=True)
class Joined:
    """The joins of one call. `called` are channels that were called themselves, whose answer is their own."""

    rows: Sequence[Row]
    called: frozenset[str] = frozenset()
    _edges: list[_Edge] = field(default_factory=list)
    _steps: int = 0

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.answered and row.peer and row.answer is not None and not self._own_voice(row):
                self._edges.append(self._edge(row))
        for name in {edge.other for edge in self._edges if edge.other.endswith(";1")}:
            self._one_at_a_time(name)

    def talks(self, party: str) -> list[Talk]:
        """Return with whom the channel `party` was joined, through whatever Local channels, in the order of time."""
        talks: list[Talk] = []
        leg = self._leg(party)
        for edge in self._edges:
            if party in {edge.one, edge.other}:
                begin, end = edge.begin, edge.end
                if leg is not None and leg.answer is not None:
                    begin, end = max(begin, leg.answer), min(end, leg.end)
                found = self._follow(edge, Talk(edge.row, party, (), begin, end, 0, edge.exact))
                most = edge.row.billsec if leg is None else leg.billsec
                talks += (talk._replace(seconds=min(talk.seconds, most)) for talk in found)
        return sorted(talks, key=lambda talk: (talk.begin, not talk.exact))

    def _follow(self, edge: _Edge, so_far: Talk) -> Iterator[Talk]:
        """Yield what an edge leads to from the end of a talk so far."""
        begin, end = max(so_far.begin, edge.begin), min(so_far.end, edge.end)
        exact = so_far.exact and edge.exact
        to = edge.other if so_far.end_at == edge.one else edge.one
        self._steps += 1
        if end < begin or self._steps > _MOST_STEPS:
            return
        if not names.channel(to).is_local:
            whole = edge.row if edge.row.answer == begin and edge.row.end == end else so_far.row
            seconds = min(whole.billsec, (end - begin + 999) // 1000) if whole.billsec else (end - begin) // 1000
            yield Talk(so_far.row, to, so_far.through, begin, end, seconds, exact)
            return
        half = _other_half(to)
        if to in so_far.through or half in so_far.through:
            return
        onwards = [one for one in self._edges if half in {one.one, one.other} and one is not edge]
        if not onwards:
            yield from self._ends_here(edge, so_far._replace(begin=begin, end=end, exact=exact), to)
        further = Talk(so_far.row, half, (*so_far.through, to), begin, end, 0, exact)
        for onward in onwards:
            yield from self._follow(onward, further)

    def _ends_here(self, edge: _Edge, talk: Talk, local: str) -> Iterator[Talk]:
        """Yield the talk with whom the dial plan itself speaks for at a Local channel, or of whom no more is told."""
        leg = self._leg(local) if local.endswith(";1") else None
        if leg is not None and leg.answer is not None and leg.app not in apps.VOICEMAIL:
            begin, end = max(talk.begin, leg.answer), min(talk.end, leg.end)
            if begin <= end:
                seconds = min(leg.billsec, edge.row.billsec, (end - begin + 999) // 1000)
                yield talk._replace(end_at=local, begin=begin, end=end, seconds=seconds)
        elif not any(row.channel == _other_half(local) for row in self.rows):
            yield talk._replace(end_at=local, seconds=edge.row.billsec, exact=self._is_late(edge.row))

    def _leg(self, local: str) -> Row | None:
        """Return the row of the dial plan at the other half of a Local channel, which rang nobody further."""
        half = _other_half(local)
        legs = [row for row in self.rows if half and row.channel == half and not row.peer]
        return next((row for row in legs if row.answered), None)

    def _edge(self, row: Row) -> _Edge:
        begin = max(row.answer or row.start, row.start)
        # A Local channel is answered when what it leads to is; and whom a transfer joins was up before.
        joins = row.app not in {apps.QUEUE, *apps.DIALS, *apps.OWN_VOICE}
        exact = row.peer.endswith(";1") or joins or self._is_late(row)
        return _Edge(row, row.channel, row.peer, begin, row.end, exact)

    def _is_late(self, row: Row) -> bool:
        """Return whether the answer in a row is that of whom it rang, as its channel was not up before."""
        sure = _SURE_MS if row.app == apps.QUEUE else 0
        return row.answer is not None and row.answer - row.start > sure and row.channel not in self.called

    def _one_at_a_time(self, name: str) -> None:
        """Hold that one end of a Local channel is joined with one other: with the next when the one before is over."""
        edges = sorted(
            (one for one in self._edges if name in {one.one, one.other}), key=lambda one: (one.end, one.begin)
        )
        for before, after in pairwise(edges):
            after.begin = max(after.begin, before.end)

    def _own_voice(self, row: Row) -> bool:
        """Return whether what a row was joined with is the telephone system's own voice."""
        if row.app in apps.VOICEMAIL:
            return True
        half = _other_half(row.peer)
        legs = [one for one in self.rows if half and one.channel == half]
        return any(leg.app in apps.VOICEMAIL for leg in legs) and not any(leg.answered and leg.peer for leg in legs)


def _other_half(name: str) -> str:
    """Return the other end of a Local channel; empty for any other channel."""
    if name.endswith(";1"):
        return name[:-1] + "2"
    return name[:-1] + "1" if name.endswith(";2") else ""


def apart(talks: Iterable[Talk]) -> list[Talk]:
    """Return the talks in their order, without those that only tell again of one before."""
    found: list[Talk] = []
    for talk in sorted(talks, key=lambda one: (one.begin, not one.exact, -one.seconds)):
        if not found or talk.begin >= found[-1].end - _SURE_MS:
            found.append(talk)
    return found


def ends_in_dialling(talks: Iterable[Talk], rows: Sequence[Row]) -> bool:
    """Return whether a rep dialled a transfer at the end of a talk: the time that this took is part of the talk."""
    return any(
        row.channel == talk.end_at and row.peer.endswith(";1") and 0 <= row.start - talk.end <= _SURE_MS
        for talk in talks
        for row in rows
    )
