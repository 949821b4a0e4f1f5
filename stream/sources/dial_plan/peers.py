"""What dials show of the peers of a telephone system, as they are heard: which are lines, which are telephones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from stream.sources.dial_plan import names
from stream.sources.dial_plan.apps import same_number
from stream.sources.dial_plan.numbers import LOCAL, dial_strings

if TYPE_CHECKING:
    from stream.sources.dial_plan.directions import Directions

_MOST: Final = 20_000  # peers, and numbers, that are remembered; a floor has far fewer
Shown = Literal["line", "telephone"]


class Peers:
    """
    Remembers what the dials of one file, or of one connection, have shown.

    A peer over which a number of the outside was dialled is a line; one that was rung by its name alone a telephone.
    One by which several numbers of the outside called the floor's extensions is a line too, as a telephone shows one.
    One that was both is neither. A number that telephones of the floor show when they dial out is the floor's own.
    """

    def __init__(self, directions: Directions) -> None:
        self._directions = directions
        self._shown: dict[str, Shown | None] = {}
        self._own: set[str] = set()
        self._called_by: dict[str, str] = {}
        # How often something new was shown: what was weighed before is to be weighed again.
        self.changes = 0

    def dials(self, data: str) -> None:
        """Take the dial strings of a dial, or the interface of a queue's member."""
        for one in dial_strings(data):
            if one.tech == LOCAL or not one.peer:
                continue
            if not one.number:
                self._show(f"{one.tech}/{one.peer}", "telephone")
            elif self._directions.side_of_number(one.number) == "outside":
                self._show(f"{one.tech}/{one.peer}", "line")

    def shows(self, number: str) -> None:
        """Take the number that a telephone of the floor shows to whom it dials outside."""
        if number in self._own or len(self._own) >= _MOST:
            return
        if self._directions.side_of_number(number) == "outside":
            self._own.add(number)
            self.changes += 1

    def called(self, channel: str, number: str, extension: str) -> None:
        """Take that somebody has called an extension of the floor by a channel, under `number`."""
        name, side = names.channel(channel), self._directions.side_of_number
        if name.is_local or not name.peer or side(number) != "outside" or side(extension) == "outside":
            return
        peer = f"{name.tech}/{name.peer}"
        first = self._called_by.get(peer)
        if first is None:
            if len(self._called_by) < _MOST:
                self._called_by[peer] = number
        elif not same_number(first, number):
            self._show(peer, "line")

    def of(self, channel: str) -> Shown | None:
        """Return what the peer of a channel was shown to be."""
        name = names.channel(channel)
        return None if name.is_local else self._shown.get(f"{name.tech}/{name.peer}")

    def is_own(self, number: str) -> bool:
        """Return whether the floor's telephones show this number outside."""
        return number in self._own

    def _show(self, peer: str, shown: Shown) -> None:
        if peer not in self._shown:
            if len(self._shown) < _MOST:
                self._shown[peer] = shown
                self.changes += 1
        elif self._shown[peer] not in {shown, None}:
            self._shown[peer] = None
            self.changes += 1
