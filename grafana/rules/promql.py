"""The few shapes of PromQL that the rules are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# While a partition is at no worker, or by two scrapes at two, a sum would be a part or too much: then there is none.
_PARTITIONS_WRONG: Final = (
    "sum by (group) (ringboard_partitions_ready) != on (group) max by (group) (ringboard_partitions_expected)"
)
COMPLETE: Final = (
    "min(sum by (group) (ringboard_partitions_ready) == bool on (group) max by (group) (ringboard_partitions_expected))"
)


def select(metric: str, **labels: str) -> str:
    """Name the series of `metric` with `labels`."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric}{{{inner}}}" if inner else metric


def total(by: Sequence[str], *series: str) -> str:
    """Add up `series` over all workers, by the labels `by`."""
    return " + ".join(f"sum by ({', '.join(by)}) ({one})" for one in series)


def divided(top: str, bottom: str, matching: str = "") -> str:
    """Divide; of an empty bottom there is no sample."""
    return f"  {_whole(top)}\n/{f' {matching}' if matching else ''}\n  ({_whole(bottom)} > 0)"


def whole_floor(expression: str) -> str:
    """Have no sample of `expression` while partitions are missing."""
    return f"(\n{expression}\n)\nunless on () (\n  {_PARTITIONS_WRONG}\n)"


def _whole(expression: str) -> str:
    return f"({expression})" if " + " in expression else expression
