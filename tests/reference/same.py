"""When a KPI as the product gives it says the same as the reference's."""

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

# Money may be cut after the fourth decimal or later (unrounded to at least four).
MONEY_DECIMALS = 4


def same(a: Any, b: Any) -> bool:
    """
    Whether two values are equal as numbers, whatever their types.

    A float agrees within its own precision, a decimal string of four decimals or more within its last one; mappings
    agree key by key (as text, since JSON knows no other); None agrees with None only.
    """
    if a is None or b is None:
        return a is b
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        one, other = ({str(name): value for name, value in m.items()} for m in (a, b))
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    left, right = number(a), number(b)
    if left is None or right is None:
        return bool(a == b)
    if left == right:
        return True
    if isinstance(a, float) or isinstance(b, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return abs(left - right) < max(cut(a), cut(b))


def number(value: Any) -> Fraction | None:
    """The exact number that a number or a decimal string says; None if it says none."""
    try:
        return Fraction(Decimal(value)) if isinstance(value, str) else Fraction(value)
    except (InvalidOperation, ValueError, OverflowError, TypeError):
        return None


def cut(value: Any) -> Fraction:
    """The last place of a decimal string that may have been cut there; 0 for what must be exact."""
    decimals = len(value.partition(".")[2]) if isinstance(value, str) else 0
    return Fraction(1, 10**decimals) if decimals >= MONEY_DECIMALS else Fraction(0)
