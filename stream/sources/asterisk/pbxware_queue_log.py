"""The queue_log table of Bicom's PBXware as CSV: outbound dials, the inbound queue, and who is logged in."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.reading import Read, Unreadable, WrongFileError, guarded, parsed
from stream.sources.rows import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = "pbxware"
COLUMNS: Final = ("uid", "date_time", "callid", "queue_name", "type", "event", "param1", "htime", "ttime")
_NOT_A_CALL = frozenset({"", "NONE", "MANAGER", "REALTIME"})
_NO_QUEUE = "NONE"
# What an unanswered end of a dial says of it. None of these is a contact; an answered call is judged by its talk.
_UNANSWERED: Final = {"OUTCANCEL": "no_answer", "OUTCHANUNAVAIL": "failed", "OUTCONGESTION": "failed"}
_QUEUE_LEFT: Final = {
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timeout",
    "EXITEMPTY": "timeout",
    "EXITWITHKEY": "timeout",
}
_COMPLETED = frozenset({"COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER"})
_COMES = frozenset({"ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN", "UNPAUSE", "UNPAUSEALL"})
_GOES = frozenset({"REMOVEMEMBER", "AGENTLOGOFF", "AGENTCALLBACKLOGOFF"})
_PAUSES = frozenset({"PAUSE", "PAUSEALL"})
# A dial that failed may be tried again on another line within the call; after this long it no longer is.
_REDIAL_WITHIN_S = 600
_SWEEP_S = 60
_LONGEST_EPOCH = 11  # digits: seconds, until the year 5138


def looks(head: bytes) -> bool:
    """Return whether the first line names the table's columns."""
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return set(COLUMNS) <= {name.strip().strip('"') for name in header.split(",")}


class _Row(NamedTuple):
    line: int
    uid: int
    at: int  # seconds since the epoch
    call: str
    queue: str
    rep: str | None
    verb: str
    number: str
    held: int  # htime: ring of a dial, wait of a caller, in seconds
    talked: int

    def event(self, kind: str, at_s: int | None = None, /, **fields: Any) -> dict[str, Any]:
        """Return an event that this row tells; its id is of what stands in the row, whenever it is said to be."""
        known = {name: value for name, value in fields.items() if value is not None}
        return {
            "id": f"{SOURCE}:{self.at}:{self.uid:010d}:{kind}",
            "type": kind.partition("/")[0],
            "at": 1000 * (self.at if at_s is None else at_s),
            "source": SOURCE,
            **known,
        }


@dataclass(slots=True)
class _Dial:
    """An outbound call under way: its first dial, its latest one, and the end it came to so far."""

    placed: int
    dialled: int
    end: _Row | None = None


@dataclass(slots=True)
class _Entry:
    """A caller in a queue; `call` is the id of this stay, since one call can pass several queues."""

    call: str
    joined: int
    number: str
    answered: int | None = None


