"""Decides whose claim to a partition is valid, and so which workers' numbers may be added up and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import msgspec

from stream.journeys.reader import Snapshot  # noqa: TC001  msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

READY: Final = "ready"
RECOVERING: Final = "recovering"

Place = tuple[str, int]
"""A partition of a group, or of a topic."""

MOST_PARTITIONS: Final = 20_000  # of all topics of a floor together; the settings allow some 3,000
_BOUND: Final = msgspec.Meta(max_length=MOST_PARTITIONS)

AbsenceReason = Literal["recovering", "missing", "twice", "unknown"]


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """A partition of a group that a worker was assigned, and its state there."""

    group: str
    partition: int
    state: str


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The next offset to apply of a partition of a topic."""

    topic: str
    partition: int
    offset: int


class Part(msgspec.Struct, frozen=True):
    """
    One worker's part of the floor's numbers, and the positions they go up to, both of the same instant.

    `generation` is that of the consumer group in which the worker was assigned its partitions. Of the partitions that
    are recovering, `restored` of `total` changelog offsets have been read.
    """

    worker: str
    snapshot: Snapshot
    claims: Annotated[list[Claim], _BOUND]
    positions: Annotated[list[Position], _BOUND]
    generation: int = 0
    restored: int = 0
    total: int = 0


class Holder(NamedTuple):
    """A worker with its claims and its part; None if it did not answer, and the claims are those last announced."""

    generation: int
    claims: Sequence[Claim]
    part: Part | None


class Absent(msgspec.Struct, frozen=True):
    """
    A partition whose numbers cannot be shown, and why.

    It is `recovering` at a worker; `missing`, claimed by none; claimed by two at once (`twice`); or `unknown`: its
    worker does not answer, or does not know yet what others own.
    """

    group: str
    partition: int
    state: AbsenceReason


class Recovery(msgspec.Struct, frozen=True):
    """
    The progress of a floor that is not complete: `ready` of its partitions, and how much of the others is `restored`.

    `restored` is a ratio, None while the amount to read is unknown.
    """

    ready: int
    of: int
    restored: float | None
    partitions: list[Absent]


class Judgement(NamedTuple):
    """The parts that may be added up, and what is missing from them; None if they are the whole floor."""

    parts: list[Part]
    recovery: Recovery | None


def valid_claims(holders: Iterable[Holder]) -> dict[Place, list[tuple[Holder, str]]]:
    """
    Return the valid claims to each partition, with their states: those of the latest generation.

    The group assigns all partitions anew in each generation. So if two workers claim the same partition, the one with
    the earlier generation has died, or was suspended and does not know yet that it lost the partition.
    """
    best: dict[Place, list[tuple[Holder, str]]] = {}
    for one in holders:
        for claim in one.claims:
            if claim.state not in {READY, RECOVERING}:
                continue
            place = claim.group, claim.partition
            rivals = best.setdefault(place, [])
            if rivals and rivals[0][0].generation < one.generation:
                rivals.clear()
            if not rivals or rivals[0][0].generation == one.generation:
                rivals.append((one, claim.state))
    return best


def judge(expected: Sequence[Place], holders: Sequence[Holder], *, sure: bool = True) -> Judgement:
    """
    Choose the parts to add up, and find which of the `expected` partitions are missing.

    A part counts as a whole or not at all: if one of its ready partitions belongs to another worker by now, the whole
    part is left out.

    Args:
        expected: the partitions of the floor.
        holders: the workers with their claims.
        sure: whether the list of workers is known to be up to date.

    """
    best = valid_claims(holders)
    usable = [one for one in holders if one.part is not None and _undisputed(one, best)]
    states = {place: _state(best.get(place, []), usable) for place in expected}
    if not sure:
        states = {place: state or "unknown" for place, state in states.items()}
    absent = [Absent(*place, state) for place, state in states.items() if state is not None]
    parts = [one.part for one in usable if one.part is not None]
    if not absent:
        return Judgement(parts, None)
    total = sum(one.part.total for one in holders if one.part is not None)
    restored = sum(one.part.restored for one in holders if one.part is not None)
    progress = min(restored / total, 1.0) if total else None
    return Judgement(parts, Recovery(len(expected) - len(absent), len(expected), progress, absent))


def _undisputed(one: Holder, best: Mapping[Place, list[tuple[Holder, str]]]) -> bool:
    """Return whether no other worker has a valid claim to any partition that is ready at this one."""
    places = [(claim.group, claim.partition) for claim in one.claims if claim.state == READY]
    return all([rival is one for rival, _ in best[place]] == [True] for place in places)


def _state(rivals: Sequence[tuple[Holder, str]], usable: Sequence[Holder]) -> AbsenceReason | None:
    """Return why a partition cannot be shown; None if it can."""
    if not rivals:
        return "missing"
    if len(rivals) > 1:
        return "twice"
    ((holder, state),) = rivals
    if state == RECOVERING:
        return "recovering"
    return None if any(holder is one for one in usable) else "unknown"
