"""The queues that a call of the detail records passed, or the ring group that stands for one: how each stay ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from stream.sources.asterisk.ids import nth
from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.asterisk.cdr_rows import Row
    from stream.sources.asterisk.cdr_shown import Shown
    from stream.sources.asterisk.cdr_talks import Joined, Talk
    from stream.sources.asterisk.cdr_ways import RowWays

Outcome = Literal["answered", "abandoned", "timeout"]


class Stay(NamedTuple):
    """
    A stay in `queue`, in ms; `waited` is None where the rows do not tell when the wait was over.

    `channel` is who waits, by its id; empty where the rows have none, and in what only stands for a queue.
    """

    queue: str
    channel: str
    rows: Sequence[Row]
    joined: int
    left: int
    outcome: Outcome
    waited: int | None


def stays_of(rows: Sequence[Row], joined: Joined, ways: RowWays, shown: Shown) -> list[Stay]:
    """Return the stays in queues that `rows`, those of one call, tell of, without those of a dialler's queue."""
    queues = [row for row in rows if ways.is_queue(row)]
    found: list[tuple[str, list[Row]]] = []
    for row in queues:
        queue = apps.queue_and_patience(row.data)[0]
        if ways.directions.is_outbound_queue(queue):
            continue
        same = found and found[-1][0] == queue and found[-1][1][-1].channel == row.channel
        # Whom an answered caller is joined with later is a transfer, and no other stay.
        if any(_continues(row, before) for _, earlier in found for before in earlier):
            continue
        if not same:
            found.append((queue, []))
        found[-1][1].append(row)
    return [_stay(queue, stay, rows, joined, shown) for queue, stay in found]


def queued_as(stay: Stay, stays: Sequence[Stay], call: str) -> str:
    """Return what every format knows of one of the `stays` of a call: the channel that waits."""
    earlier = [one for one in stays[: stays.index(stay)] if (one.queue, one.channel) == (stay.queue, stay.channel)]
    return nth(stay.channel or call, len(earlier) + 1)


def group_stay(queue: str, entry: Row, rows: Sequence[Row], talks: Sequence[Talk], ways: RowWays) -> Stay | None:
    """Return the stay in what stands for a queue; None where nobody was rung."""
    rung = [row for row in rows if row.channel == entry.channel and ways.is_dial(row)]
    if not rung:
        return None
    joined = entry.start
    if talks:
        first = talks[0]
        return Stay(queue, "", rung, joined, first.begin, "answered", first.begin - joined if first.exact else None)
    left = max(row.end for row in rung)
    return Stay(queue, "", rung, joined, left, "timeout" if _goes_on(rung, rows) else "abandoned", left - joined)


def _continues(row: Row, before: Row) -> bool:
    return row.channel == before.channel and row.data == before.data and bool(before.peer) and before.answered


def _stay(queue: str, stay: Sequence[Row], rows: Sequence[Row], joined: Joined, shown: Shown) -> Stay:
    begin, channel = stay[0].start, stay[0].unique
    talks = [talk for row in stay for talk in joined.talks(row.channel) if talk.row is row]
    if talks:
        first = min(talks, key=lambda talk: talk.begin)
        return Stay(queue, channel, stay, begin, first.begin, "answered", first.begin - begin if first.exact else None)
    if any(row.peer and row.answered and row.app == apps.QUEUE for row in stay):
        return Stay(queue, channel, stay, begin, begin, "answered", None)
    left = max(row.end for row in stay)
    after = [row.start for row in rows if row.channel == stay[-1].channel and row.start >= left and row not in stay]
    left = min(after, default=left)
    patience = apps.queue_and_patience(stay[0].data)[1]
    timeout = (patience is not None and left - begin >= 1000 * patience) or _goes_on(stay, rows)
    if timeout:
        return Stay(queue, channel, stay, begin, left, "timeout", left - begin)
    # After a ring that ended by itself a caller may have stayed on, which is in no row.
    last = max(stay, key=lambda row: row.end)
    known = bool(after) or not last.peer or not shown.rang_out(last)
    return Stay(queue, channel, stay, begin, left, "abandoned", left - begin if known else None)


def _goes_on(stay: Sequence[Row], rows: Sequence[Row]) -> bool:
    """Return whether the dial plan went on with a caller after a stay: they had not hung up."""
    channel, end = stay[-1].channel, max(row.end for row in stay)
    return any(
        row.channel == channel and row.start >= end and row not in stay and row.dst != "h" and row.answered
        for row in rows
    )
