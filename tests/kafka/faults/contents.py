"""What the states of a floor hold, key by key: in memory, in a worker's dump of itself, in the changelogs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from stream.journeys.spend import SpendState
from stream.journeys.store import facts_of, header
from stream.kpi.facts import Spend
from stream.kpi.rules import DAY, HOUR, MINUTE
from stream.kpi.slices import HOURS_KEPT, MINUTES, MINUTES_KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.journeys.base import JourneyState
    from stream.journeys.partition_state import PartitionState

EXPIRING_MINUTES = 30  # slices that near their end may be gone at one place and still be there at another
EXPIRING_HOURS = 2  # and spend likewise
SPEND_KEPT = 31 * DAY
JOURNEYS, SLICES, SPEND = "journeys", "slices", "spend"

Place = tuple[str, int]
"""A group and a partition."""

Contents = dict[tuple[str, int, str], dict[Any, Any]]
"""By group, partition and kind: facts by journey, codes by slice and owner, spend by id."""

packed_state = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def dump(state: PartitionState) -> dict[str, Any]:
    """Take out everything that `state` holds, in what msgpack knows."""
    if isinstance(state, SpendState):
        return {SPEND: [[key, msgspec.to_builtins(fact)] for key, fact in state.spends.items()]}
    slices = cast("JourneyState", state).slices
    return {
        JOURNEYS: [[key, packed] for key, packed in cast("JourneyState", state).journeys._packed.items()],
        SLICES: [[head, owner, cell] for head in slices.heads() for owner, cell in slices.slice(*head)],
    }


def undump(packed: bytes) -> dict[str, Any]:
    """Read what `packed_state` made of a dump."""
    return cast("dict[str, Any]", _decode(packed))


def contents(dumps: Mapping[Place, Mapping[str, Any]], now_ms: int) -> Contents:
    """Bring dumps into the form that is compared; slices and spend that expire about now are left out."""
    oldest_minute = now_ms // MINUTE - MINUTES_KEPT + EXPIRING_MINUTES
    oldest_hour = now_ms // HOUR - HOURS_KEPT + EXPIRING_HOURS
    oldest_spend = now_ms - SPEND_KEPT + EXPIRING_HOURS * HOUR

    def stays(granularity: bytes, index: int) -> bool:
        return index >= (oldest_minute if granularity == MINUTES else oldest_hour)

    found: Contents = {}
    for (group, partition), kinds in dumps.items():
        for kind, entries in kinds.items():
            table: dict[Any, Any] = {}
            if kind == JOURNEYS:
                table = {key: (header(packed)[0], facts_of(packed)) for key, packed in entries}
            elif kind == SLICES:
                table = {(*head, tuple(owner)): cell for head, owner, cell in entries if stays(*head)}
            else:
                spends = {key: msgspec.convert(fact, Spend) for key, fact in entries}
                table = {key: spend for key, spend in spends.items() if max(spend.end, spend.at) >= oldest_spend}
            found[group, partition, kind] = table
    return found


def differences(found: Contents, right: Contents) -> list[str]:
    """Name every key that is not the same, up to a few of each place."""
    told = [f"{place}: not there" for place in right.keys() - found.keys()]
    told += [f"{place}: should not be there" for place in found.keys() - right.keys()]
    for place in found.keys() & right.keys():
        one, other = found[place], right[place]
        wrong = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
        told += [f"{place}: {key}: {one.get(key)} is not {other.get(key)}" for key in sorted(wrong, key=repr)[:3]]
        told += [f"{place}: and {len(wrong) - 3} keys more"] * (len(wrong) > 3)
    return told
