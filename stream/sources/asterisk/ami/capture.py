"""A raw capture of the manager interface, as it was read from the socket, in a file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.sources.asterisk.ami.explaining import Explaining
from stream.sources.asterisk.ami.machine import Machine
from stream.sources.asterisk.ami.messages import Splitter, read
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.reading import Read, Unreadable, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.asterisk.ami.messages import Block
    from stream.sources.explaining import Asked
    from stream.sources.signs import Signs

_CHUNK: Final = 1 << 16
_SWEEP_MS: Final = 60_000
_BANNER: Final = b"Asterisk Call Manager/"
_NAMES: Final = (b"event: ", b"response: ")
_BESIDE: Final = (b"privilege: ", b"actionid: ", b"uniqueid: ", b"message: ")


def looks(head: bytes) -> bool:
    """Return whether a file begins as the manager greets, or has lines with a message's name and its usual company."""
    if head.startswith(_BANNER):
        return True
    lines = [line.lower() for line in head[:8192].splitlines()]
    return any(line.startswith(_NAMES) for line in lines) and any(line.startswith(_BESIDE) for line in lines)


class AmiCapture:
    """
    Reads one capture.

    Times are those that `timestampevents=yes` has the manager send. Without them the order of what happened is known,
    and on which second a channel was born, but not how long anyone spoke: such calls are sent without talk time.
    """

    def __init__(self, settings: Settings) -> None:
        own = settings.group(AsteriskSettings)
        self._machine = Machine(
            directions_of(settings),
            round(own.asterisk_stale_call_h * 3_600_000),
            own.asterisk_lead_variable,
            own.asterisk_queue_wrapup_s,
        )
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks: list[str] = []
        self.asked: Asked | None = None
        self._swept = 0

    @property
    def signs(self) -> Signs:
        """What the calls that are left out look like."""
        return self._machine.exchange.signs

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the messages of `file`, each at the line that its message begins at."""
        splitter = Splitter()
        explaining = None if self.asked is None else Explaining(self.asked)
        if explaining is not None:
            self._machine.exchange.weighed = explaining.weighed
        try:
            while data := file.read(_CHUNK):
                for block in splitter.feed(data):
                    yield from guarded(block.line, block.data, self._take(block, explaining))
            last = 1
            for block in splitter.end():
                last = block.line
                yield from guarded(block.line, block.data, self._take(block, explaining))
            for event in self._machine.exchange.reps.the_rest():
                yield Read(last, event)
        finally:
            self._sum_up()

    def _sum_up(self) -> None:
        """Set the remarks: what could not be read exactly, and why."""
        self.left_open = self._machine.open_calls
        self.unused = self._machine.exchange.unused.copy()
        self.remarks = []
        if untimed := self._machine.exchange.moments.untimed:
            self.remarks.append(
                f"{untimed} messages have no time of their own, so their calls are sent without talk, ring and wait "
                "times, by the second of their channels' birth; set timestampevents=yes in manager.conf"
            )
        if timed_out := self._machine.timed_out:
            self.remarks.append(f"{timed_out} calls were given up, as nothing was heard of them for too long")

    def _take(self, block: Block, explaining: Explaining | None) -> Iterator[Read]:
        message = read(block)
        if explaining is not None:
            explaining.reads(block, message)
        for event in self._machine.feed(message):
            if explaining is not None:
                explaining.told(event)
            yield Read(block.line, event)
        now = self._machine.exchange.moments.latest
        if now - self._swept >= _SWEEP_MS:
            self._swept = now
            for event in self._machine.expire(now):
                yield Read(block.line, event)
