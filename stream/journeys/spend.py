"""The state of the spend topic: what was spent, each record once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from stream.events.faults import internal, log_fault
from stream.events.reading import Reason, Refused, read_event
from stream.events.types import SIMULATED
from stream.journeys.batch import REVISED, Batch
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


class _Kept(Spend, array_like=True, tag=14, frozen=True, gc=False):
    """Spend as the changelog has it: of simulated spend it says so, in one more place, and else is as it was."""

    simulated: bool = False


_decode = msgspec.msgpack.Decoder(_Kept).decode


def _packed(spend: Spend, *, simulated: bool) -> bytes:
    return _encode(_Kept(**msgspec.structs.asdict(spend), simulated=True) if simulated else spend)


def _ends(spend: Spend) -> int:
    """Return the moment after which `spend` can be in a window no more."""
    return max(spend.end, spend.at)


class SpendState:
    """All spend of the floor, by event id. It is little: a record for each campaign, channel and day."""

    tables: ClassVar[tuple[str]] = (SPEND,)

    def __init__(self, floor: Floor, identity: Identity, clock: Clock) -> None:
        self.floor = floor
        self.identity = identity
        self.labels = identity.labels()
        self.clock = clock
        self.spends: dict[bytes, Spend] = {}
        self.simulated: set[bytes] = set()
        self._latest = 0

    def restore(self, _table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take the changelog's records in the order of the log."""
        for key, value in records:
            if value is None:
                self.spends.pop(key, None)
                self.simulated.discard(key)
                continue
            try:
                *fields, simulated = msgspec.structs.astuple(_decode(value))
                self.spends[key] = Spend(*fields)
                (self.simulated.add if simulated else self.simulated.discard)(key)
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self.floor.counts["rejected", Reason.INTERNAL] += 1
                log_fault(internal(error), f"a record of {SPEND}")

    def ready(self) -> None:
        """Find out how far event time had come."""
        self._latest = max((spend.at for spend in self.spends.values()), default=0)

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage the spend that `records` bring, and the end of what lies past every window."""
        batch = Batch(self.clock.now_ms())
        self.labels.counts.clear()
        new: dict[bytes, Spend] = {}
        packed: dict[bytes, bytes] = {}
        simulated: dict[bytes, bool] = {}
        for record in records:
            try:
                fact, is_simulated = self._read(record)
                key, value = fact.id.encode(), _packed(fact, simulated=is_simulated)
            except Refused as refused:
                refuse(self.floor, self.identity, refused, record, (topic, 0), batch)
                continue
            except Exception as error:  # noqa: BLE001  a bug of ours: the next one is folded
                refuse(self.floor, self.identity, internal(error), record, (topic, 0), batch)
                continue
            batch.count("events", "spend.recorded")
            known = new.get(key) or self.spends.get(key)
            if known is not None:
                if known == fact or fact.revision <= known.revision:
                    batch.count("duplicates" if known == fact else "conflicts")
                    continue
                batch.count(REVISED)
            new[key], packed[key], simulated[key] = fact, value, is_simulated
            batch.latest = max(batch.latest, fact.at)
        batch.counts.update({("labels", *what): number for what, number in self.labels.counts.items()})
        horizon = min(max(self._latest, batch.latest), batch.now) - _KEPT
        batch.live = {key: spend for key, spend in new.items() if _ends(spend) >= horizon}
        if len(batch.live) < len(new):
            batch.counts["beyond_horizon",] += len(new) - len(batch.live)
        changes: dict[bytes, bytes | None] = {key: packed[key] for key in batch.live}
        changes.update((key, None) for key, spend in self.spends.items() if _ends(spend) < horizon)
        batch.simulated = {key for key in batch.live if simulated[key]}
        return Staged({SPEND: changes}, batch.sends, batch)

    def _read(self, record: LogRecord) -> tuple[Spend, bool]:
        event = read_event(record.value or b"", received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        to_fact = OF_THE_SPEND.get(type(event))
        if to_fact is None:
            raise Refused(
                Reason.WRONG_TOPIC,
                "type",
                "type: only spend.recorded belongs to this topic; docs/events.md says to which it does",
            )
        fact: Spend = to_fact(event, self.labels)[2]
        return fact, event.source == SIMULATED

    def settle(self) -> None:
        """Nothing comes due here: what lies ahead is left out when it is read."""

    def apply(self, staged: Staged) -> None:
        """Make committed spend visible."""
        batch: Batch = staged.inner
        for key, value in staged.changes[SPEND].items():
            if value is None:
                self.spends.pop(key, None)
                self.simulated.discard(key)
        self.spends.update(batch.live)
        self.simulated -= batch.live.keys()
        self.simulated |= batch.simulated
        self._latest = max(self._latest, batch.latest)
        self.floor.counts.update(batch.counts)
