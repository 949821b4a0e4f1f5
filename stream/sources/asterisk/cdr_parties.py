"""Who is who in the rows of a call: the party outside, the rep at a channel, the telephone system itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.sources.asterisk.cdr_talks import Talk
from stream.sources.asterisk.cdr_ways import CONFERENCES, WITHHELD
from stream.sources.dial_plan import apps, names
from stream.sources.dial_plan.numbers import without_line_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.asterisk.cdr_shown import Shown
    from stream.sources.asterisk.cdr_talks import Joined
    from stream.sources.asterisk.cdr_ways import RowWays


class Parties:
    """Reads parties by the weighed sides of their channels, and reps by their names."""

    def __init__(self, ways: RowWays, shown: Shown) -> None:
        self._ways = ways
        self._shown = shown
        self._directions = ways.directions

    # talks

    def talks_outbound(self, entry: Row, dials: Sequence[Row], rows: Sequence[Row], joined: Joined) -> Iterator[Talk]:
        """Yield the talks of the prospect with somebody of the floor; one handed on to a number outside is none."""
        prospects = {one for row in dials if not self._ways.is_queue(row) for one in _reached_by(row, rows)}
        if self._ways.is_queue(entry):
            prospects.add(entry.channel)
        for prospect in sorted(prospects):
            for talk in joined.talks(prospect):
                of_entry = talk.end_at == entry.channel
                if talk.end_at not in prospects and (of_entry or self._is_floor(talk)):
                    yield talk

    def talks_inbound(self, entry: Row, joined: Joined) -> Iterator[Talk]:
        """Yield the talks of the caller with the floor: a number outside counts that was rung before anybody spoke."""
        spoke = False
        for talk in joined.talks(entry.channel):
            if self._is_floor(talk) or not spoke:
                yield talk
                spoke = True

    def conference(self, rows: Sequence[Row]) -> Talk | None:
        """Return the talk of a prospect who was put into a conference: from then until the end of the call."""
        end = max(row.end for row in rows)
        for row in rows:
            if row.app in CONFERENCES and row.answered and not row.peer and row.end < end:
                return Talk(row, _room(row), (), row.end, end, (end - row.end) // 1000, exact=True)
        return None

    def called_themselves(self, rows: Sequence[Row], *, placed: bool) -> frozenset[str]:
        """Return the channels that the telephone system called first: their answer is not that of whom they ring."""
        if not placed:
            return frozenset()
        oldest = min(rows, key=lambda row: row.order[1])
        return frozenset({oldest.channel})

    def _is_floor(self, talk: Talk) -> bool:
        """Return whether a talk is with the floor: at a telephone, or through an extension of it, or a named rep."""
        if any(self._is_inside(one) for one in talk.through):
            return True
        return self._ways.side(talk.end_at) != "outside"

    def _is_inside(self, local: str) -> bool:
        return self._directions.is_rep(local) or self._directions.side_of_number(names.channel(local).peer) == "inside"

    # the telephone system itself

    def is_own_voice(self, row: Row, rows: Sequence[Row]) -> bool:
        """Return whether what a row was joined with is the telephone system's own voice."""
        return row.app in apps.OWN_VOICE or self.is_own_mailbox(row, rows)

    @staticmethod
    def is_own_mailbox(row: Row, rows: Sequence[Row]) -> bool:
        """Return whether what a row rang, by a Local channel, is a mailbox of the telephone system."""
        half = row.peer[:-1] + "2" if row.peer.endswith(";1") else ""
        return bool(half) and any(leg.channel == half and leg.app in apps.VOICEMAIL for leg in rows)

    # names and numbers

    def is_dialled_first(self, entry: Row) -> bool:
        """Return whether the call began with the prospect, by a Local channel to a number outside."""
        name = names.channel(entry.channel)
        return name.is_local and self._directions.side_of_number(name.peer) == "outside"

    def number(self, entry: Row, dials: Sequence[Row]) -> str:
        """Return the number of the prospect."""
        if self.is_dialled_first(entry):
            number = self._directions.number(names.channel(entry.channel).peer) or WITHHELD
            return without_line_prefix(number, *(one for row in dials if (one := self._ways.number(row)) != WITHHELD))
        if not self._ways.is_queue(entry) or dials[0] is not entry:
            number = self._ways.number(*dials)
            # What is dialled in a context of the settings is the number, however short.
            return number if number != WITHHELD else next(filter(str.isdecimal, [entry.dst]), WITHHELD)
        own = self._ways.ways.is_own
        return self._directions.number(*(one for one in (entry.src, entry.dst) if not own(one))) or WITHHELD

    def rep_at(self, row: Row, rows: Sequence[Row]) -> str | None:
        """Return the rep who dialled: at the channel of a row, or at whom its Local channel has reached."""
        name = names.channel(row.channel)
        if not name.is_local:
            return self._rep(row.channel)
        half = row.channel[:-1] + ("2" if name.half == 1 else "1")
        reached = next((leg.peer for leg in rows if leg.channel == half and leg.peer), "")
        if reached and not names.channel(reached).is_local:
            return self._rep(reached)
        if name.is_called_half and self._directions.side_of_number(row.src) == "inside":
            return self._directions.rep(names.interface(row.src))
        return self._rep(row.channel)

    def reached(self, talks: Sequence[Talk]) -> str | None:
        """Return the rep of the first talk: at the telephone reached, or at the extension that led outside."""
        if not talks:
            return None
        talk = talks[0]
        if talk.end_at == _room(talk.row):  # a conference
            if self._directions.is_rep(talk.end_at):
                return self._rep(talk.end_at)
            channel = self._shown.whose(talk.end_at, talk.begin, talk.end)
            return None if channel is None else self._rep(channel)
        if self._ways.side(talk.end_at) != "outside":
            return self._rep(talk.end_at)
        inside = next((one for one in talk.through if self._is_inside(one)), None)
        return None if inside is None else self._rep(inside)

    def _rep(self, channel: str) -> str | None:
        return self._directions.rep(names.channel(channel), channel.partition("-")[0])


def _reached_by(row: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the channels that a row has rung, through Local channels."""
    todo, seen = [row], set[str]()
    while todo:
        rang = todo.pop(0).peer
        if not names.channel(rang).is_local:
            if rang:
                yield rang
            continue
        half = rang[:-1] + "2"
        if half in seen:
            continue
        seen.add(half)
        legs = [leg for leg in rows if leg.channel == half and leg.peer]
        if not legs:  # the dial plan itself speaks for them
            yield rang
        todo += legs


def _room(row: Row) -> str:
    """Return the conference that a row is of; empty for any other."""
    return apps.arguments(row.data)[0].strip() if row.app in CONFERENCES else ""
