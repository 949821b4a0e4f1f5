"""The shapes that a KPI is read in: a ratio of counts, a share, a mean, a count."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T")


def ratio(numerator: int, denominator: int, times: int = 1) -> dict[str, Any]:
    value = Fraction(times * numerator, denominator) if denominator else None
    return {"value": value, "numerator": numerator, "denominator": denominator}


def share(of: Sequence[T], those: Callable[[T], bool]) -> dict[str, Any]:
    return ratio(sum(those(each) for each in of), len(of))


def mean_seconds(of: Sequence[int]) -> dict[str, Any]:
    """The mean of these ms, in seconds."""
    total = Fraction(sum(of), 1_000)
    return {"value": total / len(of) if of else None, "numerator": total, "denominator": len(of)}


def hours(numerator: int, denominator: int) -> dict[str, Any]:
    """A ratio of these ms, told in hours."""
    of = ratio(numerator, denominator)
    return {**of, "numerator": Fraction(numerator, 3_600_000), "denominator": Fraction(denominator, 3_600_000)}


def count(number: int) -> dict[str, Any]:
    return {"value": number, "numerator": number, "denominator": None}
