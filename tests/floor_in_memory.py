"""
A whole floor without a broker: the real state of every partition, and topics that are lists.

Admission, the folds, what they send each other, the changelogs and the reading are the product's own. Only Kafka is
not there: records are appended, read in batches, and committed when a batch has been applied.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast
from zoneinfo import ZoneInfo

from stream.clock import FixedClock
from stream.configuration import load_settings
from stream.events.money import exponents
from stream.events.refusal import Refused
from stream.intake.admission import Admission
from stream.journeys.compose import SPEND_GROUP, floor_of, groups_of
from stream.journeys.reader import Snapshot, combine, snapshot
from stream.journeys.store import facts_of
from stream.kafka.partitioner import partition_of
from stream.kpi.calendar import BusinessCalendar
from stream.kpi.reading import Filters
from stream.kpi.rules import Rules
from stream.kpi.slices import add_up
from stream.privacy.identity import Identity, load_key

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from stream.journeys.base import JourneyState
    from stream.journeys.partition_state import Group, PartitionState, Staged
    from stream.journeys.spend import SpendState
    from tests.reference.config import Config

_KEY = "a key of the tests, and of nothing else"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENOUGH = 100_000

Place = tuple[str, int]
"""A group and a partition: whose state it is; or a topic and a partition: whose log."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a state reads of a consumed record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class FloorInMemory:
    """
    A floor at the time of `clock`, its events in `partitions`.

    `settings` are those of `Settings`, by name; `rules` stand in place of those of the settings.
    """

    def __init__(
        self,
        *,
        clock: FixedClock,
        partitions: int = 3,
        settings: Mapping[str, Any] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.clock = clock
        self.settings = load_settings(**{"partitions": partitions, "pseudonym_key": _KEY, **(settings or {})})
        self.floor = floor_of(self.settings)
        if rules is not None:
            self.floor.rules = rules
        self.groups: tuple[Group, ...] = groups_of(self.settings, self.floor, clock)
        identity = Identity(load_key(self.settings), self.settings.default_region)
        self.admission = Admission(identity, self.floor.topics, clock, self.floor.ahead_ms)
        self.refused: list[Refused] = []
        self.logs: defaultdict[Place, list[Record]] = defaultdict(list)
        self.changelogs: defaultdict[Place, list[tuple[str, bytes, bytes | None]]] = defaultdict(list)
        self._read: defaultdict[Place, int] = defaultdict(int)
        self._group_of = {topic: group for group in self.groups for topic in group.topics}
        self.states: dict[Place, PartitionState] = {}
        for group in self.groups:
            for partition in range(group.partitions):
                state = self.states[group.name, partition] = group.new_state(partition)
                state.ready()

    @classmethod
    def like(cls, config: Config, now_ms: int, partitions: int = 3) -> Self:
        """Set up a floor with the settings of the reference's `config`, at `now_ms`."""
        settings = {
            "timezone": config.zone,
            "service_level_formula": config.service_level_formula,
            "dispositions": dict(config.dispositions),
        }
        rules = rules_like(config)
        return cls(clock=FixedClock(now_ms), partitions=partitions, settings=settings, rules=rules)

    # what comes in

    def feed(
        self, events: Iterable[Mapping[str, Any]], *, batch: int = 500, chance: random.Random | None = None
    ) -> Self:
        """
        Bring `events` (their fields) through admission into their topics, and fold all that follows from them.

        They are read up to `batch` at a time; with `chance`, batches of any size up to that, of any partition next.
        What admission refuses is in `refused`.
        """
        for event in events:
            self.append(event)
        return self.drain(batch=batch, chance=chance)

    def append(self, event: Mapping[str, Any]) -> None:
        """Bring an event through admission into its topic, which `drain` reads."""
        try:
            admitted = self.admission.admit(event)
        except Refused as refused:
            self.refused.append(refused)
            return
        if admitted is not None:
            self.send(admitted.topic, admitted.key, admitted.value)

    def send(self, topic: str, key: bytes | None, value: bytes | None, partition: int | None = None) -> None:
        """Append a record; without a partition its key chooses."""
        if partition is None:
            group = self._group_of.get(topic)
            partition = partition_of(key or b"", group.partitions) if group else 0
        log = self.logs[topic, partition]
        log.append(Record(topic, partition, len(log), self.clock.now_ms(), key, value))

    def drain(self, *, batch: int = 500, chance: random.Random | None = None) -> Self:
        """Fold until nothing is left to read, what the folds send each other included."""
        for _ in range(_ENOUGH):
            waiting = sorted(
                place for place, log in self.logs.items() if place[0] in self._group_of if self._read[place] < len(log)
            )
            if not waiting:
                return self
            for place in [chance.choice(waiting)] if chance else waiting:
                self.step(place, chance.randint(1, batch) if chance else batch)
        raise AssertionError("the states send each other records without end")

    def step(self, place: Place, most: int) -> None:
        """Fold the next records of a topic's partition, `most` at the most, as one batch."""
        topic, partition = place
        begin = self._read[place]
        records = self.logs[place][begin : begin + most]
        owner = (self._group_of[topic].name, partition)
        staged = self.states[owner].fold(topic, records)
        self._read[place] = begin + (len(records) if staged.taken is None else staged.taken)
        self._commit(owner, staged)

    def settle(self) -> Self:
        """Let each state do what the clock alone has made due, and fold what follows."""
        for place, state in self.states.items():
            staged = state.settle()
            if staged is not None:
                self._commit(place, staged)
        return self.drain()

    def _commit(self, place: Place, staged: Staged) -> None:
        for table, changes in staged.changes.items():
            self.changelogs[place].extend((table, key, value) for key, value in changes.items())
        for topic, key, value, partition in staged.sends:
            self.send(topic, key, value, partition)
        self.states[place].apply(staged)

    def restart(self) -> Self:
        """Put in place of each state one that has been restored from its changelogs alone."""
        for group in self.groups:
            for partition in range(group.partitions):
                place = (group.name, partition)
                state = self.states[place] = group.new_state(partition)
                for table in group.tables:
                    state.restore(table, [(key, value) for of, key, value in self.changelogs[place] if of == table])
                state.ready()
        return self

    # what comes out

    def snapshot(self, as_of: int | None = None) -> Snapshot:
        """Read every partition at `as_of` (ms; by default now), each by itself, and put them together."""
        moment = self.clock.now_ms() if as_of is None else as_of
        journeys = [cast("JourneyState", state) for (group, _), state in self.states.items() if group != SPEND_GROUP]
        spends = cast("SpendState", self.states[SPEND_GROUP, 0])
        zone = self.settings.zone
        return combine([*(snapshot(moment, zone, [s], None) for s in journeys), snapshot(moment, zone, [], spends)])

    def kpis(
        self,
        window: str,
        as_of: int | None = None,
        *,
        campaign: str | None = None,
        team: str | None = None,
        rep: str | None = None,
    ) -> dict[str, dict[str, Any]]:
        """Return every KPI of `window` at `as_of` (ms; by default now), by id, under filters."""
        filters = Filters(campaign, team, rep)
        formula = self.settings.service_level_formula
        shot = self.snapshot(as_of)
        return shot.reading(window, filters, self.settings.zone, exponents().__getitem__, formula).all()

    def journeys(self) -> dict[bytes, list[Any]]:
        """Return the facts of every journey of every partition, by kind and key."""
        return {
            key: facts_of(packed)
            for (group, _), state in self.states.items()
            if group != SPEND_GROUP
            for key, packed in cast("JourneyState", state).journeys._packed.items()
        }

    def cells(self) -> dict[tuple[tuple[bytes, int], Any], dict[int | str, int]]:
        """Return the cells of every slice by slice and owner, those of all partitions added up."""
        parts: defaultdict[tuple[tuple[bytes, int], Any], list[dict[int | str, int]]] = defaultdict(list)
        for (group, _), state in self.states.items():
            if group != SPEND_GROUP:
                slices = cast("JourneyState", state).slices
                for head in slices.heads():
                    for owner, cell in slices.slice(*head):
                        parts[head, owner].append(cell)
        sums = {place: add_up(cells) for place, cells in parts.items()}
        return {place: cell for place, cell in sums.items() if cell}


def rules_like(config: Config) -> Rules:
    """Turn the reference's `config` into the rules that settings of the same meaning give."""
    opening = {
        day: sorted((_minute(begin), _minute(end)) for begin, _, end in (span.partition("-") for span in spans))
        for day, name in enumerate(_WEEKDAYS)
        if (spans := config.opening_hours.get(name, ()))
    }
    return Rules(
        min_talk=round(config.min_talk_s * 1000),
        min_talk_by_campaign={name: round(s * 1000) for name, s in config.min_talk_s_by_campaign.items()},
        follow_up=config.follow_up_h * 3_600_000,
        early=config.early_h * 3_600_000,
        cold=config.lead_cold_days * 86_400_000,
        risk=config.risk_days * 86_400_000,
        dispositions=dict(config.dispositions),
        answer_within=round(config.service_level_s * 1000),
        business=BusinessCalendar(ZoneInfo(config.zone), opening, config.holidays.__contains__),
    )


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return 60 * int(hour) + int(minute)
