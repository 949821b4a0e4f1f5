"""What the rows of a file show, as they are read, of its queues and conferences: rings, ways out, whose a room is."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources.asterisk.cdr_ways import CONFERENCES
from stream.sources.dial_plan import apps, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.asterisk.cdr_ways import RowWays

_SLACK_MS: Final = 1000  # rows have whole seconds
_MOST: Final = 5_000  # rooms, and ways out of queues, that are remembered
_MOST_IN_A_ROOM: Final = 200


class Passed(NamedTuple):
    """A queue that callers of an extension go through, and after how many ms it gives up."""

    queue: str
    patience: int


class Shown:
    """
    Remembers what rows have shown so far.

    How long the telephones of a queue ring; where the dial plan goes on with callers whom nobody in a queue picked up;
    and from when to when who is of the floor was in a conference.
    """

    def __init__(self, ways: RowWays) -> None:
        self._ways = ways
        self._longest_ring: dict[str, int] = {}
        self._rooms: OrderedDict[str, OrderedDict[str, tuple[int, int]]] = OrderedDict()
        self._ways_out: dict[tuple[str, ...], Passed | None] = {}

    def learn(self, row: Row) -> None:
        """Take what a row shows by itself."""
        app = row.app
        if app == apps.QUEUE:
            if row.peer and not row.answered:
                queue = apps.queue_and_patience(row.data)[0]
                self._longest_ring[queue] = max(row.end - row.start, self._longest_ring.get(queue, 0))
        elif app in CONFERENCES and not names.channel(row.channel).is_local:
            self._was_there(row)

    # queues

    def rang_out(self, row: Row) -> bool:
        """
        Return whether the ring in a queue's row may have ended by itself: no other ring of the queue was longer.

        One that did not reach that length was cut off, as its caller hung up.
        """
        longest = self._longest_ring.get(apps.queue_and_patience(row.data)[0], 0)
        return row.end - row.start >= longest - _SLACK_MS

    def learn_way_out(self, rows: Sequence[Row]) -> None:
        """Take where the dial plan went on with a caller whom nobody picked up: `rows` are those of their channel."""
        queues = [row for row in rows if self._ways.is_queue(row)]
        if not queues or any(row.peer and row.answered for row in rows):
            return
        last = rows[-1]
        queue, patience = apps.queue_and_patience(queues[-1].data)
        where = _where(last)
        if last is queues[-1] or patience is None or _where(queues[-1])[:2] != where[:2]:
            return
        passed = Passed(queue, 1000 * patience)
        if len(self._ways_out) < _MOST or where in self._ways_out:
            # Where several queues lead, or one with more than one patience, nothing tells which it was.
            self._ways_out[where] = passed if self._ways_out.get(where, passed) == passed else None

    def passed(self, rows: Sequence[Row]) -> Passed | None:
        """
        Return the queue that a caller has passed whose one row names what came after; None where nothing shows it.

        It rang nobody. Others of the same extension came out of that queue into the same application, and the caller
        was there for as long as it gives up after. A shorter one shows that there is a way around the queue.
        """
        if len(rows) != 1 or rows[0].peer or not rows[0].answered:
            return None
        (row,) = rows
        found = self._ways_out.get(_where(row))
        if found is not None and row.end - row.start < found.patience - _SLACK_MS:
            self._ways_out[_where(row)] = None
            return None
        return found

    # conferences

    def whose(self, room: str, begin: int, end: int) -> str | None:
        """Return the channel of the floor that was in a conference all the while; None if there was none, or two."""
        there = [
            channel
            for channel, (since, until) in self._rooms.get(room, {}).items()
            if since - _SLACK_MS <= begin and end <= until + _SLACK_MS
        ]
        return there[0] if len(there) == 1 else None

    def is_of_a_rep(self, rows: Sequence[Row]) -> bool:
        """Return whether `rows` are those of somebody of the floor who was in a conference, and nothing else."""
        return all(
            row.app in CONFERENCES
            and not names.channel(row.channel).is_local
            and self._ways.caller_side(row) != "outside"
            for row in rows
        )

    def _was_there(self, row: Row) -> None:
        if not row.answered or self._ways.caller_side(row) == "outside":
            return
        room = apps.arguments(row.data)[0].strip()
        members = self._rooms.setdefault(room, OrderedDict())
        since, until = members.get(row.channel, (row.start, row.end))
        members[row.channel] = (min(since, row.start), max(until, row.end))
        if len(members) > _MOST_IN_A_ROOM:
            members.popitem(last=False)
        if len(self._rooms) > _MOST:
            self._rooms.popitem(last=False)


def _where(row: Row) -> tuple[str, ...]:
    return row.context, row.dst, row.app, row.data
