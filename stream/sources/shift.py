"""Moves an event in time: every one of its moments by the same amount, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from stream.events.types import TIME_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_ms(moment: object) -> int | None:
    """Return a moment in either of its forms as ms since the epoch, None if it is in neither (admission says why)."""
    if isinstance(moment, int) and not isinstance(moment, bool):
        return moment
    if not isinstance(moment, str):
        return None
    try:
        read = dt.datetime.fromisoformat(moment)
        return None if read.tzinfo is None else int(read.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def shifted(event: Mapping[str, Any], by_ms: int) -> dict[str, Any]:
    """Return a copy of `event` in which every moment that can be read lies `by_ms` later; its id stays."""
    moved = dict(event)
    for name in TIME_FIELDS:
        ms = as_ms(moved.get(name))
        if ms is not None:
            moved[name] = ms + by_ms
    return moved
