"""The calls that rows of a queue_log tell: each stay of a caller in a queue, and whom they talked to, how long."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stream.sources.asterisk.ids import nth

if TYPE_CHECKING:
    from stream.sources.asterisk.queue_log_rows import Row

# A handed-on call, and a rep's part of it, are found by their moments; the log's are whole seconds.
_SAME_MS: Final = 1500
# Old versions forget to write how some calls end; nobody waits for so long.
FORGOTTEN_AFTER_S: Final = 4 * 3600
WITHHELD: Final = "anonymous"


@dataclass(slots=True)
class Entry:
    """A stay of a caller in a queue, called `id`; `call` is what they are called now: a transfer can change it."""

    id: str
    call: str
    queue: str
    joined: int
    number: str
    answered: int | None = None
    wait_s: float | None = None
    member: str = ""


@dataclass(slots=True)
class Part:
    """
    What reps' parts of one call come to so far: the first one's moment, queue and wait, and all of their talk.

    `stay` is what the first one's stay in the queue is called. `whole` is whether nobody else talks: not, where a rep
    has handed the call on to whom the log does not tell.
    """

    call: str
    stay: str
    placed: int
    answered: int
    number: str
    queue: str
    member: str
    wait_s: float
    talk_s: int
    whole: bool = True
    rows: set[tuple[int, str, str]] = field(default_factory=set)


class Entries:
    """The stays that are not over, and the calls that a rep has handed on and that may come back in another queue."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str], Entry] = OrderedDict()
        self._stays: Counter[tuple[str, str]] = Counter()
        self._parts: OrderedDict[str, Part] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def of(self, row: Row) -> Entry | None:
        """Return the stay that is open under the call and queue of a row."""
        return self._open.get((row.call, row.queue))

    def enters(self, row: Row) -> Entry:
        """Take that a caller enters a queue."""
        key = (row.call, row.queue)
        self._stays[key] += 1
        stay = nth(row.call, self._stays[key])
        entry = self._open[key] = Entry(stay, row.call, row.queue, row.at, row.text(1) or WITHHELD)
        return entry

    def connects(self, row: Row, wait: int) -> Entry:
        """Take that a rep answers: the stay of the row, or one that was begun for the caller by who handed them on."""
        key = (row.call, row.queue)
        entry = self._open.get(key) or self._handed_on(row, wait)
        if entry is None:
            entry = Entry(row.call, row.call, row.queue, row.at - 1000 * wait, WITHHELD)
        entry.call, entry.answered, entry.wait_s, entry.member = row.call, row.at, wait, row.member
        self._open[key] = entry
        return entry

    def leaves(self, row: Row, wait: int) -> Entry:
        """Take that a caller leaves a queue unanswered."""
        entry = self._open.pop((row.call, row.queue), None)
        return entry or Entry(row.call, row.call, row.queue, row.at - 1000 * wait, WITHHELD)

    def ends(self, row: Row, wait: int, talk: int, *, whole: bool = True) -> Part | None:
        """
        Take that a rep's part of a call ends; return what is known of the call, None for a row that was read.

        `whole` is whether the call ends with it, or goes on without any rep.
        """
        begun = row.at - 1000 * talk
        entry = self._open.pop((row.call, row.queue), None) or self._served(row, begun)
        if entry is None:
            entry = Entry(row.call, row.call, row.queue, begun - 1000 * wait, WITHHELD, begun, wait)
        answered = entry.answered if entry.answered is not None else begun
        mark = (row.at, row.queue, row.verb)
        part = self._parts.get(entry.call)
        if part is None:
            placed = min(entry.joined, answered)
            part = Part(entry.call, entry.id, placed, answered, entry.number, row.queue, row.member, wait, 0)
            self._parts[entry.call] = part
        elif mark in part.rows:
            return None
        part.rows.add(mark)
        part.talk_s += talk
        part.whole = whole
        return part

    def ends_waiting(self, call: str) -> Part | None:
        """Take that a caller hangs up in a queue; return what is known of their call, if they were handed on."""
        part = self._parts.get(call)
        if part is None or part.whole:
            return None
        part.whole = True
        return part

    def forget(self, now: int) -> list[Entry]:
        """Let go of what is so old that its end was never written; return the stays among it."""
        limit = now - 1000 * FORGOTTEN_AFTER_S
        while self._parts and next(iter(self._parts.values())).answered < limit:
            self._parts.popitem(last=False)
        gone: list[Entry] = []
        while self._open and next(iter(self._open.values())).joined < limit:
            gone.append(self._open.popitem(last=False)[1])
        return gone

    def _handed_on(self, row: Row, wait: int) -> Entry | None:
        """Return the stay of a rep who stood in the queue to hand on this call, which is in their place now."""
        if row.call not in self._parts and not any(call == row.call for call, _ in self._open):
            return None
        joined = row.at - 1000 * wait
        for key, entry in self._open.items():
            if entry.queue == row.queue and entry.answered is None and abs(entry.joined - joined) <= _SAME_MS:
                return self._open.pop(key)
        return None

    def _served(self, row: Row, begun: int) -> Entry | None:
        """Return the stay that a row ends under another call's name: that of the rep's own call, who hands on."""
        for key, entry in self._open.items():
            mine = entry.queue == row.queue and entry.member == row.member and entry.answered is not None
            if mine and abs((entry.answered or 0) - begun) <= _SAME_MS:
                return self._open.pop(key)
        return None