@dataclass(slots=True)
class PbxwareQueueLog:
    """
    Reads the table's export (columns by the names in its header, times from the epoch in `date_time`).

    One call id is one attempt, however often it was dialled: it is sent once, when it was answered, or when no
    redial can follow any more. Numbers are passed on as they stand, for admission to normalise; extensions too.
    """

    unused: Counter[str] = field(default_factory=Counter)
    left_open: int = 0
    remarks: list[str] = field(default_factory=list)
    _dials: dict[str, _Dial] = field(default_factory=dict)
    _answered: dict[str, int] = field(default_factory=dict)
    _entries: dict[tuple[str, str], _Entry] = field(default_factory=dict)
    _stays: Counter[tuple[str, str]] = field(default_factory=Counter)
    _offline: set[str] = field(default_factory=set)
    _swept: int = 0

    def read(self, file: BinaryIO) -> Iterator[Read | Unreadable]:
        """Yield the events of the rows in their order; the last line's number stands for what only the end shows."""
        number = 0
        for item in parsed(file, _Reader().row):
            if isinstance(item, Unreadable):
                yield item
                continue
            number, row = item
            for event in guarded(number, row, self._events(row)):
                yield event if isinstance(event, Unreadable) else Read(number, event)
        for event in guarded(number, b"", self._ended(None)):
            yield event if isinstance(event, Unreadable) else Read(number, event)
        self.left_open = len(self._dials) + len(self._entries)

    def _events(self, row: _Row) -> Iterator[dict[str, Any]]:
        yield from self._ended(row.at)
        if row.call not in _NOT_A_CALL and row.verb.startswith("OUT"):
            yield from self._outbound(row)
        elif row.call not in _NOT_A_CALL and row.queue != _NO_QUEUE and row.verb in _QUEUE_VERBS:
            yield from self._inbound(row)
        elif row.rep is not None and row.verb in _COMES | _GOES | _PAUSES:
            yield self._presence(row, row.rep)
        else:
            self.unused[row.verb] += 1

    def _outbound(self, row: _Row) -> Iterator[dict[str, Any]]:
        if row.call in self._answered:
            # OUTTRANSFER and the like, after the answer: the verdict stands.
            self.unused[row.verb] += 1
        elif row.verb == "OUTDIAL":
            dial = self._dials.setdefault(row.call, _Dial(row.at, row.at))
            dial.dialled, dial.end = row.at, None
            if row.rep is not None:
                yield row.event("rep.state", rep=row.rep, state="ringing")
        elif row.verb == "OUTANSWER":
            # Written at the end of the call: the row has no moment of the answer, but the ring before it.
            began = row.at - row.talked - row.held
            dial = self._dials.pop(row.call, _Dial(began, began))
            self._answered[row.call] = row.at
            answered = min(dial.dialled + row.held, row.at)
            yield self._attempt(row, dial, answered_at=1000 * answered, talk_s=row.talked)
            if row.rep is not None:
                yield row.event("rep.state/talking", answered, rep=row.rep, state="talking")
                yield row.event("rep.state/after", rep=row.rep, state=self._after(row.rep))
        elif row.verb in _UNANSWERED:
            dial = self._dials.setdefault(row.call, _Dial(row.at - row.held, row.at - row.held))
            dial.end = row
            if row.rep is not None:
                yield row.event("rep.state", rep=row.rep, state=self._after(row.rep))
        else:
            self.unused[row.verb] += 1

    def _attempt(self, row: _Row, dial: _Dial, **fields: Any) -> dict[str, Any]:
        return row.event(
            "call.ended",
            call=row.call,
            direction="outbound",
            placed_at=1000 * min(dial.placed, row.at),
            number=row.number,
            rep=row.rep,
            ring_s=row.held,
            **fields,
        )

    def _ended(self, now: int | None) -> Iterator[dict[str, Any]]:
        """Yield the unanswered calls that no redial can follow any more; without a time, all of them."""
        if now is not None:
            if 0 <= now - self._swept < _SWEEP_S:
                return
            self._swept = now
        over = [
            call
            for call, dial in self._dials.items()
            if dial.end is not None and (now is None or now - dial.end.at > _REDIAL_WITHIN_S)
        ]
        for call in over:
            dial = self._dials.pop(call)
            assert dial.end is not None  # noqa: S101 - chosen above
            yield self._attempt(dial.end, dial, talk_s=0, disposition=_UNANSWERED[dial.end.verb])
        if now is not None and self._answered:
            for call in [call for call, at in self._answered.items() if now - at > _REDIAL_WITHIN_S]:
                del self._answered[call]

    def _inbound(self, row: _Row) -> Iterator[dict[str, Any]]:
        key = (row.call, row.queue)
        if row.verb == "ENTERQUEUE":
            self._stays[key] += 1
            stay = self._stays[key]
            call = f"{row.call}/{row.queue}" if stay == 1 else f"{row.call}/{row.queue}/{stay}"
            self._entries[key] = _Entry(call, row.at, row.number)
            yield row.event("queue.joined", call=call, queue=row.queue)
            return
        entry = self._entries.get(key) or _Entry(
            f"{row.call}/{row.queue}", row.at - row.held - row.talked, row.number, None
        )
        if row.verb == "CONNECT":
            entry.answered = row.at
            self._entries[key] = entry
            yield row.event("queue.left", call=entry.call, queue=row.queue, outcome="answered", wait_s=row.held)
            if row.rep is not None:
                yield row.event("rep.state", rep=row.rep, state="talking")
            return
        self._entries.pop(key, None)
        if row.verb in _QUEUE_LEFT:
            outcome = _QUEUE_LEFT[row.verb]
            yield row.event("queue.left", call=entry.call, queue=row.queue, outcome=outcome, wait_s=row.held)
            return
        answered = entry.answered if entry.answered is not None else row.at - row.talked
        yield row.event(
            "call.ended",
            call=entry.call,
            direction="inbound",
            placed_at=1000 * min(entry.joined, answered),
            answered_at=1000 * min(answered, row.at),
            number=entry.number,
            queue=row.queue,
            rep=row.rep,
            talk_s=row.talked,
            wait_s=row.held,
        )
        if row.rep is not None:
            yield row.event("rep.state", rep=row.rep, state=self._after(row.rep))

    def _presence(self, row: _Row, rep: str) -> dict[str, Any]:
        if row.verb in _COMES:
            self._offline.discard(rep)
            return row.event("rep.state", rep=rep, state="available")
        if row.verb in _GOES:
            self._offline.add(rep)
            return row.event("rep.state", rep=rep, state="offline")
        return row.event("rep.state", rep=rep, state="paused")

    def _after(self, rep: str) -> str:
        """Return the state that a rep is in after a call: gone, if the log has said so."""
        return "offline" if rep in self._offline else "available"


