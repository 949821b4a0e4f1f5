"""How a source writes an event: its fields without those that it does not know."""

from __future__ import annotations

from typing import Any


def event(kind: str, at: int, source: str, name: str, **fields: Any) -> dict[str, Any]:
    """
    Return an event of the type `kind` at `at` (ms); `name` is what makes its id among those of this source.

    A field that is None or empty is left out.
    """
    known = {field: value for field, value in fields.items() if value is not None and value != ""}
    return {"id": f"{source}:{name}:{kind}", "type": kind, "at": at, "source": source, **known}


def whole_second(at: int, *, not_before: int) -> int:
    """
    Return the second that `at` lies in, or `not_before` if that is later.

    Of several events of one call the latest stands whole: those of a log yield to those of a live source, which knows
    the end to the millisecond and more of the call.
    """
    return max(at // 1000 * 1000, not_before)
