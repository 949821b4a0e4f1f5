"""An inbound call from its channel events: where the caller waited, who answered, how long they talked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stream.sources.asterisk.bridges import total
from stream.sources.asterisk.cdr_ways import WITHHELD
from stream.sources.asterisk.cel_failures import cause_of
from stream.sources.asterisk.cel_stays import Stay, stays_of
from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.sources.asterisk.bridges import Met
    from stream.sources.asterisk.cel_call import Call

# Who hangs up while it rings is gone at once; with whom the dial plan goes on is there for longer.
_GOES_ON_MS: Final = 500


def inbound(call: Call) -> Iterator[dict[str, Any]]:
    """Yield the stays of a caller in queues, and the call, whole."""
    happened, entry = call.happened, call.way.entry
    talks = call.talks(call.way.who)
    stays = list(stays_of(happened, 0, call.heard)) or list(_for_a_queue(call, talks))
    for place, stay in enumerate(stays):
        yield from call.stay(stay, place)
    answered = talks[0].begin if talks else None
    counts = next((stay for stay in stays if stay.outcome == "answered"), stays[-1] if stays else None)
    waited = counts.wait_s if counts is not None else ((answered or happened.end) - entry.born.at) / 1000
    context = happened.rings[0].row.context if happened.rings else entry.context
    voicemail = any(one.apps & apps.VOICEMAIL for one in happened.channels.values())
    yield call.ended(
        happened.end,
        len(happened.rows),
        call_id=call.id,
        context=context,
        direction="inbound",
        placed_at=entry.born.at,
        answered_at=answered,
        number=entry.caller or WITHHELD,
        rep=call.first_rep(talks),
        queue=counts.queue if counts is not None else None,
        queued_as=counts.queued_as if counts is not None and counts.queued_as != call.id else None,
        talk_s=total(talks),
        wait_s=waited,
        disposition=None if talks else "voicemail" if voicemail else "abandoned",
        hangup_cause=cause_of(entry),
    )


def _for_a_queue(call: Call, talks: list[Met]) -> Iterator[Stay]:
    """Yield the stay in what stands for a queue, where a setting says so: a ring group, direct number or context."""
    happened, entry = call.happened, call.way.entry
    ring = next((ring for ring in happened.rings if not ring.is_queue), None)
    row = ring.row if ring is not None else entry.born
    queue = call.ways.directions.ring_group(row.exten, entry.born.exten, row.context, entry.born.context)
    if queue is None:
        return
    if talks:
        yield Stay(queue, 1, call.id, row.at, max(row.at, talks[0].begin), "answered")
        return
    end = entry.ended if entry.ended is not None else happened.end
    last = max((one.end for one in happened.rings if one.end is not None), default=end)
    yield Stay(queue, 1, call.id, row.at, last, "timeout" if last < end - _GOES_ON_MS else "abandoned")
