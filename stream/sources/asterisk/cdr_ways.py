"""Which way a row of the call detail records alone says that its call went, and which number it went to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.asterisk import apps, names

if TYPE_CHECKING:
    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.asterisk.directions import Directions, Side, Way

WITHHELD: Final = "anonymous"
# What stands in place of a number that is not shown; telephones of the floor show theirs.
_HIDDEN: Final = frozenset({"anonymous", "restricted", "private", "withheld", "unavailable"})


class Ways:
    """Reads rows by what the floor has configured."""

    def __init__(self, directions: Directions) -> None:
        self._directions = directions

    def way(self, row: Row) -> Way | None:
        """Return which way this row alone says the call went; None if it does not enter or leave by it."""
        if self.is_queue(row):
            return self._directions.way_of_queue(apps.queue_and_patience(row.data)[0])
        way = self._directions.way_of_context(row.context)
        if way == "outbound":
            return way if self.is_dial(row) else None
        if way is not None:
            return way
        caller = self._caller_side(row)
        if caller == "inside":
            return "outbound" if self._called_side(row) == "outside" and self.is_dial(row) else None
        second_half = names.channel(row.channel).is_called_half
        enters = caller == "outside" and not second_half and row.app.lower() not in {"appdial2", "hangup"}
        return "inbound" if enters else None

    def _caller_side(self, row: Row) -> Side | None:
        if names.channel(row.channel).is_called_half:
            # The name is of whoever is called; the caller is on the other half.
            return self._directions.side_of_number(row.src)
        side = self._directions.side(row.channel, number=row.src)
        return "outside" if side is None and row.src.casefold() in _HIDDEN else side

    def _called_side(self, row: Row) -> str | None:
        if row.peer and (side := self._directions.side(row.peer, number=row.dst)) is not None:
            return side
        return self._directions.side_of_number(row.dst) or self._directions.side_of_number(self._dialled(row))

    @staticmethod
    def is_queue(row: Row) -> bool:
        """Tell whether a caller stood in a queue."""
        return row.app.lower() == apps.QUEUE

    @staticmethod
    def is_dial(row: Row) -> bool:
        """Tell whether somebody else was rung, or joined."""
        app = row.app.lower()
        return app in apps.DIALS or (bool(row.peer) and app in apps.JOINS)

    def number(self, row: Row) -> str:
        """Return the number that was dialled: by the extension, or by what was rung."""
        return self.one_of(row.dst, self._dialled(row))

    def _dialled(self, row: Row) -> str:
        name = names.interface(apps.dialled(row.data))
        if name.is_local or self._directions.side_of_number(name.peer) is not None:
            return name.peer
        return apps.dialled(row.data).rpartition("/")[2].partition("@")[0]

    def one_of(self, *candidates: str) -> str:
        """Return the first that is a number of the outside; none of them is a withheld one."""
        outside = self._directions.side_of_number
        return next((one for one in candidates if outside(one) == "outside"), None) or next(
            (one for one in candidates if outside(one) is not None), WITHHELD
        )
