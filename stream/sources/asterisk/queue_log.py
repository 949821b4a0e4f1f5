"""Asterisk's queue_log: who waited in which queue, who answered, which reps are there; also PBXware's table."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk import pbxware_queue_log
from stream.sources.asterisk.ids import not_before_birth
from stream.sources.asterisk.pbxware_queue_log import PbxwareQueueLog
from stream.sources.asterisk.plan import directions_of
from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import names
from stream.sources.reading import Read, Unreadable, parsed
from stream.sources.rows import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.dial_plan.directions import Directions

SOURCE: Final = "asterisk-queue-log"
_NO_CALL: Final = frozenset({"", "NONE", "MANAGER", "REALTIME", "CLI"})
_NOBODY: Final = frozenset({"", "NONE"})
# Of each verb that ends a wait or a call, which of its parameters (from 0) are the wait and the talk, in seconds.
_LEFT: Final = {
    "ABANDON": ("abandoned", 2), "EXITWITHTIMEOUT": ("timeout", 2), "EXITEMPTY": ("timeout", 2),
    "EXITWITHKEY": ("timeout", 3),
}  # fmt: skip
_ENDS: Final = {
    "COMPLETECALLER": (0, 1), "COMPLETEAGENT": (0, 1), "BLINDTRANSFER": (2, 3), "ATTENDEDTRANSFER": (2, 3),
    "TRANSFER": (2, 3),
}  # fmt: skip
_OF_CALLS: Final = frozenset({"ENTERQUEUE", "CONNECT", *_LEFT, *_ENDS})
_COMES: Final = frozenset({"ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN"})
_GOES: Final = frozenset({"REMOVEMEMBER", "AGENTLOGOFF", "AGENTCALLBACKLOGOFF"})
_PAUSES: Final = frozenset({"PAUSE", "PAUSEALL"})
_UNPAUSES: Final = frozenset({"UNPAUSE", "UNPAUSEALL"})
_FEWEST: Final = 5
_STEP_S: Final = 60  # what a clock may be put back by without anybody's notice
_LONGEST: Final = 11
# Old versions forget to write how some calls end; nobody waits for so long.
_FORGOTTEN_AFTER_S: Final = 4 * 3600


def looks(head: bytes) -> bool:
    """Return whether one of the first lines is a row: seconds, call, queue, member and an event, with bars between."""
    return any(_is_row(line) for line in head.splitlines()[:20])


def _is_row(line: bytes) -> bool:
    cells = line.split(b"|")
    if len(cells) < _FEWEST or not cells[0].partition(b".")[0].isdigit():
        return False
    return cells[4].isalnum() and cells[4].isupper() and cells[4].isascii()


class _Row(NamedTuple):
    line: int
    at: int  # ms since the epoch
    call: str
    queue: str
    member: str
    verb: str
    parameters: list[str]

    def text(self, place: int) -> str:
        return self.parameters[place].strip() if place < len(self.parameters) else ""

    def seconds(self, place: int) -> int:
        text = self.text(place)
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
            raise Refused(
                Reason.MALFORMED_LINE if place >= len(self.parameters) else Reason.WRONG_TYPE,
                "parameters",
                f"{self.verb}: parameter {place + 1} has {len(text)} characters; seconds stand there: is it cut off?",
            )
        return int(text)


@dataclass(slots=True)
class _Entry:
    """A caller in a queue; `call` tells this stay from others of one call in one queue."""

    call: str
    joined: int
    number: str
    answered: int | None = None
    wait_s: float | None = None


@dataclass(slots=True)
class _PipeFile:
    """Reads the file itself."""

    directions: Directions
    unused: Counter[str] = field(default_factory=Counter)
    forgotten: int = 0
    entries: OrderedDict[tuple[str, str], _Entry] = field(default_factory=OrderedDict)
    stays: Counter[tuple[str, str]] = field(default_factory=Counter)
    queues: dict[str, set[str]] = field(default_factory=dict)
    offline: set[str] = field(default_factory=set)

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        for item in parsed(file, self._parse):
            if isinstance(item, Unreadable):
                yield item
            else:
                yield from (Read(item[0], one) for one in item[1])

    def _parse(self, line: int, data: bytes) -> list[dict[str, Any]]:
        row = _row(line, data)
        # What is refused has changed nothing yet, and takes nothing with it.
        own = list(self._events(row))
        return [*self._forgotten(row.at), *own]

    def _events(self, row: _Row) -> Iterator[dict[str, Any]]:
        if row.call not in _NO_CALL and row.queue not in _NOBODY and row.verb in _OF_CALLS:
            yield from self._of_call(row)
        elif row.member not in _NOBODY and row.verb in _COMES | _GOES | _PAUSES | _UNPAUSES:
            yield from self._of_rep(row)
        else:
            self.unused[row.verb] += 1

    def _of_call(self, row: _Row) -> Iterator[dict[str, Any]]:
        key = (row.call, row.queue)
        if row.verb == "ENTERQUEUE":
            if key in self.entries and self.entries[key].answered is None and row.at == self.entries[key].joined:
                self.unused["row that stands there twice"] += 1
                return
            if key in self.entries:
                yield from self._given_up(row.call, row.queue, self.entries[key], row.at)
            self.stays[key] += 1
            call = row.call if self.stays[key] == 1 else f"{row.call}/{self.stays[key]}"
            self.entries[key] = _Entry(call, row.at, row.text(1) or "anonymous")
            if self._inbound(row.queue):
                yield _event(row, "queue.joined", row.at, call=call, queue=row.queue)
        elif row.verb == "CONNECT":
            wait = row.seconds(0)
            entry = self.entries.setdefault(key, _Entry(row.call, row.at - 1000 * wait, "anonymous"))
            entry.answered, entry.wait_s = row.at, wait
            if self._inbound(row.queue):
                yield _event(
                    row, "queue.left", row.at, call=entry.call, queue=row.queue, outcome="answered", wait_s=wait
                )
            yield from self._state(row, "talking")
        elif row.verb in _LEFT:
            outcome, place = _LEFT[row.verb]
            wait = row.seconds(place)
            entry = self._taken(key) or _Entry(row.call, row.at - 1000 * wait, "anonymous")
            if self._inbound(row.queue):
                yield _event(row, "queue.left", row.at, call=entry.call, queue=row.queue, outcome=outcome, wait_s=wait)
            else:
                yield self._ended(row, entry, None, None)
        else:
            wait, talk = (row.seconds(place) for place in _ENDS[row.verb])
            begun = row.at - 1000 * talk
            entry = self._taken(key) or _Entry(row.call, begun - 1000 * wait, "anonymous", begun, wait)
            yield self._ended(row, entry, wait, talk)
            yield from self._state(row, "available")

    def _taken(self, key: tuple[str, str]) -> _Entry | None:
        return self.entries.pop(key) if key in self.entries else None

    def _ended(self, row: _Row, entry: _Entry, wait: float | None, talk: int | None) -> dict[str, Any]:
        inbound = self._inbound(row.queue)
        answered = None
        if talk is not None:
            answered = entry.answered if entry.answered is not None else row.at - 1000 * talk
        return _event(
            row,
            "call.ended",
            whole_second(row.at, not_before=answered or 0),
            call=entry.call,
            direction="inbound" if inbound else "outbound",
            placed_at=min(entry.joined, answered or row.at),
            answered_at=answered,
            number=entry.number,
            queue=row.queue if inbound else None,
            rep=self._rep(row.member) if talk is not None else None,
            talk_s=talk or 0,
            wait_s=wait if inbound else None,
            campaign=self.directions.campaign(queue=row.queue),
        )

    def _inbound(self, queue: str) -> bool:
        return self.directions.way_of_queue(queue) == "inbound"

    def _rep(self, member: str) -> str | None:
        return None if member in _NOBODY else self.directions.rep(names.interface(member), member)

    def _of_rep(self, row: _Row) -> Iterator[dict[str, Any]]:
        rep = self._rep(row.member)
        if rep is None:
            return
        mine = self.queues.setdefault(rep, set())
        if row.verb in _COMES:
            mine.add(row.queue)
        elif row.verb in _GOES:
            mine.discard(row.queue)
            if mine and row.verb == "REMOVEMEMBER":
                # In another queue they are still there.
                self.unused["REMOVEMEMBER of one of several queues"] += 1
                return
            mine.clear()
            self.offline.add(rep)
            yield from self._state(row, "offline")
            return
        self.offline.discard(rep)
        reason = row.text(0) if row.verb in _PAUSES else ""
        yield from self._state(row, "paused" if row.verb in _PAUSES else "available", reason=reason)

    def _state(self, row: _Row, state: str, **more: Any) -> Iterator[dict[str, Any]]:
        rep = self._rep(row.member)
        if rep is not None:
            gone = rep in self.offline and state == "available"
            yield _event(row, "rep.state", row.at, rep=rep, state="offline" if gone else state, **more)

    def _forgotten(self, now: int) -> Iterator[dict[str, Any]]:
        """End the waits whose end was never written."""
        while self.entries:
            (call, queue), entry = next(iter(self.entries.items()))
            if now - entry.joined <= 1000 * _FORGOTTEN_AFTER_S:
                return
            del self.entries[call, queue]
            yield from self._given_up(call, queue, entry, entry.joined + 1000 * _FORGOTTEN_AFTER_S)

    def _given_up(self, call: str, queue: str, entry: _Entry, at: int) -> Iterator[dict[str, Any]]:
        self.forgotten += 1
        if entry.answered is None and self._inbound(queue):
            name = f"{call}:{entry.joined}:{queue}"
            yield event("queue.left", at, SOURCE, name, call=entry.call, queue=queue, outcome="abandoned")


class AsteriskQueueLog:
    """Reads one file: with bars between, as Asterisk writes it, or PBXware's table as CSV, known by its header."""

    def __init__(self, settings: Settings) -> None:
        self._directions = directions_of(settings)
        self.unused: Counter[str] = Counter()
        self.left_open = 0
        self.remarks: list[str] = []

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the rows in their order."""
        start = file.tell()
        first = file.readline(65_536).removeprefix(b"\xef\xbb\xbf")
        file.seek(start)
        if pbxware_queue_log.looks(first):
            table = PbxwareQueueLog()
            yield from table.read(file)
            self.unused, self.left_open = table.unused, table.left_open
            return
        log = _PipeFile(self._directions)
        yield from log.read(file)
        self.unused, self.left_open = log.unused, len(log.entries)
        self.remarks.append("it tells of queues alone: calls that pass none, the outbound ones mostly, are not in it")
        if log.forgotten:
            self.remarks.append(
                f"the ends of {log.forgotten} stays were never written: who waited is taken to hang up after 4 hours"
            )


def _event(row: _Row, kind: str, at: int, /, **fields: Any) -> dict[str, Any]:
    # A call, a queue, a member and a verb at one second are one row, however often it is read, and on whatever line.
    name = f"{row.call}:{row.at}:{row.queue}:{row.verb}"
    if kind == "rep.state":
        name += f":{fields['rep']}"
    return event(kind, at, SOURCE, name, **fields)


def _row(line: int, data: bytes) -> _Row:
    cells = text_of(data).split("|")
    if len(cells) < _FEWEST:
        raise Refused(
            Reason.MALFORMED_LINE, None, f"{len(cells)} columns with bars between; a row has 5 or more: is it cut off?"
        )
    seconds, _, fraction = cells[0].strip().partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _LONGEST):
        raise Refused(Reason.WRONG_TYPE, "time", f"time: {len(cells[0])} characters; write seconds since the epoch")
    digits = fraction[:3].ljust(3, "0")
    at = 1000 * int(seconds) + (int(digits) if digits.isascii() and digits.isdigit() else 0)
    not_before_birth(at, cells[1].strip(), "time", slack_s=_STEP_S)
    return _Row(
        line=line,
        at=at,
        call=cells[1].strip(),
        queue=cells[2].strip(),
        member=cells[3].strip(),
        verb=cells[4].strip(),
        parameters=cells[5:],
    )
