"""Which telephone a member's name in a queue_log is of: calls tell the name, members who come tell the telephone."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from stream.sources.dial_plan import names

if TYPE_CHECKING:
    from stream.sources.dial_plan.directions import Directions

# Of fewer digits two that are the same say little.
_NUMBER: Final = re.compile(r"(?<!\d)\d{3,6}(?!\d)")


class Members:
    """
    Finds the rep of a member, by settings, telephone or name.

    Unless `log_membername_as_agent` is set, Asterisk writes a member who comes or goes by their interface
    (`PJSIP/rep109`), and all else by their name ("Desk 109"). Nothing ties the two but a number that both have, and no
    other telephone or name has: of a telephone that was added to the queue which the name is heard of in. `taken` are
    the names that were taken for a telephone by that, each with the rep it is: a guess, which settings override.
    """

    def __init__(self, directions: Directions) -> None:
        self._directions = directions
        self._added: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
        self._claimed: dict[str, str] = {}
        self.taken: dict[str, str] = {}

    def added(self, member: str, queue: str) -> None:
        """Take that a member was added to a queue; what is no interface is a name already."""
        name = names.interface(member)
        if name.tech and (number := _number_in(name.peer)) is not None:
            self._added[number].setdefault(member, set()).add(queue)

    def rep(self, member: str, queue: str) -> str | None:
        """Return the rep whom a row of `queue` names as `member`; None where that is nobody's name."""
        if (taken := self.taken.get(member)) is not None:
            return taken
        name = names.interface(member)
        if not name.tech and self._directions.named_rep(name) is None:
            telephone = self._telephone(member, queue)
            rep = None if telephone is None else self._directions.rep(names.interface(telephone), telephone)
            if rep is not None:
                self.taken[member] = rep
                return rep
        return self._directions.rep(name, member)

    def _telephone(self, member: str, queue: str) -> str | None:
        """Return the telephone that is taken for the member's."""
        number = _number_in(member)
        added = self._added.get(number, {}) if number is not None else {}
        if number is None or len(added) != 1:
            return None
        (telephone, queues), *_ = added.items()
        if (queue and queue not in queues) or self._claimed.setdefault(number, member) != member:
            return None
        return telephone


def _number_in(text: str) -> str | None:
    """Return the only number in a text; None where there is none, or several."""
    found = _NUMBER.findall(text)
    return found[0] if len(found) == 1 else None
