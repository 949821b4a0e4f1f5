"""What was sent already: an event goes out when it is new or says something else, then as a later revision."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 500_000


class Sent:
    """
    The events of one table, by id.

    After a restart nothing is remembered: all of the window goes out again, `again`, as later revisions than before, so
    that what has changed meanwhile stands.
    """

    def __init__(self, *, again: bool) -> None:
        self._again = again
        self._digests: OrderedDict[str, int] = OrderedDict()

    def news(self, event: Mapping[str, Any], told_at: int) -> Mapping[str, Any] | None:
        """Return the event as it is to be sent, told at `told_at` (ms since the epoch); None where it was."""
        plain = {name: value for name, value in event.items() if name != "revision"}
        name, digest = str(event.get("id")), hash(orjson.dumps(plain))
        known = self._digests.get(name)
        if known == digest:
            return None
        if known is None and not self._again:
            return event
        return {**event, "revision": max(told_at, event.get("revision", 0))}

    def note(self, event: Mapping[str, Any]) -> None:
        """Remember an event that is on its way to the broker."""
        plain = {name: value for name, value in event.items() if name != "revision"}
        name = str(event.get("id"))
        self._digests[name] = hash(orjson.dumps(plain))
        self._digests.move_to_end(name)
        if len(self._digests) > MOST:
            self._digests.popitem(last=False)