_QUEUE_VERBS = _COMPLETED | _QUEUE_LEFT.keys() | {"ENTERQUEUE", "CONNECT"}


class _Reader:
    """Reads rows, one line after the other; the first names the columns."""

    _header: dict[str, int] | None = None

    def row(self, line: int, data: bytes) -> _Row | None:
        cells = _cells(data)
        if self._header is not None:
            return _row(line, cells, self._header)
        self._header = _header(cells)
        return None


def _cells(data: bytes) -> list[str]:
    text = text_of(data)
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        raise Refused(
            Reason.MALFORMED_LINE, None, "not a row of CSV; a quote is open, or there is a character that may not be"
        ) from error


def _header(cells: list[str]) -> dict[str, int]:
    header = {name.strip(): i for i, name in enumerate(cells)}
    if len(header) != len(cells):
        raise WrongFileError("header: two columns have one name; give each its own")
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise WrongFileError(f"header: no PBXware queue log has this one; it lacks {', '.join(missing)}")
    return header


def _row(line: int, cells: list[str], header: dict[str, int]) -> _Row:
    if len(cells) != len(header):
        raise Refused(Reason.MALFORMED_LINE, None, f"{len(cells)} columns where the header has {len(header)}")

    def whole(column: str, digits: int = 18) -> int:
        text = cells[header[column]].strip()
        if not (text.isascii() and text.isdigit() and len(text) <= digits):
            raise Refused(
                Reason.WRONG_TYPE, column, f"{column}: {len(text)} characters; write a whole number, 0 or more"
            )
        return int(text)

    member = cells[header["type"]].strip()
    return _Row(
        line=line,
        uid=whole("uid"),
        at=whole("date_time", _LONGEST_EPOCH),
        call=cells[header["callid"]].strip(),
        queue=cells[header["queue_name"]].strip() or _NO_QUEUE,
        rep=_rep(member),
        verb=cells[header["event"]].strip(),
        # An empty number is a withheld one.
        number=cells[header["param1"]].strip() or "anonymous",
        held=whole("htime", _LONGEST_EPOCH),
        talked=whole("ttime", _LONGEST_EPOCH),
    )


def _rep(member: str) -> str | None:
    """Return who `Agent/1141` or `Local/1141@callback-agent` is: 1141."""
    if member in {"", "NONE"}:
        return None
    return member.partition("/")[2].partition("@")[0] or member
