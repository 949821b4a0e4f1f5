"""Asterisk's queue_log: who waited in which queue, who answered, which reps are there; as a file, or as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from stream.sources.asterisk import pbxware_queue_log
from stream.sources.asterisk.pbxware_queue_log import PbxwareQueueLog
from stream.sources.asterisk.plan import directions_of
from stream.sources.asterisk.queue_log_calls import FORGOTTEN_AFTER_S, WITHHELD, Entries
from stream.sources.asterisk.queue_log_names import Members
from stream.sources.asterisk.queue_log_reps import NOBODY, OF_REPS, Reps
from stream.sources.asterisk.queue_log_rows import NO_CALL, Table, is_row, looks_like_table, row_of
from stream.sources.canonical import event, whole_second
from stream.sources.reading import Read, Unreadable, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.settings.model import Settings
    from stream.sources.asterisk.queue_log_calls import Entry, Part
    from stream.sources.asterisk.queue_log_rows import Row
    from stream.sources.dial_plan.directions import Directions
    from stream.sources.explaining import Asked

SOURCE: Final = "asterisk-queue-log"
# Of each verb that ends a wait or a call, which of its parameters (from 0) are the wait and the talk, in seconds.
_LEFT: Final = {
    "ABANDON": ("abandoned", 2), "EXITWITHTIMEOUT": ("timeout", 2), "EXITEMPTY": ("timeout", 2),
    "EXITWITHKEY": ("timeout", 3),
}  # fmt: skip
_BLIND: Final = frozenset({"BLINDTRANSFER", "TRANSFER"})
_HANDED_ON: Final = dict.fromkeys((*_BLIND, "ATTENDEDTRANSFER"), (2, 3))
_LINKED: Final = (3, 4)  # of an attended transfer of two calls, which names both channels
_ENDS: Final = {"COMPLETECALLER": (0, 1), "COMPLETEAGENT": (0, 1), **_HANDED_ON}
_OF_CALLS: Final = frozenset({"ENTERQUEUE", "CONNECT", *_LEFT, *_ENDS})
_LOOKED_AT: Final = 200  # lines of a table that are looked at for its clock


def looks(head: bytes) -> bool:
    """Return whether one of the first lines is a row, or the first names the columns of Asterisk's table."""
    return any(is_row(line) for line in head.splitlines()[:20]) or looks_like_table(head)


