"""The state of the spend topic: what was spent, each record once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from stream.events.faults import internal, log_fault
from stream.events.reading import Reason, Refused, read_event
from stream.journeys.batch import Batch
from stream.journeys.convert import OF_THE_SPEND
from stream.journeys.partition_state import Staged
from stream.journeys.refusing import refuse
from stream.kpi.facts import Spend
from stream.kpi.rules import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord
    from stream.privacy.identity import Identity

SPEND: Final = "spend"
_KEPT: Final = 31 * DAY
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Spend).decode


def _ends(spend: Spend) -> int:
    """Return the moment after which `spend` can be in a window no more."""
    return max(spend.end, spend.at)


class SpendState:
    """All spend of the floor, by event id. It is little: a record for each campaign, channel and day."""

    tables: ClassVar[tuple[str]] = (SPEND,)

    def __init__(self, floor: Floor, identity: Identity, clock: Clock) -> None:
        self.floor = floor
        self.identity = identity
        self.clock = clock
        self.spends: dict[bytes, Spend] = {}
        self._latest = 0

    def restore(self, _table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take the changelog's records in the order of the log."""
        for key, value in records:
            if value is None:
                self.spends.pop(key, None)
                continue
            try:
                self.spends[key] = _decode(value)
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self.floor.counts["rejected", Reason.INTERNAL] += 1
                log_fault(internal(error), f"a record of {SPEND}")

    def ready(self) -> None:
        """Find out how far event time had come."""
        self._latest = max((spend.at for spend in self.spends.values()), default=0)

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage the spend that `records` bring, and the end of what lies past every window."""
        batch = Batch(self.clock.now_ms())
        new: dict[bytes, Spend] = {}
        packed: dict[bytes, bytes] = {}
        for record in records:
            try:
                fact = self._read(record)
                key, value = fact.id.encode(), _encode(fact)
            except Refused as refused:
                refuse(self.floor, self.identity, refused, record, (topic, 0), batch)
                continue
            except Exception as error:  # noqa: BLE001  a bug of ours: the next one is folded
                refuse(self.floor, self.identity, internal(error), record, (topic, 0), batch)
                continue
            batch.count("events", "spend.recorded")
            known = new.get(key) or self.spends.get(key)
            if known is not None:
                batch.count("duplicates" if known == fact else "conflicts")
                continue
            new[key], packed[key] = fact, value
            batch.latest = max(batch.latest, fact.at)
        horizon = min(max(self._latest, batch.latest), batch.now) - _KEPT
        batch.live = {key: spend for key, spend in new.items() if _ends(spend) >= horizon}
        if len(batch.live) < len(new):
            batch.counts["beyond_horizon",] += len(new) - len(batch.live)
        changes: dict[bytes, bytes | None] = {key: packed[key] for key in batch.live}
        changes.update((key, None) for key, spend in self.spends.items() if _ends(spend) < horizon)
        return Staged({SPEND: changes}, batch.sends, batch)

    def _read(self, record: LogRecord) -> Spend:
        event = read_event(record.value or b"", received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        to_fact = OF_THE_SPEND.get(type(event))
        if to_fact is None:
            raise Refused(Reason.WRONG_TOPIC, "type", "only spend.recorded belongs to the topic of spend")
        fact: Spend = to_fact(event)[2]
        return fact

    def settle(self) -> None:
        """Nothing comes due here: what lies ahead is left out when it is read."""

    def apply(self, staged: Staged) -> None:
        """Make committed spend visible."""
        batch: Batch = staged.inner
        for key, value in staged.changes[SPEND].items():
            if value is None:
                self.spends.pop(key, None)
        self.spends.update(batch.live)
        self._latest = max(self._latest, batch.latest)
        self.floor.counts.update(batch.counts)
