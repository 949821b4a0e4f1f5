"""Callers in queues: when they joined, how they left, and who took them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from stream.sources.asterisk.ami.calls import Call
    from stream.sources.asterisk.ami.lines import Line
    from stream.sources.asterisk.ami.messages import Message
    from stream.sources.asterisk.ami.reps import Reps
    from stream.sources.dial_plan.directions import Directions

_GOES_ON_MS: Final = 500
_EVENTS: Final = frozenset(
    {
        "queuecallerjoin",
        "join",
        "queuecallerleave",
        "leave",
        "queuecallerabandon",
        "agentcalled",
        "agentconnect",
        "agentcomplete",
        "agentringnoanswer",
        "agentdump",
    }
)


@dataclass(slots=True)
class Queues:
    """
    Tells of inbound calls what happened to them in queues.

    `hears_requests` once requests to hang up have been heard; some event filters leave them out.
    """

    reps: Reps
    directions: Directions
    hears_requests: bool = False
    events: ClassVar[frozenset[str]] = _EVENTS

    def take(self, call: Call, line: Line, message: Message, at: int) -> list[dict[str, Any]]:
        """Take a message about the caller `line` in a queue, and return what it tells."""
        queue = message.get("queue")
        if not queue:
            return []
        match message.event:
            case "queuecallerjoin" | "join":
                return [*self.left(call, at, goes_on=True), self._joined(call, line, queue, at)]
            case "queuecallerleave" | "leave":
                visit = call.visits.get(queue)
                if visit is not None and visit.left_ms is None:
                    visit.left_ms = at
                return []
            case "queuecallerabandon":
                # It is sent for whoever leaves unserved. A caller who gives up is first asked to end; whom the queue
                # sends on is not.
                gave_up = line.hangs_up or not self.hears_requests
                outcome = "abandoned" if gave_up else "timeout"
                return self._leaves(call, line.unique, queue, at, outcome, message.get("holdtime"))
            case _:
                return self._member(call, line, queue, message, at)

    def _member(self, call: Call, line: Line, queue: str, message: Message, at: int) -> list[dict[str, Any]]:
        """Take a message about a rep whom the queue calls for `call`."""
        rep = self.reps.of(message)
        match message.event:
            case "agentconnect":
                if not call.talked:
                    call.rep = rep or call.rep
                if call.answered_ms is None:
                    call.answered_ms = at
                return self._leaves(call, line.unique, queue, at, "answered", message.get("holdtime"))
            case "agentcomplete":
                talked = message.get("talktime")
                call.queue_talk_s = float(talked) if talked.isdecimal() else call.queue_talk_s
                call.wrap_s = self.reps.wrap_up_s(rep, queue) or None if rep else None
        return []

    def rings(self, call: Call, line: Line, at: int) -> list[dict[str, Any]]:
        """
        Take that the channel of a caller has somebody rung: by a setting, that may stand for a queue.

        Returns what it tells. It is one stay as long as the extension, number or context is the same.
        """
        queue = self._ring_group(line)
        if call.kind != "inbound" or line.unique not in call.legs or call.talked or call.queued or queue is None:
            return []
        told: list[dict[str, Any]] = []
        if queue not in call.visits:
            told = [*self.left(call, at, goes_on=True), self._joined(call, line, queue, at, stands_for=True)]
        visit = call.visits[queue]
        visit.ringing, visit.left_ms = visit.ringing + 1, None
        return told

    def rang(self, call: Call, line: Line, at: int) -> None:
        """Take that somebody whom the channel of a caller had rung is rung no more."""
        for visit in call.visits.values() if line.unique in call.legs else ():
            if visit.stands_for and visit.ringing:
                visit.ringing -= 1
                visit.left_ms = None if visit.ringing else at

    def picked_up(self, call: Call, at: int) -> list[dict[str, Any]]:
        """Take that somebody has picked up; return what that tells of what stands for a queue."""
        events: list[dict[str, Any]] = []
        for queue in [queue for queue, visit in call.visits.items() if visit.stands_for]:
            events += self._leaves(call, "", queue, at, "answered", "")
        return events

    def never_rang(self, call: Call, line: Line, at: int) -> list[dict[str, Any]]:
        """Return the stay of a caller who has gone, at what stands for a queue, before anybody was rung."""
        queue = self._ring_group(line)
        if call.kind != "inbound" or call.stays or call.answered_ms is not None or call.flag or queue is None:
            return []
        joined = self._joined(call, line, queue, call.placed_ms, stands_for=True)
        return [joined, *self._leaves(call, "", queue, at, "abandoned", "")]

    def _ring_group(self, line: Line) -> str | None:
        return self.directions.ring_group(line.extension, line.called, line.context, line.born_in)

    def left(self, call: Call, at: int, *, goes_on: bool = False) -> list[dict[str, Any]]:
        """
        Return that a call left the queues it still waits in; with `goes_on` it waits elsewhere now.

        A queue sent it on if it reported that it left, and neither that it was taken nor that it gave up. Where the
        end was not heard, the outcome is not known.
        """
        events: list[dict[str, Any]] = []
        for queue, visit in list(call.visits.items()):
            gone = visit.left_ms
            if visit.stands_for and gone is not None and not goes_on and gone >= at - _GOES_ON_MS:
                gone = None  # who hangs up while it rings ends the ringing
            elif visit.stands_for and gone is None and goes_on:
                gone = at
            outcome = "timeout" if gone is not None else "" if call.flag else "abandoned"
            events += self._leaves(call, "", queue, at if gone is None else gone, outcome, "")
        return events

    def _joined(self, call: Call, line: Line, queue: str, at: int, *, stands_for: bool = False) -> dict[str, Any]:
        visit = call.joins(queue, call.id if stands_for else line.unique, at)
        visit.stands_for = stands_for
        call.queued |= not stands_for
        if not call.served:
            call.queue, call.queued_as = queue, visit.queued_as
        call.campaign = call.campaign or self.directions.campaign(
            account=line.account if line.account != line.name.peer else "", queue=queue, context=line.context
        )
        return call.of_queue("queue.joined", at, visit.number, visit.queued_as, queue=queue)

    def _leaves(  # noqa: PLR0917  each of them is of a kind of its own
        self, call: Call, channel: str, queue: str, at: int, outcome: str, held: str
    ) -> list[dict[str, Any]]:
        """Take that `channel` has left a queue: its stay there, or one whose beginning was not heard."""
        visit = call.visits.pop(queue, None)
        queued_as = channel or call.id if visit is None else visit.queued_as
        number = len(call.stays) or 1 if visit is None else visit.number
        wait = (at - visit.joined_ms) / 1000 if visit is not None and call.timed else None
        if wait is None and held.isdecimal():
            wait = float(held)
        call.waited(queue, queued_as, wait, served=outcome == "answered")
        return [call.of_queue("queue.left", at, number, queued_as, queue=queue, outcome=outcome, wait_s=wait)]
