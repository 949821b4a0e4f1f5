"""Whose word on a partition stands, and so which workers' numbers may be added up, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from stream.journeys.reader import Snapshot  # noqa: TC001  msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

READY: Final = "ready"
RECOVERING: Final = "recovering"

Place = tuple[str, int]
"""A partition of a group, or of a topic."""

Why = Literal["recovering", "missing", "twice", "unknown"]


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """A partition of a group that a worker has been given, and how it stands there."""

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
    What one worker knows of the floor, its values and how far they go taken at one instant.

    `generation` is that of the consumer group in which it was given its partitions. Of those that it recovers,
    `restored` of `total` changelog offsets are read.
    """

    worker: str
    snapshot: Snapshot
    claims: list[Claim]
    positions: list[Position]
    generation: int = 0
    restored: int = 0
    total: int = 0


class Held(NamedTuple):
    """What a worker claims, and its part; None where it did not answer, and its claims are what it said last."""

    generation: int
    claims: Sequence[Claim]
    part: Part | None


class Absent(msgspec.Struct, frozen=True):
    """
    A partition whose numbers cannot be shown, and why.

    It is `recovering` at a worker; `missing`, claimed by none; claimed by two at once (`twice`); or `unknown`: who has
    it does not answer, or cannot tell yet what others have.
    """

    group: str
    partition: int
    state: Why


class Recovery(msgspec.Struct, frozen=True):
    """
    How far a floor that is not whole is: `ready` of its partitions, and what of the others has been `restored`.

    `restored` is a ratio, None while nobody knows how much there is to read.
    """

    ready: int
    of: int
    restored: float | None
    partitions: list[Absent]


class Judged(NamedTuple):
    """The parts that may be added up, and what is missing in them; None if they are the whole floor."""

    parts: list[Part]
    recovery: Recovery | None


def standing(held: Iterable[Held]) -> dict[Place, list[tuple[Held, str]]]:
    """
    Give for each partition the claims that stand, with their states: those of the latest generation.

    The group gives out all partitions anew in each generation. So a claim of an earlier one is of a worker that has
    died, or that sleeps and does not know yet, as soon as another one claims the same.
    """
    best: dict[Place, list[tuple[Held, str]]] = {}
    for one in held:
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


def judge(expected: Sequence[Place], held: Sequence[Held], *, sure: bool = True) -> Judged:
    """
    Choose the parts to add up, and tell what is missing of the `expected` partitions.

    A part is all or nothing: one that has a partition ready that is another's by now is left out with all it has.

    Args:
        expected: the partitions of the floor.
        held: what each worker claims.
        sure: whether it is known at all who else is there.

    """
    best = standing(held)
    usable = [one for one in held if one.part is not None and _undisputed(one, best)]
    states = {place: _state(best.get(place, []), usable) for place in expected}
    if not sure:
        states = {place: state or "unknown" for place, state in states.items()}
    absent = [Absent(*place, state) for place, state in states.items() if state is not None]
    parts = [one.part for one in usable if one.part is not None]
    if not absent:
        return Judged(parts, None)
    total = sum(one.part.total for one in held if one.part is not None)
    restored = sum(one.part.restored for one in held if one.part is not None)
    progress = min(restored / total, 1.0) if total else None
    return Judged(parts, Recovery(len(expected) - len(absent), len(expected), progress, absent))


def _undisputed(one: Held, best: Mapping[Place, list[tuple[Held, str]]]) -> bool:
    """Tell whether all that a worker has ready is its own, and no other's."""
    places = [(claim.group, claim.partition) for claim in one.claims if claim.state == READY]
    return all([rival is one for rival, _ in best[place]] == [True] for place in places)


def _state(rivals: Sequence[tuple[Held, str]], usable: Sequence[Held]) -> Why | None:
    """Tell why a partition cannot be shown; None if it can."""
    if not rivals:
        return "missing"
    if len(rivals) > 1:
        return "twice"
    ((holder, state),) = rivals
    if state == RECOVERING:
        return "recovering"
    return None if any(holder is one for one in usable) else "unknown"
