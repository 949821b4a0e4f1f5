"""What the fields of each type of event hold: times, seconds, money, texts of a closed list, or any text."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

import msgspec

from stream.events.types import TIME_FIELDS, AnyEvent

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """What a field holds."""

    TIME = "time"
    SECONDS = "seconds"
    MONEY = "money"
    FLAG = "flag"
    WHOLE = "whole"
    TEXT = "text"


class Field(NamedTuple):
    """A field of a type of event: its name and kind, whether every event has it, and its closed list, if any."""

    name: str
    kind: Kind
    required: bool
    choices: tuple[str, ...]


# What a mapping says of the whole record, and not field by field.
_OWN: Final = frozenset({"id", "source"})
_APART: Final = {
    "lead.assigned": ("lead", "rep"),
    "spend.recorded": ("campaign", "channel", "from", "to"),
    "rep.state": ("rep", "state"),
    "queue.joined": ("call", "queue"),
    "queue.left": ("call", "queue"),
}


_KINDS: Final = {"amount": Kind.MONEY, "also_withheld": Kind.FLAG, "granted": Kind.FLAG, "revision": Kind.WHOLE}


def _kind(name: str) -> Kind:
    if name in TIME_FIELDS:
        return Kind.TIME
    if name.endswith("_s"):
        return Kind.SECONDS
    return _KINDS.get(name, Kind.TEXT)


def _fields(cls: type[Any]) -> dict[str, Field]:
    found = {}
    for one in msgspec.inspect.type_info(cls).fields:  # type: ignore[attr-defined]
        types = one.type.types if isinstance(one.type, msgspec.inspect.UnionType) else (one.type,)
        choices = tuple(str(v) for each in types if isinstance(each, msgspec.inspect.LiteralType) for v in each.values)
        name = one.encode_name
        if name not in _OWN:
            found[name] = Field(name, _kind(name), one.required, choices)
    return found


FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    str(cls.__struct_config__.tag): _fields(cls) for cls in get_args(AnyEvent)
}
"""The fields that a mapping can fill, by the type of the event and their names."""


def distinguished_by(kind: str) -> tuple[str, ...]:
    """Return the names of the fields that, beside their moment, tell two events of a type apart."""
    return _APART.get(kind, (kind.partition(".")[0],))
