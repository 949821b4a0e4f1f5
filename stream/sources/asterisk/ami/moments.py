"""When a message happened: by its own Timestamp, else by the youngest channel it knows of, else when it arrived."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from stream.sources.asterisk.ids import born

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.messages import Message

_TIMESTAMP: Final = re.compile(r"([0-9]{9,11})(?:\.([0-9]{1,9}))?")
_IDS: Final = ("uniqueid", "destuniqueid", "linkedid", "uniqueid1", "uniqueid2")


class Moments:
    """
    The moment of each message, in ms.

    `timed` is whether the last one had a time of its own (`timestampevents=yes` in manager.conf). Without, what is
    heard live is taken to happen as it arrives, and what is read from a file at the birth of the youngest channel so
    far: an order, and no measure of time.
    """

    def __init__(self) -> None:
        self.timed = True
        self.untimed = 0
        self.latest = 0
        self._off_ms = 0

    def of(self, message: Message, arrived_ms: int | None) -> int:
        """Return the moment of `message`, which arrived at `arrived_ms`; None in a file."""
        stamp = _TIMESTAMP.fullmatch(message.get("timestamp"))
        self.timed = stamp is not None
        if stamp is not None:
            self.latest = max(self.latest, ms := int(stamp[1]) * 1000 + int((stamp[2] or "").ljust(3, "0")[:3]))
            if arrived_ms is not None:
                self._off_ms = ms - arrived_ms
            return ms
        self.untimed += 1
        if arrived_ms is not None:
            return arrived_ms
        for name in _IDS:
            self.latest = max(self.latest, birth_ms(message.get(name)) or 0)
        return self.latest

    def now(self, here_ms: int) -> int:
        """Return what time Asterisk has when this machine has `here_ms`, as far as its messages show."""
        return here_ms + self._off_ms


def birth_ms(unique: str) -> int | None:
    """Return when the channel with this id was born, in ms: its id says the second."""
    second = born(unique)
    return None if second is None else second * 1000
