"""
The state of a partition that is made of journeys and slices, and how a batch of records changes it.

A journey's part in the windowed numbers is a pure function of its visible facts. So a batch changes a slice by the
difference of that function before and after, and the order in which facts arrive cannot matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from stream.events.faults import internal, log_fault
from stream.events.reading import Reason, Refused
from stream.journeys.batch import Batch, Draft
from stream.journeys.careful import Careful
from stream.journeys.convert import EVENT_COUNTS
from stream.journeys.partition_state import Staged
from stream.journeys.refusing import refuse
from stream.journeys.settling import failing, put_aside
from stream.journeys.simulated import add_marked
from stream.journeys.store import ERASED, LIVE, OWN_IDS, RELATED, SIMULATED, Journeys, pack, visible_of
from stream.kpi.facts import TIMELESS, visible_until
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.slices import HOURS_KEPT, MINUTES_KEPT, Slices
from stream.kpi.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stream.clock import Clock
    from stream.journeys.floor import Floor
    from stream.journeys.partition_state import LogRecord
    from stream.kpi.cells import Deltas
    from stream.privacy.identity import Identity

JOURNEYS: Final = "journeys"
SLICES: Final = "slices"
_SWEPT_AT_ONCE: Final = 500
_EXPIRED_AT_ONCE: Final = 2000
_SETTLED_AT_ONCE: Final = 5000


class Change(msgspec.Struct, frozen=True, gc=False):
    """
    What a change of a journey makes: its live view from now on, and in ms how long its lead had to wait.

    `limits`: when what is open of it runs out, before and after the change; None where nothing is.
    """

    view: Any = None
    waited: int | None = None
    limits: tuple[int | None, int | None] = (None, None)


class JourneyState(ABC):
    """One partition's journeys, slices and windows. `tables` names its changelogs: journeys first, then slices."""

    tables: ClassVar[tuple[str, str]]

    def __init__(self, floor: Floor, identity: Identity, clock: Clock, partition: int = 0) -> None:
        self.floor = floor
        self.partition = partition
        self.rules = floor.rules
        self._histories = {topic.name for topic in floor.topics.histories.values()}
        self.identity = identity
        self.labels = identity.labels()
        self.clock = clock
        self.journeys = Journeys()
        self.slices = Slices()
        self.windows = Windows(self.slices, floor.zone)
        self.live: dict[bytes, Any] = {}
        self.counts: Counter[tuple[str, ...]] = floor.counts
        self._swept = 0
        self._careful = Careful(self._stage, self._alone, self._settle_first)
        self._history: int | None = None  # up to when history has come, while more of it may

    # what each kind of state defines

    @abstractmethod
    def _take(self, topic: str, record: LogRecord, batch: Batch) -> None:
        """Bring one record into `batch`. Raises Refused where it cannot be read."""

    @abstractmethod
    def _differ(self, key: bytes, before: Sequence[Any], after: Sequence[Any], deltas: Deltas) -> Change:
        """Add to `deltas` what it makes that the visible facts of the journey `key` were `before`, and are `after`."""

    def _view(self, key: bytes, facts: Sequence[Any]) -> Any:
        """Return the live view of a journey that is on one."""
        return self._differ(key, (), facts, {}).view

    def _pass_on(self, draft: Draft, facts: Sequence[Any], batch: Batch) -> None:  # noqa: B027  some pass nothing on
        """Send on what other journeys must know of a changed `draft`, whose facts now are `facts`."""

    def _take_due(self, key: bytes, batch: Batch) -> None:
        """Bring a journey of which a fact has come due into `batch`."""
        batch.draft(key, self.journeys)

    def _keep(self, _draft: Draft, facts: list[Any]) -> list[Any]:
        """Choose the facts that the journey of a draft goes on with; by default all of them."""
        return facts

    # the protocol of a partition's state

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take a changelog's records in the order of the log."""
        put = self.journeys.restore if table == self.tables[0] else self.slices.restore
        for key, value in records:
            try:
                put(key, value)
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self._fault(error, f"a record of {table}")

    def ready(self) -> None:
        """Build the indexes over what was restored."""
        for key, packed in self.journeys.index():
            try:
                self.live[key] = self._view(key, visible_of(packed))
            except Exception as error:  # noqa: BLE001  else no worker would ever start again
                self._fault(error, "a live view")
        self.slices.forget_touched()

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage what `records`, or the first of them, change; what a fault of ours keeps from it is put aside."""
        return self._careful.fold(topic, records)

    def expect_history(self, *, more: bool) -> None:
        """Note whether history may still come, some of which may belong to keys that have long been silent."""
        self._history = (self._history or 0) if more else None

    def settle(self) -> Staged | None:
        """
        Stage facts that lay ahead and whose moment has come, and what has expired; not too much at once.

        None where there is nothing left to do for now. Facts that a fault of ours keeps from it are put aside.
        """
        now = self.clock.now_ms()
        due = self.journeys.came_due(now, _SETTLED_AT_ONCE)
        faulty: Mapping[bytes, Exception] = {}
        try:
            staged = self._settle(now, due, faulty)
        except Exception:  # noqa: BLE001  it is found again, for each journey by itself
            faulty = failing(due, lambda keys: self._settle(now, keys, {}))
            staged = self._settle(now, due, faulty)
        staged.more = len(due) >= _SETTLED_AT_ONCE
        return staged if any(staged.changes.values()) or staged.sends else None

    def apply(self, staged: Staged) -> None:
        """Make a committed batch visible."""
        batch: Batch = staged.inner
        for key, packed in batch.journeys.items():
            self.journeys.put(key, packed)
        self.slices.apply(batch.slices)
        for key, view in batch.live.items():
            if view is None:
                self.live.pop(key, None)
            else:
                self.live[key] = view
        self.journeys.latest = max(self.journeys.latest, batch.latest)
        if batch.history:
            self._history = max(self._history or 0, min(batch.latest, batch.now))
        self.counts.update(batch.counts)
        for kind, number in Counter(batch.kinds).items():
            self.counts[EVENT_COUNTS[kind]] += number
        self.floor.ages.observe([batch.now - at for at in batch.moments])
        self.floor.responses.observe(batch.responses)
        try:
            self.windows.keep_up()
        except Exception as error:  # noqa: BLE001  it is committed, and can be added up anew
            self._fault(error, "the sums of the windows")
            self.slices.forget_touched()

    def ahead(self, as_of: int) -> tuple[Deltas, dict[bytes, Any]]:
        """Return what facts come due by `as_of` will change once they are settled, and the live views as of then."""
        due = self.journeys.came_due(as_of)
        try:
            return self._ahead(due, as_of)
        except Exception:  # noqa: BLE001  what cannot be settled is left out, as it will be
            faulty = failing(due, lambda keys: self._ahead(keys, as_of))
            return self._ahead([key for key in due if key not in faulty], as_of)

    def _ahead(self, due: Sequence[bytes], as_of: int) -> tuple[Deltas, dict[bytes, Any]]:
        deltas: Deltas = {}
        simulated: Deltas = {}
        live = {**self.live} if due else self.live
        for key in due:
            draft = Draft(key, self.journeys.get(key))
            after = visible_until(draft.before, as_of + 1)
            live[key] = self._change(draft, self._visible(draft), after, deltas, simulated).view
        add_marked(simulated, deltas)
        return deltas, live

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held that any event has led to."""
        return not len(self.journeys) and not self.slices.cells

    # the parts of a fold

    def _stage(self, topic: str, records: Sequence[LogRecord], aside: Mapping[int, Refused]) -> Staged:
        """Stage all of `records`, and as rejected ones those whose offset is in `aside`; raises what a bug raises."""
        batch = Batch(self.clock.now_ms())
        unmapped = self.floor.unmapped.copy()
        self.labels.counts.clear()
        place = (topic, self.partition)
        try:
            for record in [one for one in records if one.offset not in aside] if aside else records:
                try:
                    self._take(topic, record, batch)
                except Refused as refused:
                    refuse(self.floor, self.identity, refused, record, place, batch)
            for record in records if aside else ():
                if record.offset in aside:
                    refuse(self.floor, self.identity, aside[record.offset], record, place, batch)
            batch.history = topic in self._histories
            batch.counts.update({("labels", *what): number for what, number in self.labels.counts.items()})
            return self._close(batch)
        except Exception:
            self.floor.unmapped &= unmapped
            raise

    def _alone(self, topic: str, record: LogRecord) -> None:
        """Take `record` into a batch of its own that nobody uses; raises what a bug raises."""
        unmapped = self.floor.unmapped.copy()
        try:
            self._take(topic, record, Batch(self.clock.now_ms()))
        except Refused:
            return
        finally:
            self.floor.unmapped &= unmapped

    def _settle_first(self) -> Staged | None:
        return self.settle() if self.journeys.came_due(self.clock.now_ms(), 1) else None

    def _settle(self, now: int, due: Sequence[bytes], faulty: Mapping[bytes, Exception]) -> Staged:
        batch = Batch(now)
        for key in due:
            if key not in faulty:
                self._take_due(key, batch)
            elif (packed := self.journeys.get(key)) is not None:
                place = (self.tables[0], self.partition)
                put_aside(self.floor, self.identity, internal(faulty[key]), place, key, packed, batch)
        return self._close(batch)

    def _fault(self, error: Exception, what: str) -> None:
        """Count and log a fault of ours that no record is to be put aside for."""
        self.counts["rejected", Reason.INTERNAL] += 1
        log_fault(internal(error), f"{self.tables[0]}[{self.partition}], {what}")

    def _visible(self, draft: Draft) -> list[Any]:
        due = draft.due_before
        return visible_until(draft.before, due) if due else draft.before

    def _close(self, batch: Batch) -> Staged:
        for draft in batch.drafts.values():
            if draft.changed or 0 < draft.due_before <= batch.now:
                self._close_journey(draft, batch)
        add_marked(batch.simulated_deltas, batch.deltas)
        horizon = min(max(self.journeys.latest, batch.latest), batch.now)
        oldest_minute = horizon // MINUTE - MINUTES_KEPT
        oldest_hour = horizon // HOUR - HOURS_KEPT
        batch.slices = self.slices.change(batch.deltas, oldest_minute, oldest_hour)
        if batch.slices.dropped:
            batch.counts["beyond_horizon",] += batch.slices.dropped
        try:
            self._expire(batch, horizon, oldest_minute, oldest_hour)
        except Exception as error:  # noqa: BLE001  what should have gone stays, until that is corrected
            self._fault(error, "what has expired")
            batch.slices = self.slices.change(batch.deltas, oldest_minute, oldest_hour)
        changes = {self.tables[0]: batch.journeys, self.tables[1]: batch.slices.records}
        return Staged(changes, batch.sends, batch)

    def _change(
        self, draft: Draft, before: Sequence[Any], after: Sequence[Any], deltas: Deltas, simulated: Deltas
    ) -> Change:
        """Add what `_differ` does: to `deltas`, or where the journey is simulated to `simulated`, yet to be marked."""
        key = draft.key
        if not draft.simulated:
            return self._differ(key, before, after, deltas)
        if before and not draft.was_simulated:  # all that it counts in is without a mark yet
            self._differ(key, before, (), deltas)
            self._differ(key, (), after, simulated)
            return self._differ(key, before, after, {})
        return self._differ(key, before, after, simulated)

    def _close_journey(self, draft: Draft, batch: Batch) -> None:
        key, now = draft.key, batch.now
        facts = self._keep(draft, draft.facts())
        if not facts:
            change = self._change(draft, self._visible(draft), (), batch.deltas, batch.simulated_deltas)
            batch.move_limit(key, change.limits)
            self._pass_on(draft, facts, batch)
            batch.journeys[key] = batch.live[key] = None
            return
        latest, due = facts[-1].at, 0
        batch.latest = max(batch.latest, latest)
        visible = facts
        if latest > now:
            visible = visible_until(facts, now + 1)
            due = next((fact.at for fact in facts if fact.at > now and type(fact) not in TIMELESS), 0)
        change = self._change(draft, self._visible(draft), visible, batch.deltas, batch.simulated_deltas)
        batch.move_limit(key, change.limits)
        if change.waited is not None:
            batch.responses.append(change.waited)
        if draft.changed:
            self._pass_on(draft, facts, batch)
        view = change.view
        if view is not None or draft.was_live:
            batch.live[key] = view
        flags = (LIVE if view is not None else 0) | (OWN_IDS if draft.own_ids else 0) | (ERASED if draft.erased else 0)
        if draft.related:
            flags |= RELATED
        if draft.simulated:
            flags |= SIMULATED
        batch.journeys[key] = pack(facts, latest, due, flags)

    def _expire(self, batch: Batch, horizon: int, oldest_minute: int, oldest_hour: int) -> None:
        """
        Drop slices past their windows, and journeys with nothing for long, by event time, to the hour.

        A few at a time, but more than a batch brings: also a year that is read at once never piles up.
        """
        if horizon // MINUTE != self._swept:
            most = max(_EXPIRED_AT_ONCE, 2 * len(batch.slices.records))
            if self.slices.expire(batch.slices, oldest_minute, oldest_hour, most):
                self._swept = horizon // MINUTE
        silent = horizon - self.floor.journey_days * DAY
        if self._history is not None:
            # Twice as long: other partitions, whose calls are passed on to here, may have come less far.
            silent = min(silent, self._history - 2 * self.floor.journey_days * DAY)
        before = silent // HOUR * HOUR
        for key in self.journeys.idle(before, max(_SWEPT_AT_ONCE, 2 * len(batch.journeys))):
            if key not in batch.journeys:
                batch.journeys[key] = None
                batch.live[key] = None
                batch.counts["journeys_expired",] += 1
