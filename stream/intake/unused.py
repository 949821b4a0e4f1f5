"""What is kept of a record that no rule of a mapping took: its fields and what kind of thing each holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from stream.errors import RingboardError
from stream.events.describe import kind_of
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.read_topic import records_of
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics

if TYPE_CHECKING:
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings

SHOWN: Final = 5
"""Of each source, so many are shown."""
MOST_FIELDS: Final = 300
DEEPEST: Final = 12
LEFT_OUT: Final = "…"

_FIELD: Final = re.compile(r"[@$]?[A-Za-z_][\w.:\[\]() -]{0,59}")
_MANY_DIGITS: Final = re.compile(r"(?:[0-9][ .-]?){6}")
_CODE: Final = re.compile(r"[A-Za-z]+(?:[._:-][A-Za-z]+){0,5}")
_LONGEST_CODE: Final = 60


class Unused(msgspec.Struct, kw_only=True, frozen=True):
    """
    A record that no rule took: of the source `unused_of`, at `at` (ms), the `count`th since its gateway began.

    `fields` are the record with what kind of thing each value is in its place.
    """

    unused_of: str
    at: int
    count: int
    fields: Any


class Found(NamedTuple):
    """One that is kept, and its `offset` in the topic of the rejected."""

    offset: int
    unused: Unused


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Unused)


def unused_record(source: str, record: Any, *, count: int, at: int, identity: Identity) -> bytes:
    """
    Return the record for the topic of the rejected; no number, name or secret is in it.

    Of a text its length is kept, or it itself where it is made of words that records and logs are made of
    ("call.ended"): that is what rules look at.
    """
    return _ENCODER.encode(Unused(unused_of=source, at=at, count=count, fields=fields_of(record, identity)))


def fields_of(record: Any, identity: Identity) -> Any:
    """Return `record` with what kind of thing each value is in its place; of a very large one, the beginning."""
    return _Reader(identity).read(record, 1)


class _Reader:
    """Reads one record; it counts its fields."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._left = MOST_FIELDS

    def read(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, Mapping):
            if depth > DEEPEST:
                return kind_of(value)
            return {self._field(key): self.read(one, depth + 1) for key, one in value.items() if self._left > 0}
        if isinstance(value, list):
            if depth > DEEPEST:
                return kind_of(value)
            return [self.read(one, depth + 1) for one in value if self._left > 0]
        if isinstance(value, str) and self._is_code(value):
            return value
        return value if isinstance(value, bool) else kind_of(value)

    def _field(self, key: Any) -> str:
        text = str(key)
        plain = _FIELD.fullmatch(text) and not _MANY_DIGITS.search(text)
        return text if plain else LEFT_OUT

    def _is_code(self, text: str) -> bool:
        """Return whether a text is no more than words of logs and records, and so nobody's name or secret."""
        if len(text) > _LONGEST_CODE or not _CODE.fullmatch(text):
            return False
        spaced = re.sub(r"[._:-]", " ", text).encode()
        return self._identity.scrub(spaced, names=True) == spaced


def read_unused(value: bytes) -> Unused | None:
    """Return what a record of the topic of the rejected holds; None where it is none of these."""
    try:
        return _DECODER.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


async def find_unused(settings: Settings, source: str | None = None) -> list[Found]:
    """
    Return the last few of each source, or of one, the oldest of them first.

    Raises RingboardError where the broker does not answer or the topic is not there.
    """
    names = topics(settings)
    rights = [right for right in rights_of("rejected", names) if right.operation == "Read"]
    await need_rights(connection_of(settings), rights, [topic.name for topic in names])
    of_each: dict[str, list[Found]] = {}
    async with aclosing(records_of(connection_of(settings), names.rejected.name)) as records:
        async for record in records:
            read = read_unused(record.value or b"")
            if read is not None and source in {None, read.unused_of}:
                kept = of_each.setdefault(read.unused_of, [])
                kept.append(Found(record.offset, read))
                del kept[:-SHOWN]
    return sorted((found for kept in of_each.values() for found in kept), key=lambda one: one.offset)


async def find_unused_at(settings: Settings, offset: int | None) -> Found:
    """Return the one at `offset`, or the last of all; raises RingboardError where there is none."""
    found = await find_unused(settings)
    right = found if offset is None else [one for one in found if one.offset == offset]
    if not right:
        place = "nothing is kept" if offset is None else f"offset {offset}: nothing is kept there"
        raise RingboardError(f"{place} that no rule took; `ringboard unused list` shows what is")
    return right[-1]
