"""Remembers what has been weighed, so that the same evidence is gathered once, and not for every row of a long file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from stream.sources.dial_plan import names
from stream.sources.dial_plan.directions import is_line
from stream.sources.dial_plan.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stream.sources.dial_plan.directions import Directions, Side
    from stream.sources.dial_plan.names import Name
    from stream.sources.dial_plan.peers import Peers
    from stream.sources.dial_plan.weighing import Verdict

W = TypeVar("W", bound=str)
_MOST: Final = 8192  # of each kind
HIDDEN: Final = frozenset({"anonymous", "restricted", "private", "withheld", "unavailable"})


class NumberKind(NamedTuple):
    """
    All that a number says: where it is by its form, how long it is, whether it is withheld.

    `set_own` and `shown_own` tell that it is the floor's own, by the settings and by what telephones have shown.
    """

    side: Side | None
    digits: int
    hidden: bool
    set_own: bool
    shown_own: bool


class PartyKind(NamedTuple):
    """All that a party says: its peer and context; whether a line's form; its number's kind; its account; its birth."""

    name: Name
    line: bool
    number: NumberKind
    named_by_account: bool
    born_in: str


class Weighed(Generic[W]):
    """
    Verdicts by what they are made of.

    They hold as long as nothing new is shown of peers. A number counts by its kind: two that are alike in that, in the
    same place, weigh the same.
    """

    def __init__(self, directions: Directions, peers: Peers) -> None:
        self._directions = directions
        self._peers = peers
        self._changes = peers.changes
        self._numbers: dict[str, NumberKind] = {}
        self.sides: dict[PartyKind, Verdict[Side]] = {}
        self.ways: dict[Hashable, Verdict[W]] = {}

    def party(self, channel: str, number: str, account: str, born_in: str) -> PartyKind:
        """Return what kind of a party this is, after forgetting what no longer holds."""
        if self._changes != self._peers.changes or len(self.sides) >= _MOST or len(self.ways) >= _MOST:
            self._changes = self._peers.changes
            self._numbers.clear()
            self.sides.clear()
            self.ways.clear()
        name = names.channel(channel)
        named = bool(name.peer) and name.peer == account
        return PartyKind(name, is_line(channel), self.number(number), named, born_in)

    def number(self, number: str) -> NumberKind:
        """Return what kind of a number this is."""
        kind = self._numbers.get(number)
        if kind is None:
            if len(self._numbers) >= _MOST:
                self._numbers.clear()
            kind = self._numbers[number] = NumberKind(
                self._directions.side_of_number(number),
                len(plain(number).lstrip("+")),
                number.casefold() in HIDDEN,
                self._directions.is_own_number(number),
                self._peers.is_own(number),
            )
        return kind
