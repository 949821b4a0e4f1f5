"""Service: what inbound calls in a queue, and the states of the reps, add."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from stream.kpi.facts import QueueCall, QueueJoined, QueueLeft, RepState
from stream.kpi.measures import (
    ABANDONED,
    ABANDONED_WITHIN,
    ANSWERED_WAIT_KNOWN,
    ANSWERED_WITHIN,
    HANDLE_MS,
    HANDLED,
    IDLE_MS,
    OFFERED,
    ON_CONTACT_MS,
    QUEUE_ANSWERED,
    TIMED_OUT,
    UNANSWERED_WAIT_KNOWN,
    WAIT_MS,
)
from stream.kpi.rules import DAY, MINUTE, REP_STATE_LASTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stream.kpi.codes import Code
    from stream.kpi.facts import Fact
    from stream.kpi.rules import Rules

ON_CONTACT = frozenset({"talking", "wrap_up"})
IDLE = frozenset({"available"})
STATE_CODES: Final = {**dict.fromkeys(ON_CONTACT, ON_CONTACT_MS), **dict.fromkeys(IDLE, IDLE_MS)}
OFFLINE: Final = "offline"
UNKNOWN: Final = "unknown"
"""Stands for the state of a rep of whom nothing has been heard for longer than a state is taken to last."""
REP_REMEMBERED: Final = 7 * DAY
"""A rep of whom nothing has been heard for so long is on no live view any more."""
_OUTCOME = {"answered": QUEUE_ANSWERED, "abandoned": ABANDONED, "timeout": TIMED_OUT}


class Queued:
    """
    One call in one queue, read from its visible facts; `outcome` None while it waits.

    `wait` is in ms, and None where nothing tells it.
    """

    __slots__ = ("ended", "joined_at", "outcome", "wait")

    def __init__(self, facts: Sequence[Fact]) -> None:
        joined: QueueJoined | None = None
        left: QueueLeft | None = None
        ended: QueueCall | None = None
        for fact in facts:
            if type(fact) is QueueJoined:
                joined = joined or fact
            elif type(fact) is QueueLeft:
                left = fact
            elif type(fact) is QueueCall:
                ended = fact
        self.ended = ended
        self.outcome = left.outcome if left and left.outcome else self._outcome_by_end(ended)
        self.joined_at = self._joined(joined, left, ended)
        self.wait = self._waited(joined, left, ended)

    @staticmethod
    def _outcome_by_end(ended: QueueCall | None) -> str | None:
        if ended is None:
            return None
        return "answered" if ended.answered else "abandoned"

    @staticmethod
    def _joined(joined: QueueJoined | None, left: QueueLeft | None, ended: QueueCall | None) -> int:
        if joined:
            return joined.at
        if left:
            return left.at - (left.wait_ms or 0)
        if ended and ended.answered_at is not None and ended.wait_ms is not None:
            return ended.answered_at - ended.wait_ms
        return ended.placed_at if ended else 0

    @staticmethod
    def _waited(joined: QueueJoined | None, left: QueueLeft | None, ended: QueueCall | None) -> int | None:
        if left and left.wait_ms is not None:
            return left.wait_ms
        if left and joined:
            return max(left.at - joined.at, 0)
        if ended is None or ended.wait_ms is not None:
            return None if ended is None else ended.wait_ms
        # Who joined after the answer was put there by a rep: how long they waited is not told.
        if joined and ended.answered_at is not None and ended.answered_at >= joined.at:
            return ended.answered_at - joined.at
        return None


def queue_codes(call: Queued, rules: Rules) -> Iterator[tuple[Code, int]]:
    """Yield what a call in a queue adds at the moment it joined, as (code, amount)."""
    yield OFFERED, 1
    if call.outcome is None:
        return
    yield _OUTCOME[call.outcome], 1
    answered = call.outcome == "answered"
    if call.wait is not None:
        yield ANSWERED_WAIT_KNOWN if answered else UNANSWERED_WAIT_KNOWN, 1
        if call.wait <= rules.answer_within:
            yield ANSWERED_WITHIN if answered else ABANDONED_WITHIN, 1
        if answered:
            yield WAIT_MS, call.wait
    if answered and call.ended and call.ended.handle_ms is not None:
        yield HANDLED, 1
        yield HANDLE_MS, call.ended.handle_ms


def state_code(state: str) -> int | None:
    """Return the measure that time spent in `state` adds to; None for a state that occupancy leaves out."""
    return STATE_CODES.get(state)


def state_at(state: str, heard: int, as_of: int, lasts: int = REP_STATE_LASTS) -> str:
    """
    Return the state of a rep at `as_of` (ms), `state` having been heard at `heard`, and said to last `lasts` ms.

    Who is offline stays so.
    """
    return UNKNOWN if state != OFFLINE and as_of - heard >= lasts else state


def began_at(states: Iterable[RepState]) -> int | None:
    """
    Return when the state that the latest of `states` says began: with the first of those that say the same on end.

    They are read from the latest on, as far back as needed. A state has not lasted on where it was heard again only
    after longer than it was said to last. None of no states.
    """
    latest: RepState | None = None
    began: int | None = None
    for one in states:
        if latest is None or began is None:
            latest, began = one, one.at
        elif (one.state, one.reason) != (latest.state, latest.reason) or _over(one, began):
            break
        else:
            began = one.at
    return began


def _over(state: RepState, at: int) -> bool:
    return state_at(state.state, state.at, at, state.lasts) == UNKNOWN


def state_spans(facts: Sequence[Fact]) -> Iterator[tuple[RepState, int, int]]:
    """Yield each state that another has followed, with the span [from, to) in ms that it lasted."""
    states = [fact for fact in facts if type(fact) is RepState]
    for state, following in pairwise(states):
        at, until = state.at, following.at
        yield state, at, until if until - at < state.lasts else at + state.lasts


def minutes_of(start: int, end: int) -> list[tuple[int, int]]:
    """Cut [`start`, `end`) into minutes: each minute since the epoch with the ms of the span that lie in it."""
    first, last = start // MINUTE, end // MINUTE
    if first == last:
        return [(first, end - start)] if start != end else []
    parts = [(first, (first + 1) * MINUTE - start)]
    parts += [(minute, MINUTE) for minute in range(first + 1, last)]
    rest = end - last * MINUTE
    if rest:
        parts.append((last, rest))
    return parts
