"""Reps with their strengths and weaknesses, campaigns, prospects, and the supply of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stream.simulate.profile import CAMPAIGNS, FICTION_FR

if TYPE_CHECKING:
    from random import Random

    from stream.simulate.days import Day
    from stream.simulate.profile import Profile

TEAMS: Final = ("north", "south")
RECEPTION: Final = "reception"

# opens, closes, presses, quick, diligent, persists: the first reps are typical ones.
TYPES: Final = (
    (1.55, 0.45, 0.05, 0.8, 0.9, 6),  # opens well, closes badly
    (0.6, 1.9, 0.05, 0.6, 0.9, 6),  # opens badly, closes well
    (0.9, 0.9, 0.65, 0.7, 0.95, 9),  # presses: calls again and again on one day
    (1.15, 1.2, 0.0, 0.95, 0.97, 7),  # spaced, patient, quick
    (0.8, 0.8, 0.1, 0.15, 0.6, 3),  # slow to answer, gives up early
)
QUEUES: Final = ("sales", "support")


@dataclass(slots=True)
class Rep:
    """
    A human on the phone; `opens` and `closes` multiply the floor's odds, the other traits are shares.

    `fresh` are the assigned requests that were not called yet; `tasks` is a heap of follow-ups: (due time in ms since
    the epoch, sequence number, prospect).
    """

    name: str
    team: str
    campaigns: tuple[str, ...] = ()
    opens: float = 1.0
    closes: float = 1.0
    presses: float = 0.1
    quick: float = 0.6
    diligent: float = 0.9
    persists: int = 5
    pace_s: float = 12.0
    fresh: list[Prospect] = field(default_factory=list)
    tasks: list[tuple[int, int, Prospect]] = field(default_factory=list)
    lunch_at: int = 0
    ends_at: int = 0
    free_at: int = 0


@dataclass(slots=True)
class Prospect:
    """Somebody to call: a lead that requested it, or (without `lead`) a number of a list."""

    campaign: str
    number: str | None
    lead: str | None
    requested_at: int
    interest: float
    attempts: int = 0
    noes: int = 0
    limit: int = 4
    closed: bool = False


def hire(rng: Random, reps: int, campaigns: tuple[str, ...], inbound_share: float) -> tuple[list[Rep], list[Rep]]:
    """Return the outbound reps and the inbound reps; with three reps or more at least one is inbound."""
    minimum = 3
    receiving = max(1, round(reps * inbound_share)) if reps >= minimum else 0
    calling = max(1, reps - receiving)
    width = max(2, len(str(reps)))
    outbound = []
    for i in range(calling):
        if i < len(TYPES):
            traits = TYPES[i]
        else:
            traits = (
                rng.uniform(0.6, 1.4),
                rng.uniform(0.6, 1.4),
                rng.choice((0.0, 0.05, 0.1, 0.3)),
                rng.uniform(0.3, 0.95),
                rng.uniform(0.75, 0.98),
                rng.randint(3, 8),
            )
        opens, closes, presses, quick, diligent, persists = traits
        first = campaigns[i % len(campaigns)]
        second = campaigns[(i + 1 + i // len(campaigns)) % len(campaigns)]
        outbound.append(
            Rep(
                name=f"rep-{i + 1:0{width}d}",
                team=TEAMS[i % len(TEAMS)],
                campaigns=(first,) if first == second else (first, second),
                opens=opens,
                closes=closes,
                presses=presses,
                quick=quick,
                diligent=diligent,
                persists=persists,
                pace_s=rng.uniform(7.0, 20.0),
            )
        )
    inbound = [Rep(name=f"rep-{calling + i + 1:0{width}d}", team=RECEPTION) for i in range(receiving)]
    return outbound, inbound


def is_off(day: Day, i: int, profile: Profile) -> bool:
    """Return whether rep number `i` of a side of the floor has one of the days off that all have in turn."""
    return (day.date.toordinal() + 2 * i) % 7 < profile.days_off


def name_campaigns(count: int) -> tuple[str, ...]:
    """Return `count` campaign names, numbered once `CAMPAIGNS` is used up."""
    return tuple(CAMPAIGNS[i] if i < len(CAMPAIGNS) else f"campaign-{i + 1}" for i in range(count))


class Numbers:
    """
    An endless supply of telephone numbers that belong to nobody, each returned once.

    They come from the ranges set aside for fiction (60,000 numbers) in a shuffled order. Once these are used up, two
    digits are appended, which makes numbers that cannot be dialled.
    """

    _PER_RANGE: Final = 10_000

    def __init__(self, rng: Random) -> None:
        self._count = len(FICTION_FR) * self._PER_RANGE
        # A step that shares no factor with the count visits each number once.
        self._step = 7 * 11 * 13 * 17 + 2 * 15 * rng.randrange(1, 1000)
        self._at = rng.randrange(self._count)
        self._given = 0

    def next(self) -> str:
        """Return a number that was not returned before."""
        lap, self._given = self._given // self._count, self._given + 1
        self._at = (self._at + self._step) % self._count
        prefix, line = divmod(self._at, self._PER_RANGE)
        extra = "" if lap == 0 else f"{lap - 1:02d}"
        return f"{FICTION_FR[prefix]}{line:04d}{extra}"
