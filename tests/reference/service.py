"""Inbound service: the calls a queue was offered, and how the reps' time was used."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from tests.reference.calls import was_answered
from tests.reference.config import HOUR, Config
from tests.reference.facts import Event, Facts, earliest, latest, when
from tests.reference.windows import Window

ON_CONTACT = ("talking", "wrap_up")
IDLE = ("available",)
LONGEST_STATE = 4 * HOUR


def milliseconds(seconds: float) -> int:
    return floor(Fraction(str(seconds)) * 1_000 + Fraction(1, 2))


@dataclass(frozen=True)
class QueueCall:
    """
    One call in one queue: `outcome` None while it waits, `wait` (ms) None where nothing tells it.

    `handled` (ms) is None unless the call was answered, and its talk is told.
    """

    joined: int
    outcome: str | None
    wait: int | None
    handled: int | None
    campaign: str | None
    team: str | None
    rep: str | None


def joined_moment(joined: Event | None, left: Event | None, ended: Event | None) -> int:
    if joined is not None:
        return int(joined["at"])
    if left is not None:
        return int(left["at"]) - milliseconds(left.get("wait_s", 0))
    assert ended is not None
    if "answered_at" in ended and "wait_s" in ended:
        return int(ended["answered_at"]) - milliseconds(ended["wait_s"])
    return int(ended["placed_at"])


def outcome_of(left: Event | None, ended: Event | None) -> str | None:
    if left is not None and "outcome" in left:
        return str(left["outcome"])
    if ended is not None:
        return "answered" if was_answered(ended) else "abandoned"
    return None


def wait_of(joined: Event | None, left: Event | None, ended: Event | None) -> int | None:
    if left is not None and "wait_s" in left:
        return milliseconds(left["wait_s"])
    if left is not None and joined is not None:
        return max(0, int(left["at"] - joined["at"]))
    if ended is not None and "wait_s" in ended:
        return milliseconds(ended["wait_s"])
    if ended is not None and joined is not None and left is None:
        waited = int(ended.get("answered_at", joined["at"] - 1)) - int(joined["at"])
        return None if waited < 0 else waited
    return None


def queue_call(call: str, queue: str, facts: Facts) -> QueueCall:
    joined, left, ended = (
        [one for one in told if (waits_as(one), one.get("queue")) == (call, queue)]
        for told in (facts.of("queue.joined"), facts.of("queue.left"), facts.came_in)
    )
    return _queue_call(earliest(joined), latest(left), latest(ended))


def _queue_call(joined: Event | None, left: Event | None, ended: Event | None) -> QueueCall:
    outcome = outcome_of(left, ended)
    handled = None
    if outcome == "answered" and ended is not None and "talk_s" in ended:
        handled = sum(milliseconds(ended.get(part, 0)) for part in ("talk_s", "hold_s", "wrap_s"))
    return QueueCall(
        joined=joined_moment(joined, left, ended),
        outcome=outcome,
        wait=wait_of(joined, left, ended),
        handled=handled,
        campaign=None if ended is None else ended.get("campaign"),
        team=None if ended is None else ended.get("team"),
        rep=None if ended is None else ended.get("rep"),
    )


def waits_as(event: Event) -> str:
    """What the queue's own events call it."""
    return str(event.get("queued_as", event["call"]))


def all_queue_calls(facts: Facts) -> list[QueueCall]:
    """One for each call and queue that a queue event, or the end of an inbound call, names."""
    told = facts.of("queue.joined") + facts.of("queue.left") + facts.came_in
    pairs = {(waits_as(event), event["queue"]) for event in told if "queue" in event}
    return [queue_call(call, queue, facts) for call, queue in pairs]


def service_level(calls: list[QueueCall], config: Config) -> tuple[int, int]:
    """
    Numerator and denominator of the formula that is set; a timeout is an abandonment after its wait.

    A call of unknown wait is in none of them.

    1: (answered + abandoned within) / (answered + abandoned); 2: answered within / answered;
    3: answered within / (answered + abandoned); 4: answered within / (answered + abandoned later).
    """
    limit = milliseconds(config.service_level_s)
    answered = [call.wait for call in calls if call.outcome == "answered" and call.wait is not None]
    abandoned = [call.wait for call in calls if call.outcome in ("abandoned", "timeout") and call.wait is not None]
    answered_within = sum(wait <= limit for wait in answered)
    abandoned_within = sum(wait <= limit for wait in abandoned)
    if config.service_level_formula == 1:
        return answered_within + abandoned_within, len(answered) + len(abandoned)
    if config.service_level_formula == 2:
        return answered_within, len(answered)
    if config.service_level_formula == 3:
        return answered_within, len(answered) + len(abandoned)
    return answered_within, len(answered) + len(abandoned) - abandoned_within


@dataclass(frozen=True)
class State:
    """A rep in one state over [begin, end) ms; it has no campaign."""

    rep: str
    team: str | None
    name: str
    begin: int
    end: int
    campaign: None = None

    def within(self, window: Window) -> int:
        return max(0, min(self.end, window.as_of) - max(self.begin, window.start))


def longest(event: Event) -> int:
    """How long a state is believed, in ms."""
    return min(milliseconds(event["lasts_s"]), LONGEST_STATE) if "lasts_s" in event else LONGEST_STATE


def all_states(facts: Facts) -> list[State]:
    """Each state until the rep's next one, or until now; none is believed for longer than it says, or four hours."""
    states = []
    for rep in {event["rep"] for event in facts.of("rep.state")}:
        told = sorted(facts.of("rep.state", rep=rep), key=when)
        ends = [event["at"] for event in told[1:]] + [facts.as_of]
        states += [
            State(rep, event.get("team"), event["state"], event["at"], min(end, event["at"] + longest(event)))
            for event, end in zip(told, ends, strict=True)
        ]
    return states


def occupancy(states: list[State], window: Window) -> tuple[int, int]:
    """The ms on contact, and the ms on contact or available."""
    on_contact = sum(state.within(window) for state in states if state.name in ON_CONTACT)
    idle = sum(state.within(window) for state in states if state.name in IDLE)
    return on_contact, on_contact + idle
