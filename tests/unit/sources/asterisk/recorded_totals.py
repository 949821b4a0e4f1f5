"""What was played on the recorded floors in all, counted from their truth by hand."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.shared_data import OURS, OUTSIDE

FLOOR: Final = "asterisk_recorded"


class Totals(NamedTuple):
    """
    How many calls there were, and what became of them.

    `people` and `machines` are the attempts of 30 s of talk or more, by who answered; `answered` are all that anyone
    or anything answered; `served` and `abandoned` are callers; `first_ms` is when the first attempt was placed, and
    `after_ms` some hours after the last.
    """

    attempts: int
    answered: int
    people: int
    machines: int
    callers: int
    served: int
    abandoned: int
    first_ms: int
    after_ms: int


TOTALS: Final = {
    OURS: Totals(14, 8, 3, 1, 9, 5, 2, 1_767_600_000_000, 1_767_610_000_000),
    OUTSIDE: Totals(70, 43, 13, 5, 30, 20, 7, 1_795_469_627_000, 1_795_480_000_000),
}
