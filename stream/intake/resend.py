"""Sends rejected records again: finds them, corrects fields of them, and admits them like any event."""

from __future__ import annotations

import json
from collections import deque
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.errors import RingboardError
from stream.events.refusal import Refused
from stream.events.types import TIME_FIELDS
from stream.intake.admission import Admission
from stream.intake.rejected import Rejected, SentAgain, read_rejected, sent_again_record
from stream.kafka.authorised import need_rights
from stream.kafka.connection import connection_of
from stream.kafka.control_topic import check_fingerprint
from stream.kafka.producer import Record, sending
from stream.kafka.read_topic import records_of
from stream.kafka.rights import rights_of
from stream.kafka.topics import topics
from stream.privacy.identity import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.clock import Clock
    from stream.intake.admission import Admitted
    from stream.kafka.rights import Operation
    from stream.settings.model import Settings

_FIELDS_OF_JSON: Final = TIME_FIELDS | {"also_withheld", "granted"}


class Found(NamedTuple):
    """A rejected record, its `offset` in the topic, and when (ms) it was last sent again, if it was."""

    offset: int
    rejected: Rejected
    sent_again: int | None


async def find_all(settings: Settings, *, reason: str | None = None, limit: int = 100) -> list[Found]:
    """
    Return the latest `limit` rejected records (of one `reason`, if it is given), the oldest of them first.

    Raises RingboardError where the broker does not answer or the topic is not there.
    """
    latest: deque[tuple[int, Rejected]] = deque(maxlen=limit)
    sent: dict[int, int] = {}
    await _need(settings, "Read")
    async with aclosing(records_of(connection_of(settings), topics(settings).rejected.name)) as records:
        async for record in records:
            read = read_rejected(record.value or b"")
            if isinstance(read, SentAgain):
                sent[read.sent_again] = read.at
            elif read is not None and reason in {None, read.reason}:
                latest.append((record.offset, read))
    return [Found(offset, rejected, sent.get(offset)) for offset, rejected in latest]


async def find_one(settings: Settings, offset: int) -> Found:
    """Return the rejected record at `offset`; raises RingboardError where there is none."""
    found: Rejected | None = None
    sent_again = None
    name = topics(settings).rejected.name
    await _need(settings, "Read")
    async with aclosing(records_of(connection_of(settings), name, first=offset)) as records:
        async for record in records:
            read = read_rejected(record.value or b"")
            if record.offset == offset and isinstance(read, Rejected):
                found = read
            elif isinstance(read, SentAgain) and read.sent_again == offset:
                sent_again = read.at
    if found is None:
        raise RingboardError(f"offset {offset}: no rejected record is there; `ringboard rejected list` shows which are")
    return Found(offset, found, sent_again)


async def _need(settings: Settings, *operations: Operation) -> None:
    """Raise RefusedError where the login may not do that with the topics."""
    names = topics(settings)
    rights = [right for right in rights_of("rejected", names) if right.operation in operations]
    await need_rights(connection_of(settings), rights, [topic.name for topic in names])


def with_fields(content: bytes, changes: Iterable[tuple[str, str]]) -> bytes:
    """
    Return the JSON object in `content` with each (field, text) of `changes` put in; an empty text removes the field.

    Times, seconds, `also_withheld` and `granted` are read as JSON where they are, all else is text. Raises
    RingboardError where `content` is no object.
    """
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise RingboardError("the record is no JSON object, so no field of it can be set: use --edit or --with FILE")
    for field, text in changes:
        if text:
            record[field] = _value(field, text)
        else:
            record.pop(field, None)
    try:
        return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair of surrogates, which only an escape can write
        return json.dumps(record).encode()


def _value(field: str, text: str) -> Any:
    if field in _FIELDS_OF_JSON or field.endswith("_s"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


async def send_again(settings: Settings, offset: int, content: bytes, clock: Clock) -> Admitted:
    """
    Admit and send `content`, the corrected record of `offset`, and note in the rejected topic that it was sent.

    Raises RingboardError where it is refused again, the floor's key is another one, or the broker does not answer.
    """
    names = topics(settings)
    identity = identity_of(settings)
    try:
        admitted = Admission(identity, names, clock, settings.ahead_ms).admit(content)
    except Refused as refused:
        raise RingboardError(f"refused again ({refused.reason}): {refused.message}") from None
    if admitted is None:
        raise RingboardError("number: an extension, which the setting extension_pattern leaves out")
    await _need(settings, "Read", "Write")
    await check_fingerprint(connection_of(settings), names, identity)
    async with sending(connection_of(settings), clock) as sender:
        await sender.learn(admitted.topic, names.rejected.name)
        sender.put(Record(admitted.topic, admitted.key, admitted.value))
        await sender.flush()
        # Only what has arrived is noted: an event that is sent twice counts once, one that is not sent is lost.
        sender.put(Record(names.rejected.name, None, sent_again_record(offset, clock.now_ms())))
        await sender.flush()
    return admitted
