"""Where a value stands in a record: a column, a path into an object, or a text put together from several of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

Record = Mapping[str, Any]
"""A record as it came: a row by its columns, or an object. Keys that begin with # are added by whoever read it."""

_HOLE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a value stands: under this very name, or else along a path of names and positions, `deal.owners.0.id`.

    Names that begin with # are no columns, but what is known of the record itself, as `#line`.
    """

    name: str
    path: tuple[str, ...]

    def find(self, record: Record) -> Any:
        """Return what stands there, None if there is nothing."""
        if self.name in record:
            return record[self.name]
        if len(self.path) == 1:
            return None
        value: Any = record
        for step in self.path:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal():
                value = value[int(step)] if int(step) < len(value) else None
            else:
                return None
        return value

    def text(self, record: Record) -> str | None:
        """Return it as text without blanks around it, None if that is empty."""
        return as_text(self.find(record), self.name)


def place(name: str) -> Place:
    """Return the place that `name` names."""
    return Place(name, tuple(name.split(".")))


def as_text(value: Any, name: str) -> str | None:
    """Return a plain `value` as text, None if there is none; Refused for a list or an object."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    raise Refused(
        Reason.WRONG_TYPE, None, f"{name}: {kind_of(value)}; name a column, or a key, that has a text or a number"
    )


@dataclass(frozen=True, slots=True)
class Text:
    """A text with holes: what stands between them, and the places that fill them. Without holes it is a constant."""

    between: tuple[str, ...]
    holes: tuple[Place, ...]

    def text(self, record: Record) -> str | None:
        """Return the text for `record`, None where a hole has nothing to be filled with."""
        if not self.holes:
            return self.between[0]
        parts = [self.between[0]]
        for hole, after in zip(self.holes, self.between[1:], strict=True):
            filling = hole.text(record)
            if filling is None:
                return None
            parts += filling, after
        return "".join(parts)


def text(form: str) -> Text:
    """Return the text that `form` says: `{column}` is a hole."""
    pieces = _HOLE.split(form)
    return Text(tuple(pieces[::2]), tuple(place(name.strip()) for name in pieces[1::2]))
