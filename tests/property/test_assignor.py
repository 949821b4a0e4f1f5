"""Partitions are shared out among workers: all of them, together where they belong together, and moving little."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from hypothesis import given
from hypothesis import strategies as st

from agents.engine.assignor import CoPartitionedAssignor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SETS = (("events", "links"), ("floor",), ("spend",))
TOPICS = [topic for one in SETS for topic in one]
Held = dict[str, set[tuple[str, int]]]

members = st.integers(1, 6).map(lambda n: [f"w{i}" for i in range(n)])
partitions = st.integers(1, 12)


class Group:
    """A consumer group as the broker keeps it: members that come and go, and a leader who shares out."""

    def __init__(self, partitions: int) -> None:
        counts = {"events": partitions, "links": partitions, "floor": 1, "spend": 1}
        self.cluster: Any = SimpleNamespace(partitions_for_topic=lambda topic: set(range(counts[topic])))
        self.everything = {(topic, p) for topic, count in counts.items() for p in range(count)}
        self.assignors: dict[str, CoPartitionedAssignor] = {}

    def rebalance(self, names: Iterable[str], asleep: Iterable[str] = ()) -> Held:
        names, asleep = set(names), set(asleep)
        self.assignors = {name: self.assignors.get(name) or CoPartitionedAssignor(SETS) for name in names | asleep}
        told: Mapping[str, ConsumerProtocolMemberMetadata] = {
            name: ConsumerProtocolMemberMetadata.decode(self.assignors[name].metadata(TOPICS).encode())
            for name in names
        }
        given = self.assignors[min(names)].assign(self.cluster, told)
        held: Held = {}
        for name in names:
            decoded = ConsumerProtocolMemberAssignment.decode(given[name].encode())
            self.assignors[name].on_assignment(decoded)
            held[name] = {(tp.topic, tp.partition) for tp in decoded.partitions()}
        return held


def moved(before: Held, after: Held) -> int:
    """Count the partitions of the events that were taken from a member that is still there."""
    return sum(len({p for t, p in before[name] if t == "events"} - {p for t, p in after[name] if t == "events"})
               for name in before if name in after)  # fmt: skip


def parts(held: Held, topic: str) -> list[int]:
    return [sum(t == topic for t, _ in mine) for mine in held.values()]


@given(partitions, st.lists(members, min_size=1, max_size=6))
def test_every_partition_has_exactly_one_worker_and_what_is_read_together_lies_together(
    count: int, history: list[list[str]]
) -> None:
    group = Group(count)
    for names in history:
        held = group.rebalance(names)
        given = [place for mine in held.values() for place in mine]
        assert len(given) == len(set(given))
        assert set(given) == group.everything
        for mine in held.values():
            assert {p for t, p in mine if t == "events"} == {p for t, p in mine if t == "links"}
        assert max(parts(held, "events")) - min(parts(held, "events")) <= 1
        singles = [sum(t in {"floor", "spend"} for t, _ in mine) for mine in held.values()]
        assert max(singles) - min(singles) <= 1


@given(partitions, members)
def test_nothing_moves_when_nobody_comes_or_goes(count: int, names: list[str]) -> None:
    group = Group(count)
    assert group.rebalance(names) == group.rebalance(names)


@given(partitions, members)
def test_a_worker_that_joins_takes_no_more_than_its_part(count: int, names: list[str]) -> None:
    group = Group(count)
    before = group.rebalance(names)
    after = group.rebalance([*names, "x"])
    assert moved(before, after) == sum(t == "events" for t, _ in after["x"])


@given(partitions, members.filter(lambda names: len(names) > 1))
def test_when_a_worker_leaves_only_its_own_partitions_move(count: int, names: list[str]) -> None:
    group = Group(count)
    before = group.rebalance(names)
    assert moved(before, group.rebalance(names[1:])) == 0


@given(partitions, members)
def test_the_same_members_get_the_same_from_every_leader(count: int, names: list[str]) -> None:
    assert Group(count).rebalance(names) == Group(count).rebalance(reversed(names))


def test_of_a_worker_that_slept_and_the_one_that_took_over_the_latter_keeps_its_partitions() -> None:
    group = Group(8)
    group.rebalance(["a", "b"])
    held = group.rebalance(["b"], asleep=["a"])
    assert len(held["b"]) == len(group.everything)
    back = group.rebalance(["a", "b"])
    again = group.rebalance(["a", "b"])
    assert back == again
    assert moved(held, back) == 4


def test_what_is_no_claim_of_ours_counts_as_none() -> None:
    group = Group(4)
    group.rebalance(["a"])
    garbage = ConsumerProtocolMemberMetadata(1, TOPICS, cast("Any", b"\xff{"))
    given = group.assignors["a"].assign(
        group.cluster, {"a": garbage, "b": ConsumerProtocolMemberMetadata(1, TOPICS, b"")}
    )
    assert {tp.partition for one in given.values() for tp in one.partitions() if tp.topic == "events"} == {0, 1, 2, 3}


def test_a_member_of_another_version_gets_only_what_it_reads() -> None:
    group = Group(4)
    group.rebalance(["a"])
    told = {name: group.assignors["a"].metadata(topics) for name, topics in (("a", TOPICS), ("old", ["floor"]))}
    given = group.assignors["a"].assign(group.cluster, told)
    assert {tp.topic for tp in given["old"].partitions()} <= {"floor"}
    assert {(tp.topic, tp.partition) for one in given.values() for tp in one.partitions()} == group.everything
