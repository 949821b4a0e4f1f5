"""What one record tells of a call that several records tell."""

from __future__ import annotations

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")


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
        """Return all of it as bytes: those of a part that is told twice are the same."""
        return _ENCODER.encode(self)
