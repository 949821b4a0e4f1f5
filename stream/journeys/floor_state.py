"""The state of the floor topic: calls in queues, and the states of reps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from stream.events import reading as ev
from stream.events.reading import Reason, Refused, read_event
from stream.events.types import SIMULATED
from stream.journeys.base import Change, JourneyState
from stream.journeys.batch import QUEUE_CALL, REP, REVISED, SEPARATOR
from stream.journeys.convert import OF_THE_FLOOR, queue_fact
from stream.journeys.rep_hours import STATES_KEPT, RepHours, own_and_next, rep_and_hour, rep_of
from stream.kpi.cells import NOBODY, cells_of
from stream.kpi.codes import detailed
from stream.kpi.facts import RepState
from stream.kpi.rules import HOUR, MINUTE, REP_STATE_LASTS
from stream.kpi.service import STATE_CODES, Queued, began_at, minutes_of, queue_codes, state_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.clock import Clock
    from stream.journeys.batch import Batch, Draft
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord, Staged
    from stream.kpi.cells import Cell, Deltas
    from stream.privacy.identity import Identity


class WaitingCall(msgspec.Struct, frozen=True):
    """A call that waits in a queue; `since` in ms."""

    queue: str
    since: int


class RepNow(msgspec.Struct, frozen=True):
    """
    The state a rep was last heard to be in, at `since` (ms), which it `lasts` at most.

    `began` is when that state began, which others may have said before; None where nobody has looked.
    """

    rep: str
    state: str
    since: int
    team: str | None
    reason: str | None
    began: int | None = None
    lasts: int = REP_STATE_LASTS


class FloorState(JourneyState):
    """The one partition of the floor topic, with the inbound calls that the events pass on to it."""

    tables: ClassVar[tuple[str, str]] = ("floor-journeys", "floor-slices")

    def __init__(self, floor: Floor, identity: Identity, clock: Clock, partition: int = 0) -> None:
        super().__init__(floor, identity, clock, partition)
        self._reps = RepHours(self.journeys)
        self._began: dict[str, tuple[int, int]] = {}

    def with_beginning(self, now: RepNow) -> RepNow:
        """Return a live view of this state's with the moment at which the rep's state began."""
        since, began = self._began.get(now.rep, (None, now.since))
        if since != now.since:
            states = (one for one in self._reps.states_until(now.rep, now.since) if type(one) is RepState)
            began = began_at(states) or now.since
            self._began[now.rep] = now.since, began
        return msgspec.structs.replace(now, began=began)

    def ready(self) -> None:
        """Build the indexes over what was restored."""
        super().ready()
        self._index(self.journeys.items())

    def apply(self, staged: Staged) -> None:
        """Make a committed batch visible."""
        super().apply(staged)
        self._index(staged.inner.journeys.items())
        for key in staged.inner.journeys:
            if key[:1] == REP:
                self._began.pop(rep_of(key), None)

    def _index(self, journeys: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take journeys into the hours of reps; one whose key somebody else wrote is left out, and ends no worker."""
        for item in journeys:
            try:
                self._reps.take(item)
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self._fault(error, "the hours of a rep")

    def _take(self, _topic: str, record: LogRecord, batch: Batch) -> None:
        event = read_event(record.value or b"", received_ms=record.timestamp, ahead_ms=self.floor.ahead_ms)
        event_type = type(event)
        to_fact = OF_THE_FLOOR.get(event_type)
        if to_fact is not None:
            kind, key, fact = to_fact(event, self.labels)
            batch.kinds.append(event_type)
            batch.moments.append(fact.at)
            if fact.at < self._reps.latest_of_all - STATES_KEPT and kind == REP and self._is_beyond(key, fact):
                batch.count("beyond_horizon")
                return
        elif type(event) is ev.CallEnded and event.direction == "inbound" and event.queue:
            kind, key, fact = queue_fact(event, self.labels)
        else:
            raise Refused(
                Reason.WRONG_TOPIC, "type", "type: it does not belong to this topic; docs/events.md says to which"
            )
        name = kind + key.encode()
        draft = batch.drafts.get(name) or batch.draft(name, self.journeys)
        known = draft.add(fact, self.floor.journey_events)
        if known:
            batch.count(known)
        if (known is None or known == REVISED) and event.source == SIMULATED:
            draft.simulated = True

    def _is_beyond(self, name: str, state: RepState) -> bool:
        return state.at < self._reps.latest(name.partition(SEPARATOR)[0]) - STATES_KEPT

    def _close(self, batch: Batch) -> Staged:
        over = self._reps.tie(batch)
        staged = super()._close(batch)
        for key in over:  # what they came to is in the slices
            batch.journeys[key] = batch.live[key] = None
        return staged

    def _differ(self, key: bytes, before: Sequence[Any], after: Sequence[Any], deltas: Deltas) -> Change:
        if key[:1] == QUEUE_CALL:
            self._add_queue_call(key, before, deltas, -1)
            return Change(self._add_queue_call(key, after, deltas, 1))
        rep, hour = rep_and_hour(key)
        # It grows at its end: what both begin with lasted as long as it did.
        same = max(_common(before, after) - 1, 0)
        _add_states(rep, before[same:], deltas, -1)
        _add_states(rep, after[same:], deltas, 1)
        last = after[-1] if after else None
        if last is None or last.at // HOUR != hour:  # of a later hour: that one's journey has the current state
            return Change()
        return Change(RepNow(rep, last.state, last.at, last.team, last.reason, None, last.lasts))

    def _add_queue_call(self, key: bytes, facts: Sequence[Any], deltas: Deltas, sign: int) -> WaitingCall | None:
        if not facts:
            return None
        queue = key[1:].decode().partition(SEPARATOR)[2]
        call = Queued(facts)
        ended = call.ended
        owner = (ended.campaign, ended.team, ended.rep) if ended else NOBODY
        cell = cells_of(deltas, owner).setdefault(call.joined_at // MINUTE, {})
        for code, amount in queue_codes(call, self.rules):
            for one in (code, detailed(int(code), queue)):
                cell[one] = cell.get(one, 0) + sign * amount
        return WaitingCall(queue, call.joined_at) if call.outcome is None else None

    def _keep(self, draft: Draft, facts: list[Any]) -> list[Any]:
        return facts if draft.key[:1] == QUEUE_CALL else own_and_next(facts, rep_and_hour(draft.key)[1])


def _common(before: Sequence[Any], after: Sequence[Any]) -> int:
    """Return how many facts both begin with."""
    pairs = zip(before, after, strict=False)
    return next((place for place, (old, new) in enumerate(pairs) if old is not new), min(len(before), len(after)))


def _add_states(rep: str, states: Sequence[Any], deltas: Deltas, sign: int) -> None:
    """Add the time of `states` that others have followed, minute by minute."""
    team: str | None = None
    cells: dict[int, Cell] | None = None
    for state, start, end in state_spans(states):
        code = STATE_CODES.get(state.state)
        if code is not None:
            if cells is None or state.team != team:
                team = state.team
                cells = cells_of(deltas, (None, team, rep))
            for minute, part in minutes_of(start, end):
                cell = cells.get(minute)
                if cell is None:
                    cells[minute] = {code: sign * part}
                else:
                    cell[code] = cell.get(code, 0) + sign * part
