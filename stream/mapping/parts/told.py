"""What one record tells of a call that several records tell."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stream.events.refusal import Reason, Refused

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    The part named `part` of the call `call`: the `fields` of the event that it tells, and `times` that are no field.

    `id` tells it from other parts of that name, where they have one; of two parts the one of the greater `order` was
    later. Times are ms since the epoch.
    """

    call: str
    part: str
    fields: dict[str, Any]
    times: dict[str, int] = {}
    id: str | None = None
    order: int = 0

    def as_bytes(self) -> bytes:
        """Return all of it as bytes: those of a part that is told twice are the same. Raises Refused for no Unicode."""
        try:
            return _ENCODER.encode(self)
        except UnicodeEncodeError:
            raise Refused(Reason.BAD_ENCODING, None, "half of a character in it; write its texts as UTF-8") from None


_DECODER: Final = msgspec.json.Decoder(Told)


def told_in(data: bytes) -> Told:
    """Return the part that `as_bytes` made these bytes of."""
    return _DECODER.decode(data)
