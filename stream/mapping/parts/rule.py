"""A rule whose call is told in parts: which records are one, and what each tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.events.types import TIME_FIELDS
from stream.mapping.parts.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stream.mapping.lookup import Record, Text
    from stream.mapping.parts.whole import Putting
    from stream.mapping.values import Filled


class Part(NamedTuple):
    """One part of a call: when a record is one, and what it then tells."""

    name: str
    applies: Callable[[Record], bool]
    fields: tuple[Filled, ...]
    times: tuple[Filled, ...]
    id: Text | None


class PartsRule(NamedTuple):
    """
    Reads the parts of calls of `source` from records; `putting` puts the calls together.

    A call waits `patience_ms` for what it lacks. `call` is what the records of one call share, `order` says which of
    them is earlier.
    """

    source: str
    patience_ms: int
    applies: Callable[[Record], bool]
    call: Filled
    order: Filled | None
    parts: tuple[Part, ...]
    putting: Putting

    def told(self, record: Record) -> Iterator[Told]:
        """Yield what `record` tells of a call, nothing if it is no part of one; Refused where that cannot be read."""
        if not self.applies(record):
            return
        for part in self.parts:
            if part.applies(record):
                yield self._told(part, record)

    def _told(self, part: Part, record: Record) -> Told:
        call = self.call.read(record)
        if call is None:
            raise Refused(
                Reason.MISSING_FIELD, "call", f"call: {self.call.where} is empty or missing; each part names its call"
            )
        fields, times = _read(part.fields, record), _read(part.times, record)
        own = None
        if part.id is not None and (own := part.id.text(record)) is None:
            raise Refused(
                Reason.MISSING_FIELD, "id", f"id: empty or not there, and a part {part.name} is told apart by it"
            )
        if self.order is not None:
            order = self.order.read(record) or 0
        else:
            moments = [*times.values(), *(value for name, value in fields.items() if name in TIME_FIELDS)]
            order = max(moments, default=0)
        return Told(call, part.name, fields, times, own, order)


def _read(ways: tuple[Filled, ...], record: Record) -> dict[str, Any]:
    found = ((way.field.name, way.read(record)) for way in ways)
    return {name: value for name, value in found if value is not None}
