"""An outbound call from its channel events: the attempts of a telephone, or one that a dialler placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.sources.asterisk.bridges import total
from stream.sources.asterisk.cdr_ways import WITHHELD
from stream.sources.asterisk.cel_attempts import Attempt, attempts_of
from stream.sources.asterisk.cel_failures import cause_of, failed_cause, failure
from stream.sources.asterisk.cel_stays import stays_of
from stream.sources.dial_plan import apps
from stream.sources.dial_plan.ways import Dialled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.asterisk.bridges import Met
    from stream.sources.asterisk.cel_call import Call
    from stream.sources.asterisk.cel_channels import Channel, Ring
    from stream.sources.seen import Seen


def outbound(call: Call, seen: Seen) -> Iterator[dict[str, Any]]:
    """Yield the attempts of an outbound call, each whole; and the stays in queues that it was handed on into."""
    attempts = _attempts(call)
    begun: int | None = None
    for place, attempt in enumerate(attempts):
        talks = _talks(call, attempt)
        if talks and begun is None:
            begun = talks[0].begin
        yield _attempt(call, attempt, talks, seen, place, is_last=place == len(attempts) - 1)
    if begun is not None:
        # Whoever stands in a queue before anybody talked was put there by a dialler: they wait for a rep, as placed.
        for place, stay in enumerate(stays_of(call.happened, begun, call.heard)):
            yield from call.stay(stay, place)


def _attempts(call: Call) -> list[Attempt]:
    way = call.way
    if not way.rings:
        return [Attempt([], None, reached=[way.entry])]
    return attempts_of(
        way.rings, call.parties, lambda ring: _number(call, ring), lambda attempt: bool(_talks(call, attempt))
    )


def _talks(call: Call, attempt: Attempt) -> list[Met]:
    who = [one.name for one in attempt.reached if not _is_own_voice(call, one)]
    return [met for met in call.talks(who) if attempt.holds(met.begin)]


def _attempt(
    call: Call, attempt: Attempt, talks: list[Met], seen: Seen, place: int, *, is_last: bool
) -> dict[str, Any]:
    rows = [row for row in call.happened.rows if attempt.holds(row.at)]
    entry, telephone = call.way.entry, call.way.telephone
    first = attempt.rings[0].row if attempt.rings else None
    runner = call.happened.channels[first.channel] if first is not None else entry
    placed = first.at if first is not None else entry.born.at
    line = next((one for one in attempt.reached if one.answered is not None and attempt.holds(one.answered)), None)
    amd = next((said for at, said in reversed(call.happened.amd) if attempt.holds(at)), None)
    seen.answered += bool(talks)
    seen.detects_machines |= amd in {"human", "machine", "fax"}
    answered = talks[0].begin if talks else None
    own_voice = any(_is_own_voice(call, one) for one in attempt.reached)
    if not talks and telephone is None and line is not None and not own_voice:
        # They, or a machine, answered a dialler that put them through to nobody.
        answered = line.answered
    disposition = "voicemail" if own_voice and not talks else None
    if answered is None and disposition is None:
        rung = [one for ring in attempt.rings for one in _all_made(call, ring)] or attempt.reached
        disposition = failure(runner, rung, is_last=is_last)
    return call.ended(
        rows[-1].at,
        len(rows),
        call_id=f"{call.id}/{place + 1}" if place else call.id,
        context=first.context if first is not None else entry.context,
        direction="outbound",
        placed_at=placed,
        answered_at=answered,
        number=attempt.number or WITHHELD,
        rep=call.first_rep(talks) if telephone is None else call.parties.rep(telephone.name),
        talk_s=total(talks),
        ring_s=max(0, _rang_until(call, attempt, talks, line) - placed) / 1000,
        amd=amd,
        disposition=disposition,
        hangup_cause=cause_of(line or runner) if talks else failed_cause(runner, attempt.rings),
    )


def _rang_until(call: Call, attempt: Attempt, talks: list[Met], line: Channel | None) -> int:
    """Return when it rang no more: what a dialler has rung was answered before a rep was there."""
    if line is not None and line.answered is not None and call.way.telephone is None:
        return line.answered
    if talks:
        return talks[0].begin
    ends = [ring.end for ring in attempt.rings if ring.end is not None]
    return ends[-1] if ends else call.happened.end


def _number(call: Call, ring: Ring) -> str | None:
    """Return the number that was dialled: by who began, or by what that rang in its turn."""
    row = ring.row
    called = next((call.parties.party(one) for one in ring.made), None)
    dialled = Dialled(call.parties.party(call.happened.channels[row.channel]), row.context, row.exten, row.data)
    found = call.ways.number(dialled if called is None else dialled._replace(called=called))
    if found is not None:
        return found
    for one in ring.made:
        far = call.happened.other_half(one)
        for further in far.rings if far is not None else ():
            if (found := _number(call, further)) is not None:
                return found
    return None


def _all_made(call: Call, ring: Ring) -> Iterator[Channel]:
    for one in ring.made:
        far = call.happened.other_half(one)
        if far is None or not far.rings:
            yield one
        else:
            for further in far.rings:
                yield from _all_made(call, further)


def _is_own_voice(call: Call, channel: Channel) -> bool:
    """Return whether what was rung is the telephone system's own voice: the Local channel's other end runs it."""
    far = call.happened.other_half(channel)
    return far is not None and not far.rings and bool(far.apps & apps.VOICEMAIL)
