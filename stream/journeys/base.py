"""
The state of a partition that is made of journeys and slices, and how a batch of records changes it.

A journey's part in the windowed numbers is a pure function of its visible facts. So a batch changes a slice by the
difference of that function before and after, and the order in which facts arrive cannot matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from stream.events.reading import Refused
from stream.journeys.batch import Batch, Draft
from stream.journeys.convert import EVENT_COUNTS
from stream.journeys.partition_state import Staged
from stream.journeys.refusing import refuse
from stream.journeys.store import LIVE, OWN_IDS, Journeys, pack, visible_of
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.slices import HOURS_KEPT, MINUTES_KEPT, Slices
from stream.kpi.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


class Change(NamedTuple):
    """What a change of a journey makes: its live view from now on, and in ms how long its lead had to wait."""

    view: Any = None
    waited: int | None = None


class JourneyState(ABC):
    """One partition's journeys, slices and windows. `tables` names its changelogs: journeys first, then slices."""

    tables: ClassVar[tuple[str, str]]

    def __init__(self, floor: Floor, identity: Identity, clock: Clock, partition: int = 0) -> None:
        self.floor = floor
        self.partition = partition
        self.rules = floor.rules
        self._histories = {topic.name for topic in floor.topics.histories.values()}
        self.identity = identity
        self.clock = clock
        self.journeys = Journeys()
        self.slices = Slices()
        self.windows = Windows(self.slices, floor.zone)
        self.live: dict[bytes, Any] = {}
        self.counts: Counter[tuple[str, ...]] = floor.counts
        self._swept = 0
        self._history: int | None = None  # up to when history has come, while more of it may

    # what a kind of share says of itself

    @abstractmethod
    def _take(self, topic: str, record: LogRecord, batch: Batch) -> None:
        """Bring one record into `batch`. Raises Refused where it cannot be read."""

    @abstractmethod
    def _differ(self, key: bytes, before: Sequence[Any], after: Sequence[Any], deltas: Deltas) -> Change:
        """Add to `deltas` what it makes that the visible facts of the journey `key` were `before`, and are `after`."""

    def _view(self, key: bytes, facts: Sequence[Any]) -> Any:
        """Give the live view of a journey that is on one."""
        return self._differ(key, (), facts, {}).view

    def _pass_on(self, draft: Draft, facts: Sequence[Any], batch: Batch) -> None:  # noqa: B027  some pass nothing on
        """Send on what other journeys must know of a changed `draft`, whose facts now are `facts`."""

    def _keep(self, _key: bytes, facts: list[Any]) -> list[Any]:
        """Choose the facts that the journey goes on with; by default all of them."""
        return facts

    # the protocol of a share

    def restore(self, table: str, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take a changelog's records in the order of the log."""
        put = self.journeys.restore if table == self.tables[0] else self.slices.restore
        for key, value in records:
            put(key, value)

    def ready(self) -> None:
        """Build the indexes over what was restored."""
        for key, packed in self.journeys.index():
            self.live[key] = self._view(key, visible_of(packed))
        self.slices.forget_touched()

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage what `records` change."""
        batch = Batch(self.clock.now_ms())
        for record in records:
            try:
                self._take(topic, record, batch)
            except Refused as refused:
                refuse(self.floor, self.identity, refused, record, (topic, self.partition), batch)
        batch.history = topic in self._histories
        return self._close(batch)

    def expect_history(self, *, more: bool) -> None:
        """Be told whether history may still come, of which some may belong to keys that are silent for long."""
        self._history = (self._history or 0) if more else None

    def settle(self) -> Staged | None:
        """
        Stage facts that lay ahead and whose moment has come, and what has expired; not too much at once.

        None where there is nothing left to do for now.
        """
        batch = Batch(self.clock.now_ms())
        due = self.journeys.came_due(batch.now, _SETTLED_AT_ONCE)
        for key in due:
            batch.draft(key, self.journeys)
        staged = self._close(batch)
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
        self.windows.keep_up()

    def ahead(self, as_of: int) -> tuple[Deltas, dict[bytes, Any]]:
        """Give what facts come due by `as_of` will change once they are settled, and the live views as of then."""
        deltas: Deltas = {}
        due = self.journeys.came_due(as_of)
        live = {**self.live} if due else self.live
        for key in due:
            draft = Draft(key, self.journeys.get(key))
            after = [fact for fact in draft.before if fact.at <= as_of]
            live[key] = self._differ(key, self._visible(draft), after, deltas).view
        return deltas, live

    # the parts of a fold

    def _visible(self, draft: Draft) -> list[Any]:
        due = draft.due_before
        return [fact for fact in draft.before if fact.at < due] if due else draft.before

    def _close(self, batch: Batch) -> Staged:
        for draft in batch.drafts.values():
            if draft.changed or 0 < draft.due_before <= batch.now:
                self._close_journey(draft, batch)
        horizon = min(max(self.journeys.latest, batch.latest), batch.now)
        oldest_minute = horizon // MINUTE - MINUTES_KEPT
        oldest_hour = horizon // HOUR - HOURS_KEPT
        batch.slices = self.slices.change(batch.deltas, oldest_minute, oldest_hour)
        if batch.slices.dropped:
            batch.counts["beyond_horizon",] += batch.slices.dropped
        self._expire(batch, horizon, oldest_minute, oldest_hour)
        changes = {self.tables[0]: batch.journeys, self.tables[1]: batch.slices.records}
        return Staged(changes, batch.sends, batch)

    def _close_journey(self, draft: Draft, batch: Batch) -> None:
        key, now = draft.key, batch.now
        facts = self._keep(key, draft.facts())
        latest, due = facts[-1].at, 0
        batch.latest = max(batch.latest, latest)
        visible = facts
        if latest > now:
            visible = [fact for fact in facts if fact.at <= now]
            due = facts[len(visible)].at
        view, waited = self._differ(key, self._visible(draft), visible, batch.deltas)
        if waited is not None:
            batch.responses.append(waited)
        if draft.changed:
            self._pass_on(draft, facts, batch)
        if view is not None or draft.was_live:
            batch.live[key] = view
        flags = (LIVE if view is not None else 0) | (OWN_IDS if draft.own_ids else 0)
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
