"""Floor histories that live on the edges: equal times, exact limits, disorder, few of everything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.reference import happenings as a
from tests.reference.config import Config
from tests.reference.floors import FLOOR, Cast, Dice, Drawn, Pick, cast_of
from tests.reference.happenings import Event


@dataclass(frozen=True)
class History:
    """A log of canonical events and the moment (ms) to read it at; some facts lie ahead of that moment."""

    events: tuple[Event, ...]
    as_of: int
    config: Config = FLOOR


def pursuit(pick: Pick, cast: Cast) -> list[Event]:
    """
    A lead's whole story: its request, attempts an exact limit apart, and a closing or two.

    Some calls name the lead's number instead, before or after the request that links it; some stories have no request.
    """
    lead, number = pick.of(cast.leads), pick.of(cast.numbers)
    moment = pick.of(cast.homes[lead])
    story = []
    if pick.below(6) != 5:
        request = a.request_of(pick, cast, lead, moment)
        story.append(request | {"number": number} if pick.below(2) else request)
    insistent = pick.below(4) == 3
    for n in range(pick.below(7) + 3 * insistent):
        names = {"number": number} if pick.below(4) == 3 else {"lead": lead}
        attempt = a.attempt(pick, cast, f"{lead[-6:]}-{n}", names, moment)
        if insistent:
            attempt["disposition"] = "refused"
        story.append(attempt)
        moment = cast.after(pick, moment)
    for _ in range(pick.of((0, 1, 2))):
        moment = cast.after(pick, moment)
        story.append(a.closing_of(pick, cast, lead, moment))
    return story


def single(make: Callable[[Pick, Cast], Event]) -> Callable[[Pick, Cast], list[Event]]:
    return lambda pick, cast: [make(pick, cast)]


# As often as they stand here.
STORIES: Sequence[Callable[[Pick, Cast], list[Event]]] = (
    *(pursuit,) * 4,
    *(single(make) for make in (a.requested, a.requested, a.assigned, a.closing, a.live, a.spend, a.rep_state)),
    *(single(make) for make in (a.ended, a.ended, a.ended, a.ended, a.ended, a.disposed, a.disposed)),
    *(single(make) for make in (a.related, a.risk, a.risk, a.queue_event, a.queue_event, a.queue_event)),
)


def numbered(events: Sequence[Event], salts: Sequence[str]) -> list[Event]:
    """The events with an id each, whose order is not theirs."""
    return [{"id": f"{salt}{n:05d}", **event} for n, (event, salt) in enumerate(zip(events, salts, strict=True))]


def random_history(seed: int, size: int = 200) -> History:
    """The history of a seed: `size` distinct events in any order, and a few duplicates; the same for ever."""
    pick = Dice(seed)
    cast = cast_of(pick, size)
    told: list[Event] = []
    while len(told) < size:
        told += pick.of(STORIES)(pick, cast)
    events = numbered(told[:size], [pick.of("abc") for _ in range(size)])
    events += [dict(pick.of(events)) for _ in range(size // 10)]
    pick.random.shuffle(events)
    return History(tuple(events), cast.as_of)


@st.composite
def histories(draw: Callable[..., Any], max_stories: int = 15) -> History:
    """Any small history of distinct events, in any order."""
    cast = cast_of(Drawn(draw), 0)

    @st.composite
    def story(draw_one: Callable[..., Any]) -> list[tuple[Event, str]]:
        pick = Drawn(draw_one)
        return [(event, pick.of("abc")) for event in pick.of(STORIES)(pick, cast)]

    told = [pair for pairs in draw(st.lists(story(), max_size=max_stories)) for pair in pairs]
    events = numbered([event for event, _ in told], [salt for _, salt in told])
    return History(tuple(draw(st.permutations(events))), cast.as_of)
