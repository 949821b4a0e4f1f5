"""What the rows of one call say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.sources.asterisk.cdr_ways import WITHHELD, Ways
from stream.sources.asterisk.ids import birth
from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import apps, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.dial_plan.directions import Directions
    from stream.sources.seen import Seen

SOURCE: Final = "asterisk-cdr"
_FAILURES: Final = {"BUSY": "busy", "FAILED": "failed", "CONGESTION": "failed"}
_OWN_PART: Final = re.compile(r"-([0-9a-fA-F]{8}(?:;[12])?)$")
_CALLER_ID: Final = re.compile(r"<([^<>]*)>")


class _Talk(NamedTuple):
    """A time in which two parties were joined, in ms; `row` tells of it, `exact` if its begin is that of the talk."""

    row: Row
    begin: int
    end: int
    seconds: int
    exact: bool


class _Call(NamedTuple):
    """The rows of one call in their order, the one it left or entered by, and what the ids of its events begin with."""

    call: str
    name: str
    entry: Row
    rows: Sequence[Row]
    until: int | None = None  # when the next call of the same channels begins


def call_of(rows: Sequence[Row]) -> str:
    """Return the id of the whole call: its Linkedid, or the id of its oldest channel, which is the same."""
    linked = next((row.linked for row in rows if row.linked), "")
    if linked:
        return linked
    ids = [row.unique for row in rows if row.unique]
    if ids:
        return min(ids, key=lambda unique: (birth(unique) or (0, 0), unique))
    # Without ids: the second, and what tells the channel from others. Its name may hold a number.
    first = rows[0]
    own = _OWN_PART.search(first.channel)
    return f"cdr-{first.start // 1000}-{first.channel.partition('/')[0]}-{own[1] if own else len(first.channel)}"


class Calls:
    """Yields calls from their rows, by what the floor has configured."""

    def __init__(self, directions: Directions, seen: Seen) -> None:
        self._directions = directions
        self._ways = Ways(directions)
        self._seen = seen

    def events(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what `rows`, those of one call in their order, come to."""
        first = next(((row, way) for row in rows if (way := self._ways.way(row)) is not None), None)
        if first is None:
            inside = any(self._directions.side(row.channel, number=row.src) == "inside" for row in rows)
            self._seen.undirected(rows[0].context, inside=inside)
            return
        entry, way = first
        # The same call, read again from a longer file, replaces what was read before.
        call = call_of(rows)
        joined = _Call(call, f"{call}:{max(row.end for row in rows)}:{len(rows):04}", entry, rows)
        if way == "inbound":
            yield from self._inbound(joined)
        else:
            for attempt in self._attempts(joined):
                yield from self._outbound(attempt)

    # outbound

    def _dials(self, call: _Call) -> list[Row]:
        return [row for row in call.rows if self._ways.way(row) == "outbound" and not self._ways.is_queue(row)] or [
            call.entry
        ]

    def _attempts(self, call: _Call) -> list[_Call]:
        """
        Return the attempts that one telephone made without hanging up: mostly it is one.

        Another begins where the one before is over, and was answered or went to another number: else it is a redial.
        """
        begins: list[Row] = []
        end, answered = 0, False
        for row in self._dials(call):
            again = bool(begins) and apps.same_number(self._ways.number(row), self._ways.number(begins[-1]))
            if not begins or (row.start >= end and (answered or not again)):
                begins.append(row)
                answered = False
            end = max(end, row.end)
            answered = answered or self._talk(row, call.rows) is not None
        if len(begins) == 1:
            return [call]
        attempts: list[_Call] = []
        for place, entry in enumerate(begins):
            since = entry.start if place else 0
            until = begins[place + 1].start if place + 1 < len(begins) else None
            rows = [row for row in call.rows if since <= row.start and (until is None or row.start < until)]
            if entry not in rows:  # it began in the second in which the next one did
                rows.append(entry)
            id_ = f"{call.call}/{place + 1}" if place else call.call
            attempts.append(_Call(id_, f"{id_}:{max(row.end for row in rows)}:{len(rows):04}", entry, rows, until))
        return attempts

    def _outbound(self, call: _Call) -> Iterator[dict[str, Any]]:
        entry, rows = call.entry, call.rows
        dials = self._dials(call)
        prospects = {row.peer for row in dials if row.peer} - {row.channel for row in dials}
        talks = _apart(
            talk
            for row in rows
            if row in dials or row.channel in prospects or (row.peer in prospects and row.peer)
            if (talk := self._talk(row, rows)) is not None
        )
        dialler = self._ways.is_queue(entry)
        number = self._ways.one_of(entry.src, entry.dst) if dialler else self._ways.number(entry)
        amd = next((amd for row in rows if (amd := apps.amd_of(row.userfield)) is not None), None)
        voicemail = not talks and any(self._is_own_voice(row, rows) and row.answered for row in dials)
        failure = "voicemail" if voicemail else _FAILURES.get(dials[-1].disposition, "no_answer")
        self._count(talks, amd)
        yield self._ended(
            call,
            direction="outbound",
            placed_at=entry.start,
            number=number,
            rep=self._rep_reached(talks) if dialler else self._rep_at(entry),
            talks=talks,
            queue=None,
            amd=amd,
            disposition=None if talks else failure,
        )

    # inbound

    def _inbound(self, call: _Call) -> Iterator[dict[str, Any]]:
        entry, rows = call.entry, call.rows
        stays = _stays([row for row in rows if self._ways.is_queue(row)])
        talks = _apart(
            talk
            for row in rows
            if (self._ways.is_queue(row) or self._ways.is_dial(row)) and not names.channel(row.channel).is_called_half
            if (talk := self._talk(row, rows)) is not None
        )
        last: tuple[str, int] | None = None
        for place, (queue, stay) in enumerate(stays):
            again = sum(queue == earlier for earlier, _ in stays[:place])
            known = f"{call.call}/{again + 1}" if again else call.call
            answer = next((talk for talk in talks if talk.row in stay), None)
            joined = stay[0].start
            left = answer.begin if answer else max(row.end for row in stay)
            outcome = "answered" if answer else self._unanswered(stay, rows, left - joined)
            part = f"{call.name}:{place}"
            yield event("queue.joined", joined, SOURCE, part, call=known, queue=queue)
            yield event(
                "queue.left",
                left,
                SOURCE,
                part,
                call=known,
                queue=queue,
                outcome=outcome,
                wait_s=(left - joined) / 1000,
            )
            if answer or last is None:
                last = queue, left - joined
        voicemail = any(row.app.lower() in apps.VOICEMAIL and row.answered for row in rows)
        busy = any(row.disposition == "BUSY" for row in rows)
        yield self._ended(
            call,
            direction="inbound",
            placed_at=entry.start,
            number=self._caller(entry),
            rep=self._rep_reached(talks),
            talks=talks,
            queue=last[0] if last else None,
            amd=None,
            disposition=None if talks else "voicemail" if voicemail else "busy" if busy and not stays else "abandoned",
            wait_s=last[1] / 1000 if last else None,
        )

    def _caller(self, row: Row) -> str:
        shown = _CALLER_ID.search(row.clid)
        return row.src or (shown[1] if shown else "") or WITHHELD

    @staticmethod
    def _unanswered(stay: Sequence[Row], rows: Sequence[Row], waited: int) -> str:
        """Return how a caller left a queue unanswered: the dial plan went on without them, or they hung up."""
        patience = apps.queue_and_patience(stay[0].data)[1]
        if patience is not None and waited >= 1000 * patience:
            return "timeout"
        channel, end = stay[-1].channel, stay[-1].end
        goes_on = any(
            row.channel == channel and row.start >= end and row not in stay and row.dst != "h" and row.answered
            for row in rows
        )
        return "timeout" if goes_on else "abandoned"

    # both

    def _talk(self, row: Row, rows: Sequence[Row]) -> _Talk | None:
        """Return the talk that a row tells of, by the called leg's own row where there is one."""
        if not (row.answered and row.peer and (self._ways.is_queue(row) or self._ways.is_dial(row))):
            return None
        if self._is_own_voice(row, rows):
            return None
        leg = _leg_of(row, rows)
        if leg is not None and leg.answer is not None:
            return _Talk(
                row, max(leg.answer, row.start), min(leg.end, row.end), min(leg.billsec, row.billsec), exact=True
            )
        if row.answer is None or row.billsec == 0:
            return None if row.answer is None else _Talk(row, row.answer, row.end, row.billsec, exact=True)
        was_up = row.answer <= row.start
        return _Talk(row, row.answer, row.end, row.billsec, exact=not was_up)

    @staticmethod
    def _is_own_voice(row: Row, rows: Sequence[Row]) -> bool:
        leg = _leg_of(row, rows)
        return row.app.lower() in apps.OWN_VOICE or (leg is not None and leg.app.lower() in apps.VOICEMAIL)

    def _count(self, talks: Sequence[_Talk], amd: str | None) -> None:
        self._seen.answered += bool(talks)
        self._seen.with_ringing += any(not talk.exact for talk in talks)
        self._seen.detects_machines |= amd in {"human", "machine", "fax"}

    def _rep(self, channel: str) -> str | None:
        return self._directions.rep(names.channel(channel), channel.partition("-")[0])

    def _rep_at(self, row: Row) -> str | None:
        if names.channel(row.channel).is_called_half and self._directions.side_of_number(row.src) == "inside":
            return self._directions.rep(names.interface(row.src))
        return self._rep(row.channel)

    def _rep_reached(self, talks: Sequence[_Talk]) -> str | None:
        return self._rep(talks[0].row.peer) if talks else None

    def _ended(self, call: _Call, *, talks: Sequence[_Talk], placed_at: int, **fields: Any) -> dict[str, Any]:
        rows = call.rows
        end = max(row.end for row in rows)
        end = end if call.until is None else min(end, call.until)
        answered = talks[0].begin if talks else None
        account = next((row.account for row in rows if row.account), "")
        rep = fields["rep"]
        queue = fields["queue"] or ""
        return event(
            "call.ended",
            whole_second(end, not_before=max(answered or 0, placed_at)),
            SOURCE,
            call.name,
            call=call.call,
            placed_at=placed_at,
            answered_at=answered,
            talk_s=sum(talk.seconds for talk in talks),
            ring_s=((answered or end) - placed_at) / 1000 if fields["direction"] == "outbound" else None,
            campaign=self._directions.campaign(
                account="" if account in {rep, names.channel(rows[0].channel).peer} else account,
                queue=queue,
                context=rows[0].context,
            ),
            **fields,
        )


def _leg_of(row: Row, rows: Sequence[Row]) -> Row | None:
    """Return the row of the other half of the Local channel that `row` rang."""
    if not row.peer.endswith(";1"):
        return None
    other = row.peer.removesuffix("1") + "2"
    return next((leg for leg in rows if leg.channel == other), None)


def _stays(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the queues that a call passed, one after the other, with the rows of each stay."""
    stays: list[tuple[str, list[Row]]] = []
    for row in rows:
        queue = apps.queue_and_patience(row.data)[0]
        if not stays or stays[-1][0] != queue:
            stays.append((queue, []))
        stays[-1][1].append(row)
    return stays


def _apart(talks: Iterator[_Talk]) -> list[_Talk]:
    """Return the talks in their order, without those that only tell again of one before."""
    apart: list[_Talk] = []
    for talk in sorted(talks, key=lambda one: (one.begin, not one.exact, -one.seconds)):
        if not apart or talk.begin >= apart[-1].end - 1000:
            apart.append(talk)
    return apart
