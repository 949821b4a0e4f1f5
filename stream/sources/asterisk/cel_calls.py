"""What the channel events of one call say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk.bridges import talk_of
from stream.sources.asterisk.cdr_ways import WITHHELD
from stream.sources.asterisk.cel_happened import Happened
from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import apps, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.asterisk.cel_happened import Ring
    from stream.sources.asterisk.cel_rows import Row
    from stream.sources.dial_plan.directions import Directions, Side, Way
    from stream.sources.seen import Seen

SOURCE: Final = "asterisk-cel"
_DISPOSITIONS: Final = {
    "BUSY": "busy", "CONGESTION": "failed", "CHANUNAVAIL": "failed", "NOANSWER": "no_answer", "CANCEL": "no_answer",
}  # fmt: skip
_BUSY_CAUSES: Final = frozenset({17})
_NO_ANSWER_CAUSES: Final = frozenset({0, 16, 18, 19, 26, 127})


class Calls:
    """Yields calls from their events, by what the floor has configured."""

    def __init__(self, directions: Directions, seen: Seen) -> None:
        self._directions = directions
        self._seen = seen

    def events(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what `rows`, those of one call in the order of their times, come to."""
        call = Happened(rows)
        first = next(((ring, way) for ring in call.rings if (way := self._way(call, ring)) is not None), None)
        entry = rows[0]
        if first is not None and first[1] == "outbound":
            for place, attempt in enumerate(self._attempts(call)):
                ring = first[0] if place == 0 else attempt.rings[0]
                yield from self._outbound(attempt, ring, f"{entry.linked}/{place + 1}" if place else entry.linked)
        elif first is not None or self._enters(call, entry):
            yield from self._inbound(call, entry)
        else:
            inside = call.rings and self._side(call, call.rings[0].row.channel) == "inside"
            self._seen.undirected((call.rings[0].row if call.rings else entry).context, inside=bool(inside))

    # which way

    def _way(self, call: Happened, ring: Ring) -> Way | None:
        row = ring.row
        if row.app.lower() == apps.QUEUE:
            return self._directions.way_of_queue(apps.queue_and_patience(row.data)[0])
        way = self._directions.way_of_context(row.context)
        if way is not None:
            return way
        caller = self._side(call, row.channel)
        if caller == "inside":
            return "outbound" if self._number(ring) is not None else None
        return "inbound" if caller == "outside" and not names.channel(row.channel).is_called_half else None

    def _enters(self, call: Happened, row: Row) -> bool:
        """Return whether a call that rang nobody came from outside."""
        if self._directions.way_of_context(row.context) == "inbound":
            return True
        return not names.channel(row.channel).is_local and self._side(call, row.channel) == "outside"

    def _side(self, call: Happened, channel: str) -> Side | None:
        name = names.channel(channel)
        if name.is_called_half:
            return self._directions.side_of_number(call.callers.get(channel, ""))
        return self._directions.side(channel, number=call.callers.get(channel, ""))

    def _number(self, ring: Ring) -> str | None:
        """Return the number of the outside that was dialled."""
        dialled = names.interface(apps.dialled(ring.row.data))
        last = apps.dialled(ring.row.data).rpartition("/")[2].partition("@")[0]
        return next(
            (one for one in (ring.row.exten, dialled.peer, last) if self._directions.side_of_number(one) == "outside"),
            None,
        )

    # outbound

    def _attempts(self, call: Happened) -> list[Happened]:
        """
        Return the attempts that one telephone made without hanging up, each with its own events: mostly it is one.

        Another begins where the one before is over, and was answered or went to another number: else it is a redial.
        """
        begins: list[Ring] = []
        end: int | None = 0
        for ring in call.rings:
            if ring.row.app.lower() == apps.QUEUE or self._way(call, ring) != "outbound":
                continue
            before = begins[-1] if begins else None
            over = end is not None and ring.row.at >= end
            if before is None or (over and (self._talked(call, before, ring) or not self._same(before, ring))):
                begins.append(ring)
            end = None if ring.end is None or end is None else max(end, ring.end)
        cuts = [ring.row.at for ring in begins[1:]]
        parts = [call] if not cuts else []
        for since, until in pairwise([0, *cuts, None]) if cuts else ():
            parts.append(
                Happened([row for row in call.rows if (since or 0) <= row.at and (until is None or row.at < until)])
            )
        return parts

    def _same(self, one: Ring, other: Ring) -> bool:
        return apps.same_number(self._number(one) or one.row.exten, self._number(other) or other.row.exten)

    @staticmethod
    def _talked(call: Happened, ring: Ring, until: Ring) -> bool:
        spans = call.bridges.spans
        return any(ring.row.channel in span.channels and ring.row.at <= span.begin < until.row.at for span in spans)

    def _outbound(self, call: Happened, ring: Ring, id_: str) -> Iterator[dict[str, Any]]:
        row = ring.row
        channel = row.channel
        dialler = row.app.lower() == apps.QUEUE
        reached = call.partner(channel)
        prospect = channel if dialler else reached
        own_voice = reached is not None and not dialler and call.ends_in_voicemail(reached)

        def outside(one: str) -> bool:
            if one in {channel, prospect}:
                return one == prospect
            return self._side(call, one) == "outside"

        talks = [] if own_voice or prospect is None else talk_of(call.bridges.spans, outside)
        end = call.rows[-1].at
        answered = talks[0][0] if talks else None
        rep = self._rep(reached) if dialler else self._rep(channel)
        number = call.callers.get(channel) if dialler else self._number(ring) or row.exten
        self._seen.answered += bool(talks)
        self._seen.detects_machines |= call.amd in {"human", "machine", "fax"}
        yield self._ended(
            call,
            end,
            call_id=id_,
            direction="outbound",
            placed_at=row.at,
            answered_at=answered,
            number=number or WITHHELD,
            rep=rep,
            talk_s=_seconds(talks),
            ring_s=((answered or ring.end or end) - row.at) / 1000,
            amd=call.amd,
            disposition=None if talks else "voicemail" if own_voice else self._failure(call, channel),
            hangup_cause=self._cause(call, reached or channel) if talks else self._failed_cause(call, channel),
        )

    @staticmethod
    def _failure(call: Happened, channel: str) -> str:
        """Return why nobody was reached: by the status of the last dial, or by the causes of what was rung."""
        status = str(call.hangups.get(channel, {}).get("dialstatus", "")).upper()
        if status in _DISPOSITIONS:
            return _DISPOSITIONS[status]
        causes = {fields.get("hangupcause") for one, fields in call.hangups.items() if one in call.called}
        if causes & _BUSY_CAUSES:
            return "busy"
        return "no_answer" if not causes or causes & _NO_ANSWER_CAUSES else "failed"

    def _failed_cause(self, call: Happened, channel: str) -> str | None:
        """Return the cause that what was rung ended with, if it says one."""
        causes = (self._cause(call, one) for one in call.hangups if one != channel)
        return next((cause for cause in causes if cause is not None), None) or self._cause(call, channel)

    @staticmethod
    def _cause(call: Happened, channel: str) -> str | None:
        cause = call.hangups.get(channel, {}).get("hangupcause")
        return str(cause) if isinstance(cause, int) and cause else None

    # inbound

    def _inbound(self, call: Happened, entry: Row) -> Iterator[dict[str, Any]]:
        queues = [ring for ring in call.rings if ring.row.app.lower() == apps.QUEUE]
        ring = queues[0] if queues else call.rings[0] if call.rings else None
        channel = ring.row.channel if ring else entry.channel
        name = self._name(call)
        talks: list[tuple[int, int]] = []
        last: tuple[str, int] | None = None
        for place, stay in enumerate(queues):
            queue, patience = apps.queue_and_patience(stay.row.data)
            again = sum(queue == apps.queue_and_patience(one.row.data)[0] for one in queues[:place])
            known = f"{entry.linked}/{again + 1}" if again else entry.linked
            left = stay.end if stay.end is not None else call.rows[-1].at
            mine = [talk for talk in self._talks(call, channel) if stay.row.at <= talk[0] <= left]
            if mine:
                left, talks = mine[0][0], self._talks(call, channel)
            outcome = "answered" if mine else self._unanswered(call, stay, patience, left - stay.row.at)
            joined, wait = stay.row.at, (left - stay.row.at) / 1000
            yield event("queue.joined", joined, SOURCE, f"{name}:{place}", call=known, queue=queue)
            yield event(
                "queue.left", left, SOURCE, f"{name}:{place}", call=known, queue=queue, outcome=outcome, wait_s=wait
            )
            if mine or not talks:
                last = queue, left - joined
        if not queues:
            talks = self._talks(call, channel)
        reached = call.partner(channel) if talks else None
        voicemail = any(one & apps.VOICEMAIL for one in call.apps_of.values())
        yield self._ended(
            call,
            call.rows[-1].at,
            call_id=entry.linked,
            direction="inbound",
            placed_at=entry.at,
            answered_at=talks[0][0] if talks else None,
            number=call.callers.get(channel) or WITHHELD,
            rep=self._rep(reached),
            queue=last[0] if last else None,
            talk_s=_seconds(talks),
            wait_s=last[1] / 1000 if last else None,
            disposition=None if talks else "voicemail" if voicemail else "abandoned",
            hangup_cause=self._cause(call, channel),
        )

    @staticmethod
    def _talks(call: Happened, channel: str) -> list[tuple[int, int]]:
        """Return when the caller was joined with anybody but the system's own voice."""
        spans = [
            span
            for span in call.bridges.spans
            if not any(call.ends_in_voicemail(one) for one in span.channels - {channel})
        ]
        return talk_of(spans, channel.__eq__)

    @staticmethod
    def _unanswered(call: Happened, stay: Ring, patience: int | None, waited: int) -> str:
        """Return how a caller left a queue unanswered: the dial plan went on without them, or they hung up."""
        if patience is not None and waited >= 1000 * patience:
            return "timeout"
        end = stay.end or 0
        goes_on = any(
            row.kind in {"APP_START", "ANSWER"} and row.channel == stay.row.channel and row.at > end > 0
            for row in call.rows
        )
        source = call.hangups.get(stay.row.channel, {}).get("hangupsource")
        return "timeout" if goes_on or source == "dialplan/builtin" else "abandoned"

    # both

    def _rep(self, channel: str | None) -> str | None:
        if channel is None:
            return None
        return self._directions.rep(names.channel(channel), channel.partition("-")[0])

    @staticmethod
    def _name(call: Happened) -> str:
        last = call.rows[-1]
        return f"{last.linked}:{last.at}:{len(call.rows):05}"

    def _ended(self, call: Happened, end: int, *, call_id: str, **fields: Any) -> dict[str, Any]:
        account = next((row.account for row in call.rows if row.account), "")
        ring = call.rings[0].row if call.rings else call.rows[0]
        own = {fields["rep"], names.channel(ring.channel).peer}
        return event(
            "call.ended",
            whole_second(end, not_before=max(fields["answered_at"] or 0, fields["placed_at"])),
            SOURCE,
            self._name(call),
            call=call_id,
            campaign=self._directions.campaign(
                account="" if account in own else account, queue=fields.get("queue") or "", context=ring.context
            ),
            **fields,
        )


def _seconds(talks: Sequence[tuple[int, int]]) -> float:
    return sum(end - begin for begin, end in talks) / 1000
