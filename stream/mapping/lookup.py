"""Where a value stands in a record: a column, a path into an object, or a text put together from several of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stream.events.describe import kind_of
from stream.events.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = Mapping[str, Any]
"""A record as it came: a row by its columns, or an object. Keys that begin with # are added by whoever read it."""

ALL: Final = "*"
"""A step of a path that leads into each value of a list."""
LAST: Final = "last"
"""A step of a path that leads to the last value of a list."""

_HOLE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a value stands: under this very name, or else along a path of names and positions, `deal.owners.0.id`.

    In a list `last` is its last value, and `*` each of them. Names that begin with # are no columns, but what is known
    of the record itself, as `#line`.
    """

    name: str
    path: tuple[str, ...]
    many: bool = False

    def find(self, record: Record) -> Any:
        """Return what stands there, None if there is nothing; of several values the first that is not empty."""
        if self.name in record:
            return record[self.name]
        if len(self.path) == 1:
            return None
        if self.many:
            return next((one for one in self.every(record) if not _is_empty(one)), None)
        value: Any = record
        for step in self.path:
            value = _into(value, step)
        return value

    def every(self, record: Record) -> Iterator[Any]:
        """Yield all that stands there, in its order: one value, or with `*` as many as the lists have."""
        if self.name in record:
            yield record[self.name]
        else:
            yield from _along(record, self.path)

    def is_named(self, record: Record) -> bool:
        """Return whether the key is there, whatever it holds."""
        if self.name in record:
            return True
        value: Any = record
        for step in self.path[:-1]:
            value = _into(value, step)
        return isinstance(value, Mapping) and self.path[-1] in value

    def text(self, record: Record) -> str | None:
        """Return it as text without blanks around it, None if that is empty."""
        value = record.get(self.name)
        if type(value) is str:  # as in every file of rows
            return value.strip() or None
        return as_text(self.find(record), self.name)

    def texts(self, record: Record) -> Iterator[str]:
        """Yield all texts that stand there, without those that are empty."""
        for value in self.every(record):
            found = as_text(value, self.name)
            if found is not None:
                yield found


def _into(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if step == LAST:
            return value[-1] if value else None
        if step.isdecimal():
            return value[int(step)] if int(step) < len(value) else None
    return None


def _along(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    for number, step in enumerate(path, 1):
        if step == ALL and isinstance(value, Sequence) and not isinstance(value, str):
            for one in value:
                yield from _along(one, path[number:])
            return
        value = _into(value, step)
    yield value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def place(name: str) -> Place:
    """Return the place that `name` names."""
    path = tuple(name.split("."))
    return Place(name, path, len(path) > 1 and ALL in path)


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
