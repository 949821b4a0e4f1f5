"""What reps do, as it changes: by their own channels, the wrap-up that a queue gives them, and their queues."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.sources.asterisk.ami.calls import SOURCE
from stream.sources.asterisk.ami.crew import Crew
from stream.sources.asterisk.ami.members import EVENTS, Members, knows
from stream.sources.asterisk.ami.peers import Peers
from stream.sources.canonical import event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stream.sources.asterisk.ami.crew import Gone
    from stream.sources.asterisk.ami.lines import Lines
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.dial_plan.directions import Directions

OFFLINE: Final = "offline"
AVAILABLE: Final = "available"
WRAP_UP: Final = "wrap_up"
LASTS_S: Final = 300
"""How long a state holds that nobody confirms: this process may have died."""
CONFIRMED_MS: Final = 240_000
"""After how long a state is said again."""
_OUT_OF_ORDER_MS: Final = 5_000  # a clock that is set back is another matter
_IDLE_MS: Final = 4 * 3_600_000  # a rep who does the same for so long, without a call, may have gone home


class Now(NamedTuple):
    """What a rep was last said to do, at `at` (ms); it `began` when they first were."""

    state: str
    reason: str
    at: int
    began: int


class Reps:
    """
    Takes every message once the channels know of it, and says what reps do from when on.

    `wrap_ups` are the seconds of wrap-up by queue, as configured: most queues have no other way to tell.
    """

    events = EVENTS

    def __init__(self, directions: Directions, lines: Lines) -> None:
        self.wrap_ups: Mapping[str, float] = {}
        self._members = Members(directions)
        self._crew = Crew(lines, self._members, Peers(directions, lines, self._members))
        self._now: dict[str, Now] = {}
        self._until: dict[str, int] = {}
        self._over: set[str] = set()
        self._due: list[tuple[int, str]] = []
        self._heard = 0

    def of(self, message: Message) -> str | None:
        """Return the rep that a message about a member of a queue means."""
        return self._members.of(message)

    def take(self, message: Message, at: int) -> list[dict[str, Any]]:
        """Take a message, and return what reps do now."""
        changed = self._crew.take(message)
        if message.event in EVENTS and (rep := self._members.take(message)) is not None and (at or not knows(message)):
            changed.add(rep)
        return self.look(at, changed)

    def take_device(self, message: Message, at: int) -> list[dict[str, Any]] | None:
        """Take the state of a device, and return what reps do now; None where it says nothing of them."""
        rep = self._members.take_device(message)
        return None if rep is None else self.look(at, {rep})

    def listed(self, answers: Iterable[Message], at: int) -> list[dict[str, Any]]:
        """Take the list of all members of queues, and return what reps do now."""
        return self.look(at, self._members.listed(answers))

    def look(self, at: int, changed: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return what reps do now whose channels have changed, and `changed`."""
        of_channels, gone = self._crew.look()
        for one in gone:
            self._ended(one, at)
        reps = of_channels | set(changed)
        return [event for rep in sorted(reps) for event in self._becomes(rep, at)] if reps else []

    def due(self, at: int) -> list[dict[str, Any]]:
        """
        Return what the clock alone has made of reps up to `at`: ends of wrap-ups, and states that still hold.

        Nothing holds for longer than some hours after anything was heard at all.
        """
        events: list[dict[str, Any]] = []
        sure_until = self._heard + _IDLE_MS
        self._heard = at  # of the last message, not the latest: one of years ahead would hold all there is until then
        while self._due and self._due[0][0] <= at:
            moment, rep = heappop(self._due)
            now = self._now.get(rep)
            if self._until.get(rep) == moment:
                del self._until[rep]
                events += self._becomes(rep, moment)
            elif now is not None and self._holds(rep, now, moment) and moment <= sure_until:
                events.append(self._say(rep, now._replace(at=moment)))
        return events

    def the_rest(self) -> list[dict[str, Any]]:
        """Return the ends of the wrap-ups that are under way when no more messages come."""
        return self.due(max(self._until.values(), default=0))

    def wrap_up_s(self, rep: str, queue: str = "") -> float:
        """Return how long a rep has after a call of a queue, as far as is known."""
        return self.wrap_ups.get(queue, 0.0) or self._members.wrap_s(rep)

    def _ended(self, gone: Gone, at: int) -> None:
        if gone.session and not self._crew.in_session(gone.rep):
            self._over.add(gone.rep)
        wrap_up_ms = round(1000 * self.wrap_up_s(gone.rep, gone.queue)) if gone.queue else 0
        if wrap_up_ms:
            self._until[gone.rep] = until = max(self._until.get(gone.rep, 0), at + wrap_up_ms)
            heappush(self._due, (until, gone.rep))

    def _becomes(self, rep: str, at: int) -> Iterator[dict[str, Any]]:
        now = self._now.get(rep)
        found = self._found(rep, at)
        if found is None or (now is not None and found == (now.state, now.reason)):
            return
        if now is not None and now.at - at < _OUT_OF_ORDER_MS:
            at = max(at, now.at + 1)  # of two at one moment, the later would not be known
        yield self._say(rep, Now(*found, at, at))

    def _found(self, rep: str, at: int) -> tuple[str, str] | None:
        in_call = self._crew.state(rep)
        if in_call is not None:
            return in_call, ""
        if rep not in self._now and self._members.seems_busy(rep):
            return None  # in a call that began before anything was heard
        idle = self._members.idle(rep)
        if idle.state != OFFLINE and self._until.get(rep, 0) > at:
            return WRAP_UP, ""
        if self._crew.in_session(rep):
            self._over.discard(rep)
        elif rep in self._over and not self._members.is_member(rep):
            return OFFLINE, ""
        return idle

    def _holds(self, rep: str, now: Now, at: int) -> bool:
        """Return whether what a rep does is to be said again at `at`, and still holds."""
        if now.state == OFFLINE or now.at + CONFIRMED_MS != at:
            return False
        return self._crew.state(rep) is not None or at - now.began < _IDLE_MS

    def _say(self, rep: str, now: Now) -> dict[str, Any]:
        self._now[rep] = now
        if now.state != OFFLINE:
            heappush(self._due, (now.at + CONFIRMED_MS, rep))
        reason = now.reason or None
        lasts = None if now.state == OFFLINE else LASTS_S
        name = f"{rep}:{now.at}:{now.state}"
        return event("rep.state", now.at, SOURCE, name, rep=rep, state=now.state, reason=reason, lasts_s=lasts)
