"""A record as the columns that a mapping names: of an object, the paths to all that stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.mapping.lookup import Record

_MOST: Final = 3  # of a list; those after it look alike


def columns_in(record: Record) -> dict[str, str]:
    """Return the texts of a `record` by the names that a mapping has for them; "" for what is empty."""
    return dict(_of(record, ""))


def _of(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _of(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, one in enumerate(value[:_MOST]):
            yield from _of(one, f"{path}.{number}")
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    else:
        yield path, "" if value is None else str(value).strip()