@dataclass(slots=True)
class _Log:
    """Reads rows, in whatever form they came."""

    directions: Directions
    asked: Asked | None = None
    unused: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    handed_on: int = 0
    entries: Entries = field(default_factory=Entries)
    reps: Reps = field(default_factory=Reps)
    members: Members = field(init=False)

    def __post_init__(self) -> None:
        self.members = Members(self.directions)

    def read(self, file: BinaryIO, row_at: Callable[[int, bytes], Row | None]) -> Iterator[Read | Unreadable]:
        def parse(line: int, data: bytes) -> list[dict[str, Any]] | None:
            row = row_at(line, data)
            if row is None:
                return None
            # What is refused has changed nothing yet, and takes nothing with it.
            own = list(self._events(row))
            if self.asked is not None and self.asked.is_of({line}, {row.call}):
                self._explain(self.asked, row, own)
            return [*self._forgotten(row.at), *own]

        for item in parsed(file, parse):
            if isinstance(item, Unreadable):
                yield item
            else:
                yield from (Read(item[0], one) for one in item[1])

    def _events(self, row: Row) -> Iterator[dict[str, Any]]:
        if row.call not in NO_CALL and row.queue not in NOBODY and row.verb in _OF_CALLS:
            yield from self._of_call(row)
        elif row.member not in NOBODY and row.verb in OF_REPS:
            yield from self._of_rep(row)
        else:
            self.unused[row.verb] += 1

    def _explain(self, asked: Asked, row: Row, events: list[dict[str, Any]]) -> None:
        """Add why the row's call goes the way it does: by its queue alone."""
        if row.queue not in NOBODY:
            named = (
                "a dialler's queue" if not self._inbound(row.queue) else "a queue of callers, as no setting names it"
            )
            asked.found.append(f"line {row.line}: {self.directions.way_of_queue(row.queue)}: {row.queue} is {named}")
        for one in events:
            asked.told(one)

    def _of_call(self, row: Row) -> Iterator[dict[str, Any]]:
        if row.verb == "ENTERQUEUE":
            yield from self._enters(row)
        elif row.verb == "CONNECT":
            wait = row.seconds(0)
            entry = self.entries.connects(row, wait)
            yield from self._left(row, entry, "answered", wait)
            yield from self._state(row, self.reps.begins)
        elif row.verb in _LEFT:
            outcome, place = _LEFT[row.verb]
            wait = row.seconds(place)
            entry = self.entries.leaves(row, wait)
            yield from self._left(row, entry, outcome, wait)
            if outcome == "abandoned" and (part := self.entries.ends_waiting(entry.call)) is not None:
                yield self._ended(row, part)
            elif not self._inbound(row.queue):
                yield self._lost(row, entry)
        else:
            places = _LINKED if row.verb == "ATTENDEDTRANSFER" and row.text(0) == "LINK" else _ENDS[row.verb]
            wait, talk = (row.seconds(place) for place in places)
            part = self.entries.ends(row, wait, talk, whole=self._is_over(row))
            if part is None:
                self.unused["row that stands there twice"] += 1
                return
            self.handed_on += row.verb in _HANDED_ON
            yield self._ended(row, part)
            yield from self._state(row, self.reps.ends)

    def _is_over(self, row: Row) -> bool:
        """Return whether no rep talks after a part that this row ends: not, where it was handed on within the house."""
        if row.verb not in _HANDED_ON:
            return True
        return row.verb in _BLIND and self.directions.side_of_number(row.text(0)) == "outside"

    def _enters(self, row: Row) -> Iterator[dict[str, Any]]:
        before = self.entries.of(row)
        if before is not None and before.answered is None and row.at == before.joined:
            self.unused["row that stands there twice"] += 1
            return
        if before is not None:
            yield from self._given_up(before, row.at)
        entry = self.entries.enters(row)
        if self._inbound(row.queue):
            yield _event(row, "queue.joined", row.at, call=entry.id, queue=row.queue)

    def _left(self, row: Row, entry: Entry, outcome: str, wait: int) -> Iterator[dict[str, Any]]:
        if self._inbound(row.queue):
            yield _event(row, "queue.left", row.at, call=entry.id, queue=row.queue, outcome=outcome, wait_s=wait)

    def _ended(self, row: Row, part: Part) -> dict[str, Any]:
        inbound = self._inbound(part.queue)
        return _event(
            row,
            "call.ended",
            whole_second(row.at, not_before=part.answered),
            call=part.call,
            direction="inbound" if inbound else "outbound",
            placed_at=part.placed,
            answered_at=part.answered,
            number=self._number(part.number),
            queue=part.queue if inbound else None,
            queued_as=part.stay if inbound and part.stay != part.call else None,
            rep=self._rep(part.member, part.queue),
            # How long a prospect talked decides of a contact: so much they did at least.
            talk_s=part.talk_s if part.whole or not inbound else None,
            wait_s=part.wait_s if inbound else None,
            campaign=self.directions.campaign(queue=part.queue),
        )

    def _lost(self, row: Row, entry: Entry) -> dict[str, Any]:
        """Return the attempt of a dialler whose prospect picked up, and left its queue before a rep was there."""
        joined = min(entry.joined, row.at)
        return _event(
            row,
            "call.ended",
            whole_second(row.at, not_before=joined),
            call=entry.call,
            direction="outbound",
            placed_at=joined,
            answered_at=joined,
            number=self._number(entry.number),
            talk_s=0,
            campaign=self.directions.campaign(queue=row.queue),
        )

    def _number(self, number: str) -> str:
        """Return the number of whom a call is with; not that which the floor shows, where a dialler has set it."""
        return WITHHELD if self.directions.is_own_number(number) else number

    def _inbound(self, queue: str) -> bool:
        return self.directions.way_of_queue(queue) == "inbound"

    def _rep(self, member: str, queue: str) -> str | None:
        return None if member in NOBODY else self.members.rep(member, "" if queue in NOBODY else queue)

    def _of_rep(self, row: Row) -> Iterator[dict[str, Any]]:
        if row.verb == "ADDMEMBER":
            self.members.added(row.member, row.queue)
        rep = self._rep(row.member, row.queue)
        if rep is None:
            return
        state = self.reps.take(rep, row)
        if state is None:
            self.unused[f"{row.verb} of one of several queues, or in a call"] += 1
        else:
            yield _event(row, "rep.state", row.at, rep=rep, state=state[0], reason=state[1])

    def _state(self, row: Row, change: Callable[[str], tuple[str, str]]) -> Iterator[dict[str, Any]]:
        rep = self._rep(row.member, row.queue)
        if rep is not None:
            state, reason = change(rep)
            yield _event(row, "rep.state", row.at, rep=rep, state=state, reason=reason)

    def _forgotten(self, now: int) -> Iterator[dict[str, Any]]:
        """End the waits whose end was never written."""
        for entry in self.entries.forget(now):
            yield from self._given_up(entry, entry.joined + 1000 * FORGOTTEN_AFTER_S)

    def _given_up(self, entry: Entry, at: int) -> Iterator[dict[str, Any]]:
        self.forgotten += 1
        if entry.answered is None and self._inbound(entry.queue):
            name = f"{entry.call}:{entry.joined}:{entry.queue}"
            yield event("queue.left", at, SOURCE, name, call=entry.id, queue=entry.queue, outcome="abandoned")


