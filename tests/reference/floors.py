"""Who and when in a generated history: few of everybody, and instants that lie on the edges."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.reference.config import DAY, HOUR, MINUTE, SECOND, Config

T = TypeVar("T")

PARIS = ZoneInfo("Europe/Paris")
# Easter Monday, 1 May and All Saints' Day lie in reach of the moments below.
FLOOR = Config(
    min_talk_s_by_campaign={"solar": 45},
    holidays=frozenset({date(2026, 4, 6), date(2026, 5, 1), date(2026, 11, 1)}),
    opening_hours={
        **dict.fromkeys(("mon", "tue", "wed", "thu"), ("09:00-12:30", "14:00-18:00")),
        "fri": ("09:00-18:00",),
    },
    lead_cold_days=3,
    risk_days=1,
    dispositions={"A1": "conversation", "REFUS": "refused", "RDV": "interested", "NRP": "no_answer"},
)


def local(*clock: int, fold: int = 0) -> int:
    """The ms of a local time in Paris."""
    year, month, day, hour, minute, second, millisecond = clock
    here = datetime(year, month, day, hour, minute, second, millisecond * 1_000, tzinfo=PARIS, fold=fold)
    return int(here.timestamp() * 1_000)


# Around both changes of the clocks of 2026 (29 March, 25 October), on whole minutes and off them.
NOWS = (
    local(2026, 3, 29, 1, 59, 59, 999),
    local(2026, 3, 29, 3, 0, 0, 0),
    local(2026, 3, 30, 0, 0, 0, 0),
    local(2026, 4, 2, 10, 17, 23, 456),
    local(2026, 4, 7, 9, 4, 0, 1),
    local(2026, 4, 20, 17, 59, 59, 999),
    local(2026, 10, 25, 2, 30, 0, 0, fold=1),
    local(2026, 10, 25, 23, 59, 59, 999),
    local(2026, 10, 26, 9, 30, 0, 0),
    local(2026, 11, 10, 14, 5, 30, 0),
)
LIMITS = (0, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY)
# The furthest that a fact lies ahead of now: less than a floor refuses.
AHEAD = 20 * HOUR
NUDGES = (0, 0, 0, 1, -1)
BACK = (
    *LIMITS,
    2 * MINUTE,
    10 * MINUTE,
    59 * MINUTE,
    2 * HOUR,
    25 * HOUR,
    4 * DAY,
    7 * DAY,
    20 * DAY,
    30 * DAY,
    38 * DAY,
)
# What happened so long ago has its limit running out now, or a little while ago.
JUST_DECIDED = tuple(
    limit + ago
    for limit in (5 * MINUTE, HOUR, DAY, 3 * DAY)
    for ago in (0, MINUTE, 3 * MINUTE, 12 * MINUTE, 50 * MINUTE)
)
CLOCKS = ((0, 0), (8, 59), (9, 0), (9, 5), (11, 30), (12, 30), (14, 0), (17, 30), (17, 55), (18, 0), (23, 30))


class Pick(Protocol):
    """Where a history's choices come from: a seeded generator, or Hypothesis."""

    def of(self, options: Sequence[T]) -> T: ...
    def below(self, bound: int) -> int: ...


class Dice:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def below(self, bound: int) -> int:
        return self.random.randrange(bound)


class Drawn:
    """Choices of Hypothesis, which shrinks them to the first option."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def below(self, bound: int) -> int:
        return int(self.draw(st.integers(0, bound - 1)))


@dataclass(frozen=True)
class Cast:
    """Who there is in one history, and the instants (ms) that its events cluster on."""

    as_of: int
    leads: Sequence[str]
    numbers: Sequence[str]
    customers: Sequence[str]
    homes: Mapping[str, Sequence[int]]
    calls_each: int = 4
    campaigns: Sequence[str] = ("roof", "solar", "fibre")
    teams: Sequence[str] = ("north", "south")
    reps: Sequence[str] = ("ana", "bob", "cleo")
    queues: Sequence[str] = ("sales", "care")

    @property
    def parties(self) -> Sequence[str]:
        return (*self.leads, *self.numbers)

    def time(self, pick: Pick, whom: str) -> int:
        """An instant of `whom`: mostly on its own few knots and an exact limit away from them."""
        if pick.below(8) == 7:
            return self.as_of - pick.below(40 * DAY // MINUTE) * MINUTE - pick.below(60_000)
        return self.after(pick, pick.of(self.homes[whom]), pick.of((1, 1, 1, -1)))

    def recent(self, pick: Pick) -> int:
        """An instant of the two days that a floor is told a rep's states in; what comes later it need not believe."""
        return max(self.time(pick, "floor"), self.as_of + AHEAD - 2 * DAY)

    def after(self, pick: Pick, moment: int, sign: int = 1) -> int:
        """An exact limit away from `moment`, or a millisecond off it; now and then ahead of now, by hours."""
        then = moment + sign * pick.of(LIMITS) + pick.of(NUDGES)
        if then > self.as_of and pick.below(4):
            return moment
        return min(then, self.as_of + AHEAD)


def cast_of(pick: Pick, size: int) -> Cast:
    """A floor for a history of about `size` events: from three leads on, one more for each twenty events."""
    as_of = pick.of(NOWS)
    leads = [f"lead-{n}" for n in range(3 + size // 20)]
    numbers = [f"num_{n:032x}" for n in range(2 + size // 40)]
    customers = [f"customer-{n}" for n in range(2 + size // 100)]
    knots = [as_of - back for back in BACK] + [as_of // MINUTE * MINUTE - back for back in BACK]
    today = datetime.fromtimestamp(as_of // 1_000, PARIS)
    for days in (0, 1, 2, 3, 6, 20):
        day = today - timedelta(days=days)
        knots += [local(day.year, day.month, day.day, hour, minute, 0, 0) for hour, minute in CLOCKS]
    knots = [knot for knot in knots if knot <= as_of + AHEAD and (knot <= as_of or pick.below(4) == 3)]
    near = [knot for knot in knots if as_of - 2 * HOUR <= knot <= as_of]
    limits = [now - back for back in JUST_DECIDED for now in (as_of, as_of // MINUTE * MINUTE)]
    homes = {whom: [pick.of(knots), pick.of(limits), pick.of(near)] for whom in (*leads, *numbers, *customers, "floor")}
    return Cast(as_of, leads, numbers, customers, homes)
