"""The messages of the streams, of one reading of the floor: each is made and encoded once for all who see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson

if TYPE_CHECKING:
    from collections.abc import Hashable

    from agents.pages.answers import Answers
    from agents.pages.live import LiveAnswers
    from agents.peers.floor_view import FloorNow
    from stream.kpi.reading import Filters

REPS: Final = "reps"
QUEUES: Final = "queues"
LIVE: Final = (REPS, QUEUES)
"""What a stream sends of what goes on now, to who asks for it."""
LISTED: Final = 1000
"""So many reps or queues are sent at most."""
_LARGE: Final = 16_384  # bytes; what is larger is sent with the heartbeats, so at most every few seconds
_AGES: Final = frozenset({"in_state_s", "oldest_wait_s"})  # change by themselves: who looks counts on from the moment


class Wanted(NamedTuple):
    """
    What a viewer wants: the KPIs of `window` under `filters`, and so many of the `leads` that wait.

    And those of `LIVE` that are named in `live`.
    """

    window: str
    filters: Filters
    leads: int
    live: tuple[str, ...] = ()


class Message(NamedTuple):
    """
    One kind of message: `seen` differs where it is worth sending, `encoded` is what is sent.

    With a heartbeat it is sent in any case if it `beats`, and only then if it is `large`.
    """

    seen: Any
    encoded: bytes
    beats: bool = False

    @property
    def large(self) -> bool:
        """Whether it is too long to be sent with every change."""
        return len(self.encoded) > _LARGE


class Round:
    """Makes the messages of one reading of the floor, each when the first viewer is to be shown it."""

    def __init__(self, floor: FloorNow, answers: Answers, live: LiveAnswers) -> None:
        self._floor = floor
        self._answers = answers
        self._live = live
        self._made: dict[Hashable, Message] = {}

    def messages(self, wanted: Wanted) -> dict[str, Message]:
        """Return the messages for who wants that, by kind."""
        window, filters, leads, live = wanted
        found = {"kpis": self._once(("kpis", window, filters), self._kpis, window, filters)}
        if leads:
            found["leads"] = self._once(("leads", filters, leads), self._leads, filters, leads)
        if REPS in live:
            of_reps = msgspec.structs.replace(filters, campaign=None)  # a rep's state is of no campaign
            found[REPS] = self._once((REPS, of_reps), self._reps, of_reps)
        if QUEUES in live:
            found[QUEUES] = self._once((QUEUES, window), self._queues, window)
        return found

    def _once(self, key: Hashable, make: Any, *arguments: Any) -> Message:
        message = self._made.get(key)
        if message is None:
            message = self._made[key] = make(*arguments)
        return message

    def _kpis(self, window: str, filters: Filters) -> Message:
        answer = self._answers.kpis(self._floor, window, filters)
        return Message({**answer, "as_of": None}, b"data: %b\n\n" % orjson.dumps(answer))

    def _leads(self, filters: Filters, leads: int) -> Message:
        answer = self._answers.waiting(self._floor, filters, leads)
        order = [(lead["lead"], lead["band"], lead["stage"]) for lead in answer["leads"]]
        seen = order, answer["waiting"], answer["stages"], answer["alarms"], answer["given_up"]
        return Message(seen, _named("leads", answer), beats=True)

    def _reps(self, filters: Filters) -> Message:
        answer = self._live.reps(self._floor, filters, LISTED)
        return Message(_without_ages(answer, REPS), _named(REPS, answer))

    def _queues(self, window: str) -> Message:
        answer = self._live.queues(self._floor, window, LISTED)
        return Message(_without_ages(answer, QUEUES), _named(QUEUES, answer))


def _named(name: str, answer: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(answer))


def _without_ages(answer: dict[str, Any], rows: str) -> dict[str, Any]:
    """Return what of an answer is news: neither its moment, nor how far behind it is, nor how old what it lists is."""
    kept = [{name: value for name, value in row.items() if name not in _AGES} for row in answer[rows]]
    return {**answer, rows: kept, "as_of": None, "behind": None}