class AsteriskQueueLog:
    """Reads one file: with bars between, as Asterisk writes it, or its realtime table or PBXware's, as CSV."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directions = directions_of(settings)
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks: list[str] = []
        self.asked: Asked | None = None

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the rows in their order."""
        start = file.tell()
        first = [file.readline(65_536) for _ in range(_LOOKED_AT)]
        first[0] = first[0].removeprefix(b"\xef\xbb\xbf")
        file.seek(start)
        if pbxware_queue_log.looks(first[0]):
            pbxware = PbxwareQueueLog()
            yield from pbxware.read(file)
            self.unused, self.left_open = pbxware.unused, pbxware.left_open
            return
        log = _Log(self._directions, asked=self.asked)
        if looks_like_table(first[0]):
            yield from log.read(file, Table(self._settings, (line.rstrip(b"\r\n") for line in first if line)).row)
        else:
            yield from log.read(file, row_of)
        self.unused, self.left_open = log.unused, len(log.entries)
        self.remarks.append("it tells of queues alone: calls that pass none, the outbound ones mostly, are not in it")
        if log.forgotten:
            self.remarks.append(
                f"the ends of {log.forgotten} stays were never written: who waited is taken to hang up after 4 hours"
            )
        if log.members.taken:
            self.remarks.append(
                f"{len(log.members.taken)} members have names that are no telephone's: each is taken for the one with "
                "the same number that came into their queue; if that is wrong, name them in asterisk_reps"
            )
        if log.handed_on:
            self.remarks.append(
                f"{log.handed_on} calls were handed on: where no queue reached who took it, the talk is left out "
                "(of a dialler's call it is that with the first rep)"
            )


def _event(row: Row, kind: str, at: int, /, **fields: Any) -> dict[str, Any]:
    # A call, a queue, a member and a verb at one second are one row, however often it is read, and on whatever line.
    name = f"{row.call}:{row.at}:{row.queue}:{row.verb}"
    if kind == "rep.state":
        name += f":{fields['rep']}"
    return event(kind, at, SOURCE, name, **fields)
