"""The bytes that are kept of an event that is refused."""

from __future__ import annotations

import json
from typing import Any

import orjson


def original_of(event: Any) -> bytes:
    """Return `event`, the fields of a record, as JSON in bytes, also where it holds what JSON has no form for."""
    try:
        return orjson.dumps(event, default=str)
    except (TypeError, ValueError):  # a lone surrogate, an integer of more than 64 bits, keys that are no text
        pass
    try:
        return json.dumps(event, default=str, skipkeys=True).encode()
    except (TypeError, ValueError, RecursionError):
        return b""
