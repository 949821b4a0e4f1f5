"""The kills of the fault suite: in what fault each was, and what the worker was doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.kafka.faults.orders import IN_TRANSACTION

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Kill:
    """A kill -9 of a worker, in what fault, and what the worker was doing."""

    fault: str
    phase: str | None

    @property
    def in_transaction(self) -> bool:
        return self.phase in IN_TRANSACTION


def told_of(kills: Sequence[Kill]) -> str:
    """Say how many kills there were, and how many of them fell inside a transaction."""
    inside = [kill for kill in kills if kill.in_transaction]
    between = sum(kill.phase == "between" for kill in inside)
    return (
        f"{len(kills)} kills, {len(inside)} of them between a transaction's beginning and its end, "
        f"{between} of these between the two kinds of writes"
    )
