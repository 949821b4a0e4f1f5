"""
What a slice's cell is keyed by: a measure, when it ripens, and its detail.

A *code* is a measure; a measure with the minute at which it ripens (`ripening`: it counts once that minute has passed);
or either with a detail (`detailed`: a string).
"""

from __future__ import annotations

from typing import Final

Code = int | str

RIPENING_BITS: Final = 10
_MEASURE: Final = (1 << RIPENING_BITS) - 1
LAST: Final = _MEASURE
"""No measure is greater; a whole-number code that is has a minute of ripening."""


def ripening(measure: int, minute: int) -> int:
    """Return the code of a `measure` that counts once `minute` (minutes since the epoch) has passed."""
    return minute << RIPENING_BITS | measure


def measure_of(code: int) -> int:
    """Return the measure of a whole-number code."""
    return code & _MEASURE


def minute_of(code: int) -> int:
    """Return the minute at which a whole-number code ripens; 0 where it has none."""
    return code >> RIPENING_BITS


def detailed(code: int, detail: str) -> str:
    """Return the code of a measure, which may have a minute of ripening, by a detail, such as the reason of a loss."""
    return f"{code}|{detail}"


def detail_of(code: str) -> tuple[int, str]:
    """Split a detailed code into its measure, with the minute of ripening if it has one, and its detail."""
    whole, _, detail = code.partition("|")
    return int(whole), detail


def ripe_of(code: Code) -> tuple[int, Code]:
    """Return the minute at which a code ripens, 0 where it has none, and the code it counts as from then on."""
    if not isinstance(code, str):
        return minute_of(code), measure_of(code)
    whole, detail = detail_of(code)
    return (0, code) if whole <= LAST else (minute_of(whole), detailed(measure_of(whole), detail))
