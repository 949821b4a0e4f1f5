"""What the rows of one call of 3CX say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.sources.canonical import event
from stream.sources.threecx.rows import OTHER, OUTSIDE, QUEUE, REP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stream.sources.seen import Seen
    from stream.sources.threecx.rows import End, Row

SOURCE: Final = "3cx"
_EXTENSION: Final = "ext."
_DIGITS: Final = 3  # that a number has at least
_REASON: Final = re.compile(r"[A-Za-z_]{1,60}")
_NEXT_MS: Final = 2000  # where a caller goes on to, that row begins when the one before ends


class _Talk(NamedTuple):
    """A conversation with the party outside, in ms; `rep` is None where a number outside took it."""

    start: int
    end: int
    rep: End | None


class _Stay(NamedTuple):
    """A caller's time in a queue or ring group, in ms; `left` is None where its answer has no moment."""

    queue: End
    joined: int
    left: int | None
    ended: int
    outcome: str


class Calls:
    """
    Yields calls from their rows.

    `names` are those of extensions and queues by their number; whoever has none there is called as 3CX shows it.
    `unclear` counts the callers of whom the rows do not tell when they were answered.
    """

    def __init__(self, names: Mapping[str, str], seen: Seen) -> None:
        self.unclear = 0
        self._names = names
        self._seen = seen

    def events(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what `rows`, those of one call in their order, come to; nothing for a call within the floor."""
        entry = next((row for row in rows if not (row.source.inside and row.target.inside)), None)
        if entry is None:
            self._seen.unused["internal call"] += 1
        elif entry.source.inside:
            yield self._outbound(rows, entry)
        else:
            yield from self._inbound(rows, entry)

    def _outbound(self, rows: Sequence[Row], entry: Row) -> dict[str, Any]:
        talks = _talks(rows)
        self._seen.answered += bool(talks)
        return self._ended(
            rows,
            entry,
            talks,
            direction="outbound",
            number=_number(entry.target.number, entry.dialled),
            rep=self._name(entry.source) if entry.source.is_rep else None,
            ring_s=(talks[0].start - entry.start) / 1000 if talks else None,
        )

    def _inbound(self, rows: Sequence[Row], entry: Row) -> Iterator[dict[str, Any]]:
        talks = _talks(rows)
        reached = None if talks else _reached(rows)
        self.unclear += reached is not None
        stays = list(_stays(rows, talks, reached))
        call, name = _ids(rows)
        seen: dict[str, int] = {}
        for stay in stays:
            queue = self._name(stay.queue)
            seen[queue] = nth = seen.get(queue, 0) + 1
            # One call may come to a queue again, and is another there.
            waiting = call if nth == 1 else f"{call}/{nth}"
            yield event("queue.joined", stay.joined, SOURCE, f"{name}:{queue}:{nth}", call=waiting, queue=queue)
            yield event(
                "queue.left",
                stay.ended if stay.left is None else stay.left,
                SOURCE,
                f"{name}:{queue}:{nth}",
                call=waiting,
                queue=queue,
                outcome=stay.outcome,
                wait_s=None if stay.left is None else (stay.left - stay.joined) / 1000,
            )
        last = stays[-1] if stays else None
        rep = talks[0].rep if talks else reached
        waits_since = entry.start if last is None else last.joined
        yield self._ended(
            rows,
            entry,
            talks,
            direction="inbound",
            number=_number(entry.source.number),
            rep=None if rep is None else self._name(rep),
            queue=self._name(last.queue) if last is not None and seen[self._name(last.queue)] == 1 else None,
            wait_s=max(0, talks[0].start - waits_since) / 1000 if talks else None,
            **({"talk_s": None} if reached is not None else {}),
        )

    def _ended(self, rows: Sequence[Row], entry: Row, talks: Sequence[_Talk], **fields: Any) -> dict[str, Any]:
        call, name = _ids(rows)
        known = {
            "call": call,
            "placed_at": entry.start,
            "answered_at": talks[0].start if talks else None,
            "talk_s": _lasted(talks) / 1000,
            "hangup_cause": rows[-1].reason if _REASON.fullmatch(rows[-1].reason) else None,
            **fields,
        }
        return event("call.ended", max(row.end for row in rows), SOURCE, name, **known)

    def _name(self, end: End) -> str:
        return self._names.get(end.extension, end.shown or end.extension)


def _ids(rows: Sequence[Row]) -> tuple[str, str]:
    """Return the call, and what its events' ids begin with: those of a longer file replace what was read before."""
    call = f"3cx-{rows[0].call}"
    return call, f"{call}:{max(row.end for row in rows)}:{len(rows):04}"


def _talks(rows: Sequence[Row]) -> list[_Talk]:
    """Return the conversations with the party outside, in their order."""
    talks = []
    for row in rows:
        if row.answer is None or (row.source.inside and row.target.inside):
            continue
        floor = next((end for end in (row.source, row.target) if end.inside), None)
        if floor is None:
            talks.append(_Talk(row.answer, row.end, None))
        elif floor.is_rep and not _went_on(row, floor):
            talks.append(_Talk(row.answer, row.end, floor))
    return sorted(talks, key=lambda talk: (talk.start, talk.end))


def _went_on(row: Row, floor: End) -> bool:
    """Return whether what has no type was replaced by another, and so may be a queue or a menu that has answered."""
    return floor is row.target and floor.kind is None and row.final.dn not in {"", floor.dn}


def _reached(rows: Sequence[Row]) -> End | None:
    """Return the rep whom a caller was led to by something that had answered before, in a row that has no more."""
    for row in reversed(rows):
        led = row.answer is not None and not row.source.inside and row.target.inside
        if led and row.final.extension not in {"", row.target.extension} and _is_rep(row.final):
            return row.final
    return None


def _is_rep(final: End) -> bool:
    return final.kind == REP if final.kind is not None else final.number.lower().startswith(_EXTENSION)


def _stays(rows: Sequence[Row], talks: Sequence[_Talk], reached: End | None) -> Iterator[_Stay]:
    queued = [place for place, row in enumerate(rows) if row.target.kind == QUEUE and not row.source.inside]
    for nth, place in enumerate(queued):
        row = rows[place]
        until = rows[queued[nth + 1]].start if nth + 1 < len(queued) else None
        talk = next((one for one in talks if one.start >= row.start and (until is None or one.start < until)), None)
        # The telephones that it rang have rows of their own.
        rung = [one for one in rows[place + 1 :] if one.target.kind == REP and (until is None or one.start < until)]
        ended = max(one.end for one in (row, *rung))
        if talk is not None and talk.rep is not None:
            yield _Stay(row.target, row.start, talk.start, talk.start, "answered")
        elif reached is not None and until is None:
            yield _Stay(row.target, row.start, None, ended, "answered")
        elif talk is not None or _goes_on(row, rows[place + 1 :]):
            yield _Stay(row.target, row.start, row.end, row.end, "timeout")
        else:
            yield _Stay(row.target, row.start, ended, ended, "abandoned")


def _goes_on(row: Row, following: Sequence[Row]) -> bool:
    """Return whether a caller went on to something else than a rep: a voicemail, a menu, another queue or number."""
    elsewhere = {OTHER, OUTSIDE, QUEUE}
    if row.final.kind in elsewhere and row.final.dn != row.target.dn:
        return True
    return any(one.target.kind in elsewhere and one.start >= row.end - _NEXT_MS for one in following)


def _number(*written: str) -> str:
    """Return the number of the party outside; one that is not shown has the word that is keyed by its call."""
    for one in written:
        if not one.lower().startswith(_EXTENSION) and sum(sign.isdigit() for sign in one) >= _DIGITS:
            return one
    return "anonymous"


def _lasted(talks: Sequence[_Talk]) -> int:
    """Return how long somebody talked, in ms, counted once where two conversations overlap."""
    total, until = 0, 0
    for talk in talks:
        total += max(0, talk.end - max(talk.start, until))
        until = max(until, talk.end)
    return total
