"""The share of the floor topic: calls in queues, and the states of reps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from stream import events as ev
from stream.events import Reason, Refused, read_event
from stream.journeys.base import JourneyShare
from stream.journeys.batch import QUEUE_CALL
from stream.journeys.convert import OF_THE_FLOOR, queue_fact
from stream.kpi.measures import detailed
from stream.kpi.rules import HOUR, MINUTE
from stream.kpi.service import Queued, minutes_of, queue_codes, state_code, state_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.journeys.batch import Batch
    from stream.kpi.attempts import Row
    from stream.share import LogRecord

_REP_FACTS_KEPT: Final = 48 * HOUR
_SEPARATOR: Final = "\0"


class WaitingCall(msgspec.Struct, frozen=True):
    """A call that waits in a queue; `since` in ms."""

    queue: str
    since: int


class RepNow(msgspec.Struct, frozen=True):
    """The state a rep is in; `since` in ms."""

    rep: str
    state: str
    since: int
    team: str | None
    reason: str | None


class FloorShare(JourneyShare):
    """The one partition of the floor topic, with the inbound calls that the events pass on to it."""

    tables: ClassVar[tuple[str, str]] = ("floor-journeys", "floor-slices")

    def _take(self, _topic: str, record: LogRecord, batch: Batch) -> None:
        event = read_event(record.value or b"", received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        if type(event) is ev.CallEnded and event.direction == "inbound" and event.queue:
            kind, key, fact = queue_fact(event)
        else:
            to_fact = OF_THE_FLOOR.get(type(event))
            if to_fact is None:
                raise Refused(Reason.WRONG_TOPIC, "type", "it does not belong to the topic of the floor")
            kind, key, fact = to_fact(event)
            batch.count("events", str(type(event).__struct_config__.tag))
            batch.ages.append(max(batch.now - fact.at, 0))
        packed_key = kind + key.encode()
        if kind != QUEUE_CALL:
            draft = batch.draft(packed_key, self.journeys)
            if draft.before and fact.at < draft.before[-1].at - _REP_FACTS_KEPT:
                batch.count("beyond_horizon")
                return
        self.add(batch, packed_key, fact)

    def _count(self, key: bytes, facts: Sequence[Any], deltas: dict[Row, int], sign: int) -> Any:
        if key[:1] == QUEUE_CALL:
            return self._count_queue_call(key, facts, deltas, sign)
        return self._count_states(key, facts, deltas, sign)

    def _count_queue_call(self, key: bytes, facts: Sequence[Any], deltas: dict[Row, int], sign: int) -> Any:
        if not facts:
            return None
        queue = key[1:].decode().partition(_SEPARATOR)[2]
        call = Queued(facts)
        ended = call.ended
        owner = (ended.campaign, ended.team, ended.rep) if ended else (None, None, None)
        minute = call.joined_at // MINUTE
        for code, amount in queue_codes(call, self.rules):
            for one in (code, detailed(int(code), queue)):
                row = (minute, *owner, one)
                deltas[row] = deltas.get(row, 0) + sign * amount
        return WaitingCall(queue, call.joined_at) if call.outcome is None else None

    def _count_states(self, key: bytes, facts: Sequence[Any], deltas: dict[Row, int], sign: int) -> Any:
        if not facts:
            return None
        rep = key[1:].decode()
        for state, start, end in state_spans(facts):
            code = state_code(state.state)
            if code is None:
                continue
            for minute, part in minutes_of(start, end):
                row = (minute, None, state.team, rep, code)
                deltas[row] = deltas.get(row, 0) + sign * part
        last = facts[-1]
        return RepNow(rep, last.state, last.at, last.team, last.reason)

    def _keep(self, key: bytes, facts: list[Any]) -> list[Any]:
        """Forget the states of a rep long past, all but the last one before; their time is in the slices."""
        if key[:1] == QUEUE_CALL:
            return facts
        horizon = facts[-1].at - _REP_FACTS_KEPT
        first = next(place for place, fact in enumerate(facts) if fact.at >= horizon)
        return facts[max(first - 1, 0) :]
