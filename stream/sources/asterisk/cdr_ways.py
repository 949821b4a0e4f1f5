"""Which way a row of the call detail records alone says that its call went, and which number it went to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan import apps, names
from stream.sources.dial_plan.left_out import look_of
from stream.sources.dial_plan.ways import Dialled, Party, Ways

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.dial_plan.directions import Directions, Side
    from stream.sources.dial_plan.ways import Direction
    from stream.sources.dial_plan.weighing import Verdict
    from stream.sources.signs import Sign

WITHHELD: Final = "anonymous"
# What only says that a channel was called by the telephone system, or that it has ended.
_SAYS_NOTHING: Final = frozenset({"appdial2"})
# Where a rep waits for whom a dialler puts to them: no row of it rings anybody.
CONFERENCES: Final = frozenset({"confbridge", "meetme", "conference"})


class RowWays:
    """Reads rows by what the floor has configured, and by what the rows before have shown of its peers."""

    def __init__(self, directions: Directions) -> None:
        self.directions = directions
        self.ways = Ways(directions)
        self._said: dict[tuple[int, bool], Verdict[Direction]] = {}

    def learn(self, row: Row) -> None:
        """Take what a row shows of peers: which is a line, which a telephone, and which number the floor shows."""
        if row.app not in apps.DIALS:
            return
        peers = self.ways.peers
        peers.dials(row.data)
        peers.called(row.channel, row.src, row.dst)
        side = self.directions.side_of_number
        if side(row.src) != "outside" or side(row.dst) != "outside" or peers.is_own(row.src):
            return
        if self.ways.side(self._caller(row)._replace(number="")).says == "inside":
            peers.shows(row.src)

    def way(self, row: Row, *, placed: bool = False) -> Verdict[Direction]:
        """Return which way this row alone says the call went; `placed` if the telephone system began the call."""
        known = self._said.get((row.line, placed))
        if known is None:
            known = self._said[row.line, placed] = self.ways.way(self._dialled(row, placed=placed))
        return known

    def begin(self) -> None:
        """Begin with another call: what was said of the rows of the one before is of no more use."""
        self._said.clear()

    def speaks(self, row: Row) -> bool:
        """Return whether a row says anything of the way: that somebody was rung, or waited, or came in."""
        if self.is_queue(row) or self.is_dial(row):
            return True
        name = names.channel(row.channel)
        said = row.answered or row.app != "hangup"
        return said and not name.is_local and row.app not in _SAYS_NOTHING | CONFERENCES

    def side(self, channel: str, number: str = "", account: str = "") -> Side | None:
        """Return on which side the party of a channel is."""
        return self.ways.side(Party(channel, number, account)).says

    def caller_side(self, row: Row) -> Side | None:
        """Return on which side the party is that a row's channel is of."""
        return self.ways.side(self._caller(row)).says

    def look_of(self, row: Row) -> Sign:
        """Return what the call of a row looks like, where nothing says the way that it went."""
        return look_of(self.directions, self._dialled(row))

    def number(self, *rows: Row) -> str:
        """Return the number that was dialled, by the first of `rows` that tells it; else what is not shown."""
        return next((number for row in rows if (number := self.ways.number(self._dialled(row)))), WITHHELD)

    @staticmethod
    def is_queue(row: Row) -> bool:
        """Return whether a caller stood in a queue."""
        return row.app == apps.QUEUE

    @staticmethod
    def is_dial(row: Row) -> bool:
        """
        Return whether somebody else was rung, or joined.

        Where one row tells of a whole call, its application is what the dial plan did last; the channel that was rung
        is there all the same.
        """
        app = row.app
        return app in apps.DIALS or (bool(row.peer) and app not in CONFERENCES)

    def _caller(self, row: Row) -> Party:
        # The context of a row is its last one: a caller who was put through is in that of the telephones too.
        last = self.directions.is_internal_context(row.context) and self.directions.side_of_number(row.dst) != "outside"
        born_in = "" if last or names.channel(row.channel).is_local else row.context
        return Party(row.channel, row.src, row.account, born_in)

    def _dialled(self, row: Row, *, placed: bool = False) -> Dialled:
        queue = apps.queue_and_patience(row.data)[0] if self.is_queue(row) else ""
        return Dialled(
            caller=self._caller(row),
            context=row.context,
            extension=row.dst,
            data=row.data if row.app in apps.DIALS else "",
            called=Party(row.peer),
            queue=queue,
            direct=row.did,
            placed=placed,
        )


def placed_by_system(rows: Sequence[Row], oldest: str) -> bool:
    """Return whether the telephone system began the call of `rows`: whose `oldest` channel was called itself."""
    first = [row for row in rows if row.unique == oldest]
    return any(names.channel(row.channel).half == 1 or row.app == "appdial2" for row in first)
