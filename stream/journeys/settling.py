"""Facts that lay ahead of the clock and cannot be settled: they are taken out of their journey and put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from stream.journeys.refusing import refuse_fact
from stream.journeys.store import facts_of, header, pack, without_due

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.events.refusal import Refused
    from stream.journeys.batch import Batch
    from stream.journeys.floor import Floor
    from stream.privacy.identity import Identity


def failing(keys: Sequence[bytes], stage: Callable[[Sequence[bytes]], object]) -> dict[bytes, Exception]:
    """Return what `stage` raises for those of `keys` for which it raises; journeys settle each by itself."""
    try:
        stage(keys)
    except Exception as error:  # noqa: BLE001  whatever a bug of ours raises
        if len(keys) == 1:
            return {keys[0]: error}
        half = len(keys) // 2
        return failing(keys[:half], stage) | failing(keys[half:], stage) or dict.fromkeys(keys, error)
    return {}


def put_aside(  # noqa: PLR0917  each of them is of a kind of its own
    floor: Floor, identity: Identity, refused: Refused, place: tuple[str, int], key: bytes, packed: bytes, batch: Batch
) -> None:
    """
    Stage the journey `key` without the facts that have come due by `batch.now`, and these as a rejected record.

    A journey that cannot even be unpacked stays as it is, but for that nothing of it is due any more. `place` is the
    table and the partition.
    """
    try:
        _, due, flags = header(packed)
        facts = facts_of(packed)
        came_due = [fact for fact in facts if due <= fact.at <= batch.now]
        left = [fact for fact in facts if not due <= fact.at <= batch.now]
        content = msgspec.json.encode(came_due)
        ahead = [fact.at for fact in left if fact.at > batch.now]
        rest = pack(left, left[-1].at, min(ahead, default=0), flags) if left else None
    except Exception:  # noqa: BLE001  it is damaged, or a bug of ours is in the way of this too
        content, rest = packed, without_due(packed)
    batch.journeys[key] = rest
    if rest is None:
        batch.live[key] = None
    refuse_fact(floor, identity, refused, content, place, batch)
