"""What the rows of one call say together: which way it went, who was reached, how long they talked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.sources.asterisk.cdr_parties import Parties
from stream.sources.asterisk.cdr_queues import Stay, group_stay, queued_as, stays_of
from stream.sources.asterisk.cdr_shown import Shown
from stream.sources.asterisk.cdr_talks import Joined, apart, ends_in_dialling
from stream.sources.asterisk.cdr_ways import WITHHELD, RowWays, placed_by_system
from stream.sources.asterisk.ids import birth, nth
from stream.sources.canonical import event, whole_second
from stream.sources.dial_plan import apps, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.asterisk.cdr_talks import Talk
    from stream.sources.dial_plan.directions import Directions
    from stream.sources.dial_plan.ways import Direction
    from stream.sources.seen import Seen

SOURCE: Final = "asterisk-cdr"
_FAILURES: Final = {"BUSY": "busy", "FAILED": "failed", "CONGESTION": "failed"}
_OWN_PART: Final = re.compile(r"-([0-9a-fA-F]{8}(?:;[12])?)$")
_CALLER_ID: Final = re.compile(r"<([^<>]*)>")
_NEXT_MS: Final = 1000  # a transfer's row begins when the one before ends


class _Call(NamedTuple):
    """The rows of one call in their order, the one it left or entered by, and what the ids of its events begin with."""

    call: str
    name: str
    entry: Row
    rows: Sequence[Row]
    placed: bool
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
    """Yields calls from their rows, by what the floor has configured, and what the rows have shown of its peers."""

    def __init__(self, directions: Directions, seen: Seen) -> None:
        self._directions = directions
        self._ways = RowWays(directions)
        self._shown = Shown(self._ways)
        self._parties = Parties(self._ways, self._shown)
        self._seen = seen

    def learn(self, row: Row) -> None:
        """Take what a row shows of peers, queues and conferences, as soon as it is read."""
        self._ways.learn(row)
        self._shown.learn(row)

    def events(self, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
        """Yield what `rows`, those of one call in their order, come to."""
        self._ways.begin()
        call = call_of(rows)
        placed = placed_by_system(rows, call)
        first = next(((row, way) for row in rows if (way := self._way(row, placed=placed)) is not None), None)
        if first is None:
            if self._shown.is_of_a_rep(rows):
                self._seen.unused["rep waiting in a conference"] += 1
                return
            inside = any(self._ways.caller_side(row) == "inside" for row in rows)
            row = next((row for row in rows if self._ways.is_dial(row)), rows[0])
            self._seen.undirected(rows[0].context, inside=inside, sign=self._ways.look_of(row))
            return
        entry, way = first
        # The same call, read again from a longer file, replaces what was read before.
        joined = _Call(call, f"{call}:{max(row.end for row in rows)}:{len(rows):04}", entry, rows, placed)
        if way == "inbound":
            self._shown.learn_way_out([row for row in rows if row.channel == entry.channel])
            yield from self._inbound(joined)
        else:
            for attempt in self._attempts(joined):
                yield from self._outbound(attempt)

    def explained(self, rows: Sequence[Row]) -> Iterator[str]:
        """Yield in words what spoke for which way the call of `rows` went, row by row."""
        self._ways.begin()
        placed = placed_by_system(rows, call_of(rows))
        for row in rows:
            verdict = self._ways.way(row, placed=placed)
            counts = self._way(row, placed=placed)
            yield f"line {row.line}: {verdict.says or 'unknown'}" + ("" if counts else ", which decides nothing here")
            yield from (f"  {line}" for line in verdict.lines())

    def _way(self, row: Row, *, placed: bool) -> Direction | None:
        """Return which way this row says that the call went, where it may say so: None for one between telephones."""
        if not self._ways.speaks(row):
            return None
        says = self._ways.way(row, placed=placed).says
        if says == "outbound":
            # Without an application a row tells of a transfer, which joins two who are there already.
            return says if (self._ways.is_dial(row) and row.app) or self._ways.is_queue(row) else None
        return says if says == "inbound" else None

    # outbound

    def _dials(self, call: _Call) -> list[Row]:
        """Return the rows that dialled the party outside, or the one that the call left by."""
        dials: list[Row] = []
        for row in call.rows:
            if self._ways.is_queue(row) or self._way(row, placed=call.placed) != "outbound":
                continue
            if not any(row.channel == dial.peer or _goes_on(dial, row) for dial in dials):
                dials.append(row)
        return dials or [call.entry]

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
            answered = answered or (row.answered and bool(row.peer) and not self._parties.is_own_voice(row, call.rows))
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
            name = f"{id_}:{max(row.end for row in rows)}:{len(rows):04}"
            attempts.append(_Call(id_, name, entry, rows, call.placed, until))
        return attempts

    def _outbound(self, call: _Call) -> Iterator[dict[str, Any]]:
        entry, rows = call.entry, call.rows
        dials = self._dials(call)
        dialler = self._ways.is_queue(entry) or (call.placed and self._parties.is_dialled_first(entry))
        joined = Joined(rows, self._parties.called_themselves(rows, placed=call.placed))
        talks = apart(self._parties.talks_outbound(call.entry, dials, rows, joined))
        conference = None if talks else self._parties.conference(rows)
        if conference is not None:
            talks = [conference]
        amd = next((amd for row in rows if (amd := apps.amd_of(row.userfield)) is not None), None)
        voicemail = not talks and any(self._parties.is_own_mailbox(row, rows) and row.answered for row in dials)
        failure = "voicemail" if voicemail else _FAILURES.get(dials[-1].disposition, "no_answer")
        answered = talks[0].begin if talks else self._picked_up(dials) if dialler or amd in {"machine", "fax"} else None
        self._seen.answered += answered is not None
        self._seen.with_ringing += any(not talk.exact for talk in talks)
        self._seen.with_hold += ends_in_dialling(talks, rows)
        rep = self._parties.reached(talks) if dialler else self._parties.rep_at(entry, rows)
        self._seen.reps_unknown += conference is not None and rep is None
        self._seen.detects_machines |= amd in {"human", "machine", "fax"}
        if call.placed or not self._ways.is_queue(entry):
            yield from self._queue_events(call, stays_of(rows, joined, self._ways, self._shown))
        yield self._ended(
            call,
            direction="outbound",
            placed_at=entry.start,
            number=self._parties.number(entry, dials),
            rep=rep,
            answered_at=answered,
            talk_s=sum(talk.seconds for talk in talks),
            queue=None,
            amd=amd,
            disposition=None if answered is not None else failure,
        )

    def _picked_up(self, dials: Sequence[Row]) -> int | None:
        """Return when a prospect answered whom a dialler put through to nobody: a queue holds who has picked up."""
        answers = [
            row.answer
            for row in dials
            if row.answer is not None
            and (row.answered or self._ways.is_queue(row))
            and not self._parties.is_own_voice(row, dials)
        ]
        return min(answers, default=None)

    # inbound

    def _inbound(self, call: _Call) -> Iterator[dict[str, Any]]:
        entry, rows = call.entry, call.rows
        joined = Joined(rows)
        talks = apart(self._parties.talks_inbound(entry, joined))
        stays = stays_of(rows, joined, self._ways, self._shown) or self._stays_elsewhere(call, talks)
        self._seen.leaving_unknown += any(stay.outcome == "abandoned" and stay.waited is None for stay in stays)
        yield from self._queue_events(call, stays)
        # The one that counts for the call: the first that was served, else the last.
        counts = next((stay for stay in stays if stay.outcome == "answered"), stays[-1] if stays else None)
        waits = queued_as(counts, stays, call.call) if counts else None
        voicemail = any(row.app in apps.VOICEMAIL and row.answered for row in rows)
        busy = any(row.disposition == "BUSY" for row in rows)
        known = all(talk.exact for talk in talks)
        self._seen.waits_unknown += not known
        self._seen.with_hold += known and ends_in_dialling(talks, rows)
        yield self._ended(
            call,
            direction="inbound",
            placed_at=entry.start,
            number=self._caller(entry),
            rep=self._parties.reached(talks),
            answered_at=talks[0].begin if talks else None,
            talk_s=sum(talk.seconds for talk in talks) if known else None,
            queue=counts.queue if counts else None,
            queued_as=waits if waits != call.call else None,
            amd=None,
            disposition=None if talks else "voicemail" if voicemail else "busy" if busy and not stays else "abandoned",
            wait_s=counts.waited / 1000 if counts and counts.waited is not None else None,
        )

    def _stays_elsewhere(self, call: _Call, talks: Sequence[Talk]) -> list[Stay]:
        """Return the stay in what stands for a queue by the settings, or in a queue that no row names."""
        entry = call.entry
        own = [row for row in call.rows if row.channel == entry.channel]
        group = self._directions.ring_group(*(text for row in own for text in (row.did, row.dst, row.context) if text))
        if group is not None:
            stay = group_stay(group, entry, call.rows, talks, self._ways)
            return [] if stay is None else [stay]
        passed = self._shown.passed(own)
        if passed is None:
            return []
        self._seen.queues_passed += 1
        left = entry.start + passed.patience
        return [Stay(passed.queue, entry.unique, own, entry.start, left, "timeout", passed.patience)]

    def _caller(self, row: Row) -> str:
        shown = _CALLER_ID.search(row.clid)
        return row.src or (shown[1] if shown else "") or WITHHELD

    def _queue_events(self, call: _Call, stays: Sequence[Stay]) -> Iterator[dict[str, Any]]:
        for place, stay in enumerate(stays):
            again = sum(stay.queue == earlier.queue for earlier in stays[:place])
            part, id_ = f"{call.name}:{place}", nth(call.call, again + 1)
            waits = queued_as(stay, stays, call.call)
            known = {"call": id_, "queue": stay.queue, "queued_as": waits if waits != id_ else None}
            yield event("queue.joined", stay.joined, SOURCE, part, **known)
            yield event(
                "queue.left",
                stay.left,
                SOURCE,
                part,
                **known,
                outcome=stay.outcome,
                wait_s=None if stay.waited is None else stay.waited / 1000,
            )

    # both

    def _ended(
        self, call: _Call, *, placed_at: int, answered_at: int | None, rep: str | None, **fields: Any
    ) -> dict[str, Any]:
        rows, outbound = call.rows, fields["direction"] == "outbound"
        end = max(row.end for row in rows)
        end = end if call.until is None else min(end, call.until)
        own = {rep, names.channel(call.entry.channel).peer}
        named = rows if outbound else [row for row in rows if row.channel == call.entry.channel]
        accounts = [row.account for row in (call.entry, *named) if row.account and row.account not in own]
        return event(
            "call.ended",
            whole_second(end, not_before=max(answered_at or 0, placed_at)),
            SOURCE,
            call.name,
            call=call.call,
            placed_at=placed_at,
            answered_at=answered_at,
            rep=rep,
            ring_s=((answered_at or end) - placed_at) / 1000 if outbound else None,
            campaign=self._directions.campaign(
                account=next(iter(accounts), ""), queue=fields["queue"] or "", context=rows[0].context
            ),
            **fields,
        )


def _goes_on(dial: Row, row: Row) -> bool:
    """Return whether a row tells whom an answered dial was joined with next, by a transfer: under the same dial."""
    same = row.channel == dial.channel and row.data == dial.data and row.dst == dial.dst
    return same and dial.answered and row.start <= dial.end + _NEXT_MS
