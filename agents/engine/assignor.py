"""Assigns partitions to workers: what is read together stays together, and as little as possible moves."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NamedTuple

from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka.cluster import ClusterMetadata

log = logging.getLogger(__name__)


class Unit(NamedTuple):
    """Partition `partition` of every topic of a set, which one member gets as a whole."""

    topics: tuple[str, ...]
    partition: int


class Claim(NamedTuple):
    """What a member held, and in which round it got it: of two claims to one unit the later one holds."""

    round_number: int
    units: frozenset[Unit]


def distribute(
    units: Sequence[Unit], eligible: Mapping[Unit, Sequence[str]], claims: Mapping[str, Claim]
) -> dict[str, list[Unit]]:
    """
    Assign every unit to one of its `eligible` members, and return the units of each member.

    Sets of several partitions are spread evenly one by one, then the sets of a single partition together;
    within that, a member keeps what it held. The result depends on the arguments alone.

    Args:
        units: all units, each once.
        eligible: for each unit the members that read all its topics.
        claims: what each member held before.

    """
    members = sorted({member for unit in units for member in eligible[unit]} | set(claims))
    given: dict[str, list[Unit]] = {member: [] for member in members}
    sizes: dict[tuple[str, ...], int] = {}
    for unit in units:
        sizes[unit.topics] = sizes.get(unit.topics, 0) + 1
    pools: dict[tuple[str, ...], list[Unit]] = {}
    for unit in sorted(units):
        pools.setdefault(unit.topics if sizes[unit.topics] > 1 else (), []).append(unit)
    for pool in sorted(pools.values(), key=lambda pool: (-len(pool), pool)):
        _spread(pool, eligible, claims, given)
    return given


def _spread(
    pool: list[Unit],
    eligible: Mapping[Unit, Sequence[str]],
    claims: Mapping[str, Claim],
    given: dict[str, list[Unit]],
) -> None:
    """Add the units of `pool` to `given`, so that no two members' parts of the pool differ by more than one unit."""
    able = sorted({member for unit in pool for member in eligible[unit]})
    if not able:
        return
    held: dict[str, list[Unit]] = {member: [] for member in able}
    for unit in pool:
        holders = [m for m in able if m in eligible[unit] and m in claims and unit in claims[m].units]
        if holders:
            held[max(holders, key=lambda member: (claims[member].round_number, member))].append(unit)
    base, extra = divmod(len(pool), len(able))
    # The extra units go first to members who hold more (nothing moves), then to those with the fewest other units.
    order = sorted(able, key=lambda member: (-min(len(held[member]), base + 1), len(given[member]), member))
    quota = {member: base + (place < extra) for place, member in enumerate(order)}
    mine = {member: held[member][: quota[member]] for member in able}
    assigned = {unit for part in mine.values() for unit in part}
    for unit in pool:
        if unit in assigned:
            continue
        willing = [member for member in able if member in eligible[unit]]
        if not willing:
            continue
        taker = min(willing, key=lambda member: (len(mine[member]) - quota[member], len(given[member]), member))
        mine[taker].append(unit)
    for member, part in mine.items():
        given[member].extend(part)


class CoPartitionedAssignor(AbstractPartitionAssignor):
    """
    Assigns partition i of all topics of a set to one member; each member tells the leader what it held.

    Each consumer has its own object, without state in the class: two apps in one process would mix theirs.
    """

    name = "ringboard-together"
    version = 1

    def __init__(self, sets: Iterable[Sequence[str]]) -> None:
        self._sets = [tuple(topics) for topics in sets]
        self._round = 0
        self._held: frozenset[tuple[str, int]] = frozenset()

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:  # type: ignore[override]
        """Return which topics this member reads and what it held last, for the leader of the group."""
        claim = json.dumps({"turn": self._round, "held": sorted(self._held)}).encode()
        return ConsumerProtocolMemberMetadata(self.version, sorted(topics), claim)

    def assign(  # type: ignore[override]
        self, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Assign the partitions of all topics that `members` read; the leader of the group calls this."""
        reads = {member: frozenset(metadata.subscription) for member, metadata in members.items()}
        units = self._units(cluster, frozenset[str]().union(*reads.values()))
        eligible = {
            unit: [m for m, topics in sorted(reads.items()) if topics.issuperset(unit.topics)] for unit in units
        }
        claims = {member: _claim(metadata.user_data, units) for member, metadata in members.items()}
        number = max((claim.round_number for claim in claims.values()), default=0) + 1
        given = distribute(units, eligible, claims)
        return {member: self._assignment(given.get(member, []), number) for member in members}

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:  # type: ignore[override]
        """Note what was assigned to this member."""
        self._held = frozenset((tp.topic, tp.partition) for tp in assignment.partitions())
        self._round = _round_of(assignment.user_data)

    def _units(self, cluster: ClusterMetadata, topics: frozenset[str]) -> list[Unit]:
        together = [one for one in self._sets if topics.issuperset(one)]
        placed = {topic for one in together for topic in one}
        units = []
        for one in [*together, *((topic,) for topic in sorted(topics - placed))]:
            partitions = set[int]().union(*(cluster.partitions_for_topic(topic) or () for topic in one))
            if not partitions:
                log.warning("no partitions are known of %s", ", ".join(one))
            units += [Unit(one, partition) for partition in sorted(partitions)]
        return units

    def _assignment(self, units: Iterable[Unit], number: int) -> ConsumerProtocolMemberAssignment:
        by_topic: dict[str, list[int]] = {}
        for unit in sorted(units):
            for topic in unit.topics:
                by_topic.setdefault(topic, []).append(unit.partition)
        data = json.dumps({"turn": number}).encode()
        return ConsumerProtocolMemberAssignment(self.version, sorted(by_topic.items()), data)


def _claim(user_data: bytes, units: Iterable[Unit]) -> Claim:
    try:
        content = json.loads(user_data)
        held = {(str(topic), int(partition)) for topic, partition in content["held"]}
        number = int(content["turn"])
    except (ValueError, KeyError, TypeError):
        return Claim(0, frozenset())
    return Claim(number, frozenset(u for u in units if all((topic, u.partition) in held for topic in u.topics)))


def _round_of(user_data: bytes) -> int:
    try:
        return int(json.loads(user_data)["turn"])
    except (ValueError, KeyError, TypeError):
        return 0
