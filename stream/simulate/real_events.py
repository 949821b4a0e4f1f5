"""Whether a floor has real events, so that simulated ones do not come among them unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from stream.errors import RingboardError
from stream.events.types import SIMULATED
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.inspecting import described, spans_of
from stream.kafka.rights import Right
from stream.kafka.scan_topics import scanning
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.kafka.connection import Connection
    from stream.kafka.scan_topics import Place
    from stream.settings.model import Settings

_LATEST: Final = 200
"""Records at the end of each partition, which are looked at first: a floor in use shows itself there."""


class _Source(msgspec.Struct):
    id: str
    type: str
    source: str | None = None


_read = msgspec.json.Decoder(_Source).decode


async def need_none(settings: Settings) -> None:
    """
    Raise RingboardError where an event on the floor's topics was not simulated.

    All of them are read, the latest first, until one is real.
    """
    names, connection = topics(settings), connection_of(settings)
    wanted = [one.name for one in (names.events, names.floor, names.spend, *names.histories.values())]
    there = await described(connection, wanted, ())
    if not there:
        return
    await need_rights(connection, [Right("Read", "topic", name) for name in there], list(there))
    spans = await spans_of(connection, [(name, number) for name in there for number in range(there[name][0])])
    places = {place: span for place, span in spans.items() if span[1] > span[0]}
    if not places:
        return
    latest = {place: max(begin, end - _LATEST) for place, (begin, end) in places.items()}
    if await _any_is_real(connection, latest) or await _any_is_real(connection, dict.fromkeys(places, 0)):
        raise RingboardError(
            "this floor has real events, and simulated ones would count among them; simulate on a floor of its own "
            "(RINGBOARD_APP_ID=trial, for its worker too), or mix them with --beside-real-events"
        )


async def _any_is_real(connection: Connection, since: Mapping[Place, int]) -> bool:
    async with scanning(connection, since, since=since) as scan:
        while not scan.done:
            records, _ = await scan.next()
            if any(is_real(record.value) for record in records):
                return True
    return False


def is_real(value: bytes | None) -> bool:
    """Return whether a record is an event that was not simulated; what is no event is not."""
    try:
        return _read(value or b"").source != SIMULATED
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
