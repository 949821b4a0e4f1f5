"""The workers that are present, by what they announced: signed with the floor's key, of now, and each once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from agents.peers.announcement import KEY_PREFIX, Announcement, decode
from agents.peers.refusals import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.peers.refusals import Refusals
    from stream.clock import Clock
    from stream.kafka.signed_record import RecordSigner

DEAD_AFTER_S: Final = 10.0
MOST_WORKERS: Final = 256
# As long as a copy of an announcement could still be of now: from as far ahead of the broker's clock as from behind it.
_REMEMBERED_S: Final = 3 * DEAD_AFTER_S
_BROKERS_TIME: Final = 1  # the record was stamped by the broker, not by whoever wrote it


class Stamped(Protocol):
    """A consumed record, with its time."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value, None where it deletes its key."""

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """Its headers."""

    @property
    def timestamp(self) -> int:
        """Its time in ms."""

    @property
    def timestamp_type(self) -> int:
        """Whose time that is."""


class _Heard(NamedTuple):
    entry: Announcement
    at: float  # on the monotonic clock of this worker


class Roster:
    """
    The workers of a floor, as the one named `own` hears of them.

    A worker is present while its last announcement is at most `DEAD_AFTER_S` old, and has not said that it leaves. A
    deletion of its record says nothing: anyone may send one.
    """

    def __init__(
        self,
        own: str,
        signer: RecordSigner,
        clock: Clock,
        refusals: Refusals,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own = own
        self._signer = signer
        self._clock = clock
        self._refusals = refusals
        self._monotonic = monotonic
        self._heard: dict[str, _Heard] = {}

    def take(self, record: Stamped) -> str | None:
        """Take a record of the control topic, or return why it is not believed."""
        why = self._distrust(record)
        if why is not None:
            self._refusals.add(RECORD, why)
        return why

    def heard_within(self, name: str, seconds: float) -> bool:
        """Return whether the worker called `name` was last heard of within `seconds`."""
        heard = self._heard.get(name)
        return heard is not None and self._monotonic() - heard.at <= seconds

    def present(self) -> dict[str, Announcement]:
        """Return what the workers that are present announced last, by name, in the order in which it came."""
        since = self._monotonic() - DEAD_AFTER_S
        return {name: one.entry for name, one in self._heard.items() if one.at >= since and not one.entry.left}

    def _distrust(self, record: Stamped) -> str | None:
        """Take the record, or return why it is not believed."""
        why = self._signer.distrust(record)
        if why is not None:
            return why
        name = (record.key or b"").decode("utf-8", "replace")
        if record.value is None or not name.startswith(KEY_PREFIX):
            return None
        try:
            entry = decode(record.value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return "unreadable"
        name = name.removeprefix(KEY_PREFIX)
        before = self._heard.get(name)
        if (before is not None and entry.at <= before.entry.at) or not self._of_now(name, entry, record):
            return "stale"
        now = self._monotonic()
        self._heard.pop(name, None)  # the order is that of the last announcements
        self._heard = {other: one for other, one in self._heard.items() if now - one.at <= _REMEMBERED_S}
        if len(self._heard) >= MOST_WORKERS and name != self._own:
            return "too_many"
        self._heard[name] = _Heard(entry, now)
        return None

    def _of_now(self, name: str, entry: Announcement, record: Stamped) -> bool:
        """Return whether it was announced when it was written; this worker knows of its own that it was."""
        written = record.timestamp if record.timestamp_type == _BROKERS_TIME else self._clock.now_ms()
        return name == self._own or abs(written - entry.at) <= DEAD_AFTER_S * 1000
