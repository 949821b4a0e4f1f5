"""Calls that a webhook of one's own tells in parts: what goes into the log of parts, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.events.call_parts import KEPT_MS
from stream.events.types import TIME_FIELDS
from stream.mapping.parts.calls import Calls
from stream.mapping.parts.told import Told  # noqa: TC001  msgspec reads the annotations
from stream.mapping.parts.whole import PARTY
from stream.sources.webhooks import Part

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from stream.events.call_parts import Events
    from stream.intake.admission import Admission
    from stream.intake.outbox import Intake
    from stream.mapping.parts.rule import PartsRule

_DIGEST: Final = 24


class _Logged(msgspec.Struct, frozen=True):
    """A part as the log has it: what was told to the webhook `source`."""

    source: str
    told: Told


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Logged)


class MappedCalls:
    """The calls of the webhook `source`, whose mapping has the `rule` with parts."""

    kept_ms = KEPT_MS

    def __init__(self, source: str, rule: PartsRule) -> None:
        self._source = source
        self._name = rule.source
        self._calls = Calls(rule)

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def lacking(self) -> Counter[tuple[str, str]]:
        """How many calls were told of, or given up, without a part, by that part and which of both."""
        return self._calls.lacking

    def part(self, told: Told, intake: Intake) -> Part:
        """Return what was told as the log keeps it, without numbers and names; Refused where no event can say it."""
        admission, identity = intake.admission, intake.identity
        clean = self._clean(told, admission, intake.clock.now_ms())
        if told.id is not None:
            own = identity.digest(told.id.encode("utf-8", "surrogatepass"))[:_DIGEST]
            clean = msgspec.structs.replace(clean, id=own)
        return Part(f"{self._source}:{clean.call}", _ENCODER.encode(_Logged(self._source, clean)))

    def apply(self, value: bytes, at_ms: int) -> Events | None:
        """Take a part that the log has from `at_ms`, and return the events that follow; None for another source's."""
        try:
            logged = _DECODER.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return self._calls.apply(logged.told, at_ms) if logged.source == self._source else None

    def overdue(self, now_ms: int) -> Iterator[Events]:
        """Yield, once, the events of each call that has waited long enough for what it lacks."""
        return self._calls.overdue(now_ms)

    def all_ended(self, now_ms: int) -> Iterator[Events]:
        """Yield, for each call that is remembered and over, or overdue, the events of its end."""
        return self._calls.all_ended(now_ms)

    def _clean(self, told: Told, admission: Admission, now_ms: int) -> Told:
        """
        Return what was told as admission leaves it in an event.

        The number of an extension stays, as nothing stands for it: admission leaves the whole call out.
        """
        fields = told.fields
        moments = [value for name, value in fields.items() if name in TIME_FIELDS] or [now_ms]
        event: dict[str, Any] = {
            "id": "part",
            "type": "call.ended",
            "source": self._name,
            "call": told.call,
            "placed_at": min(moments),
            "at": max(moments),
            "direction": "outbound",
            **({} if any(name in fields for name in PARTY) else {"number": "anonymous"}),
            **fields,
        }
        admitted = admission.admit(event, received_ms=now_ms)
        extension = fields["number"].strip() if admitted is None else None
        if admitted is None:
            admitted = admission.admit(event | {"number": "anonymous"}, received_ms=now_ms)
            assert admitted is not None  # noqa: S101  a withheld number has a pseudonym within its call
        known = {name: getattr(admitted.event, name) for name in fields}
        if extension is not None:
            known["number"] = extension
        clean = {name: value for name, value in known.items() if value is not None}
        return msgspec.structs.replace(told, call=getattr(admitted.event, "call"), fields=clean)  # noqa: B009  of calls
