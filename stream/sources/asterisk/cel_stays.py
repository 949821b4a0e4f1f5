"""The stays in queues that the channel events of a call show: from when, until when, and how each ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.sources.asterisk.ids import nth
from stream.sources.dial_plan import apps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.sources.asterisk.bridges import Met
    from stream.sources.asterisk.cel_channels import Channel, Ring
    from stream.sources.asterisk.cel_happened import Happened

# A caller who hangs up in a queue is gone at once; with whom the dial plan goes on is there for longer.
_AT_ONCE_MS: Final = 200


class Stay(NamedTuple):
    """
    A stay in a queue, in ms; `number` tells this one from others of the call in the same queue, from 1.

    `queued_as` is what every format knows of it: the channel that waits.
    """

    queue: str
    number: int
    queued_as: str
    joined: int
    left: int
    outcome: str

    @property
    def wait_s(self) -> float:
        """How long it lasted, in seconds."""
        return (self.left - self.joined) / 1000


def stays_of(call: Happened, since: int, heard: Callable[[str], list[Met]]) -> Iterator[Stay]:
    """Yield the stays that began at `since` or later, in their order; `heard` says whom a channel heard, and when."""
    seen: Counter[tuple[str, ...]] = Counter()
    for ring in call.rings:
        if not ring.is_queue or ring.row.at < since:
            continue
        queue, patience = apps.queue_and_patience(ring.row.data)
        channel = ring.row.unique
        seen.update([(queue,), (queue, channel)])
        number, queued_as = seen[queue,], nth(channel, seen[queue, channel])
        joined = ring.row.at
        end = ring.end if ring.end is not None else call.end
        answered = next((met.begin for met in heard(ring.row.channel) if joined <= met.begin <= end), None)
        if answered is not None:
            yield Stay(queue, number, queued_as, joined, answered, "answered")
        else:
            outcome = _unanswered(call, call.channels[ring.row.channel], ring, patience)
            yield Stay(queue, number, queued_as, joined, end, outcome)


def _unanswered(call: Happened, channel: Channel, ring: Ring, patience: int | None) -> str:
    """Return how a caller left a queue unanswered: the dial plan went on without them, or they hung up."""
    end = ring.end
    if end is None:
        return "abandoned"
    if patience is not None and end - ring.row.at >= 1000 * patience:
        return "timeout"
    gone = channel.ended if channel.ended is not None else call.end
    goes_on = gone - end > _AT_ONCE_MS or any(
        row.kind in {"APP_START", "ANSWER"} and row.channel == channel.name and row.at > end for row in call.rows
    )
    return "timeout" if goes_on or channel.hangup.get("hangupsource") == "dialplan/builtin" else "abandoned"
