"""Values of a database as text, as an export of the table has them; and what orders its rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

Position = int | str | datetime
"""Where a row stands in its table: a number that grows, a time, or a time as text."""

_EPOCH_DIGITS: Final = range(9, 12)


def text_of(value: Any, *, epoch: bool) -> str | None:
    """
    Return a value as text, None for NULL.

    A time with a zone becomes seconds since the epoch with `epoch`, else ISO 8601 with its offset.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _time(value, epoch=epoch)
    as_text = next((as_text for kind, as_text in _TEXTS if isinstance(value, kind)), str)
    return as_text(value)


def _time(value: datetime, *, epoch: bool) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ")
    if not epoch:
        return value.isoformat()
    micros = (value - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    return f"{micros // 1_000_000}.{micros % 1_000_000:06}"


_MICROSECOND: Final = datetime.resolution


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


_TEXTS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]] = (
    (bool, lambda value: "true" if value else "false"),
    ((bytes, bytearray, memoryview), lambda value: _bytes(bytes(value))),
    (Decimal, lambda value: f"{value:f}"),
    (float, lambda value: f"{value:f}".rstrip("0").rstrip(".")),
    ((dict, list), lambda value: orjson.dumps(value, default=str).decode()),
)


def seconds_of(value: Any) -> float | None:
    """
    Return a time as seconds, for the distance of rows from each other: a local one as if it were of UTC.

    None for what is no time.
    """
    if isinstance(value, datetime):
        return value.timestamp() if value.tzinfo is not None else value.replace(tzinfo=UTC).timestamp()
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    if not isinstance(value, str):
        return None
    whole = value.strip().partition(".")[0]
    if whole.isascii() and whole.isdigit() and len(whole) in _EPOCH_DIGITS:
        return float(whole)
    try:
        return seconds_of(datetime.fromisoformat(value.strip()))
    except ValueError:
        return None


def position_as_json(position: Position) -> Any:
    """Return a position as the file of positions has it."""
    return {"time": position.isoformat()} if isinstance(position, datetime) else position


def position_of_json(value: Any) -> Position:
    """Return the position that was written as `value`; raises ValueError for what is none."""
    if isinstance(value, dict) and isinstance(value.get("time"), str):
        return datetime.fromisoformat(value["time"])
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return value
    raise ValueError("no position")
