"""Builders of the PromQL in the recording rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# While a partition is on no worker, or by the latest scrapes on two, a sum would be wrong: then there is no sample.
_PARTITIONS_WRONG: Final = (
    "sum by (group) (ringboard_partitions_ready) != on (group) max by (group) (ringboard_partitions_expected)"
)
COMPLETE: Final = (
    "min(sum by (group) (ringboard_partitions_ready) == bool on (group) max by (group) (ringboard_partitions_expected))"
)


def select(metric: str, **labels: str) -> str:
    """Return the selector of the series of `metric` with `labels`."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inner}}}" if inner else metric


def total(by: Sequence[str], *series: str) -> str:
    """Return the sum of `series` over all workers, by the labels `by`."""
    return " + ".join(f"sum by ({', '.join(by)}) ({one})" for one in series)


def divided(top: str, bottom: str, matching: str = "") -> str:
    """Return the quotient, which has no sample where `bottom` is 0."""
    return f"  {_parenthesised(top)}\n/{f' {matching}' if matching else ''}\n  ({_parenthesised(bottom)} > 0)"


def whole_floor(expression: str) -> str:
    """Return `expression`, which has no sample while partitions are missing."""
    return f"(\n{expression}\n)\nunless on () (\n  {_PARTITIONS_WRONG}\n)"


def _parenthesised(expression: str) -> str:
    return f"({expression})" if " + " in expression else expression
