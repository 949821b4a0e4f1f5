"""Whose telephone a channel is: by the settings, the queues' members, and what is dialled at a peer, and by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.sources.dial_plan.apps import same_number

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.lines import Line, Lines
    from stream.sources.asterisk.ami.members import Members
    from stream.sources.dial_plan.directions import Directions


@dataclass(slots=True)
class Peers:
    """Tells reps' telephones from lines to the outside, by the peers of their channels."""

    directions: Directions
    lines: Lines
    members: Members
    _trunks: set[str] = field(default_factory=set)
    _phones: set[str] = field(default_factory=set)

    def learn(self, line: Line, dialler: Line | None, dial_string: str) -> None:
        """Learn of a peer by what is dialled there: a number outside at a line, nothing more at a telephone."""
        peer = line.name.peer
        if line.name.is_local:
            return
        parts = [part for part in dial_string.replace("@", "/").split("/") if part != peer and ":" not in part]
        numbers = [part for part in parts if self.directions.side_of_number(part) == "outside"]
        if numbers:
            self._trunks.add(peer)
            self._phones.discard(peer)
            if dialler is not None and dialler.came and any(same_number(dialler.extension, one) for one in numbers):
                self._phones.add(dialler.name.peer)  # whoever dials that number is at a telephone
        elif peer in dial_string and peer not in self._trunks:
            self._phones.add(peer)

    def rep_at(self, line: Line) -> str | None:
        """Return the rep at a channel; None where nobody of the floor is at it, or that is not known yet."""
        if not (line.up or line.came or line.dialled):
            return None
        name = line.name
        named = self.directions.named_rep(name)
        if name.is_local:
            return named if not name.is_called_half else self._at_dial_plan(line, named)
        side = self.directions.configured(name)
        if side == "outside" or (side is None and named is None and self._is_line(line)):
            return None
        return named or self.directions.rep(name)

    def hears_outside(self, line: Line) -> bool:
        """Return whether somebody outside hears what is said at a channel."""
        others = self.lines.connected(line.unique) - {line.unique}
        return any(
            other.name.peer in self._trunks
            or self.directions.side(other.full_name, number=other.number, account=other.account) == "outside"
            for other in map(self.lines.by_id.__getitem__, others)
        )

    def _is_line(self, line: Line) -> bool:
        peer = line.name.peer
        if peer in self._trunks:
            return True
        if line.came and self.directions.way_of_context(line.context) == "inbound":
            self._trunks.add(peer)
            return True
        if peer in self._phones or peer in self.members.peers:
            return False
        # A telephone is hardly called by so many digits, unless something says so.
        digits = self.directions.side_of_number(peer) == "outside"
        return digits or self.directions.side(line.full_name, number=line.number, account=line.account) == "outside"

    def _at_dial_plan(self, line: Line, named: str | None) -> str | None:
        """
        Return the rep at whom the dial plan itself speaks: the second half of a Local channel that has dialled nobody.

        What is dialled through a Local channel is a channel of its own, and that is the rep's.
        """
        if named is not None or line.bridge or line.leads_on or not line.up:
            return None
        if self.directions.side(line.full_name, number=line.number) != "inside":
            return None
        return self.directions.rep(line.name) if self.hears_outside(line) else None
