"""What is kept of a refused record, so that a person can see why, correct it and send it again."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from stream.events.faults import internal, log_fault
from stream.events.refusal import Reason

if TYPE_CHECKING:
    from stream.events.refusal import Refused
    from stream.privacy.identity import Identity

MAX_KEPT_BYTES: Final = 1_048_576

_CUT_NUMBER = re.compile(rb"[+0-9 ().\-/_]{1,64}$")
_BASE64_COSTS: Final = 4 / 3


class Rejected(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """
    A refused record: `reason`, `field` and `message` as in `Refused`, and where it came from.

    `at` is when it was refused (ms), `size` the number of its bytes, `digest` what tells it from others. `data` are
    its bytes without numbers and names, as text or, by `encoding`, in base64; `truncated` if they are not all there.
    """

    reason: str
    message: str
    source: str
    at: int
    size: int
    digest: str
    encoding: Literal["utf-8", "base64"]
    data: str
    field: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    truncated: bool = False

    @property
    def content(self) -> bytes:
        """The bytes that were kept."""
        return base64.b64decode(self.data) if self.encoding == "base64" else self.data.encode()


class SentAgain(msgspec.Struct, kw_only=True, frozen=True):
    """A note in the same topic: the rejected record at offset `sent_again` was corrected and sent at `at` (ms)."""

    sent_again: int
    at: int


_ENCODER = msgspec.json.Encoder()
_REJECTED = msgspec.json.Decoder(Rejected)
_SENT_AGAIN = msgspec.json.Decoder(SentAgain)


def rejected_record(
    refused: Refused,
    data: bytes,
    *,
    identity: Identity,
    at: int,
    source: str,
    topic: str | None = None,
    partition: int | None = None,
    offset: int | None = None,
    names: bool = False,
) -> bytes:
    """
    Return the record for the rejected topic.

    `data` are the bytes that were refused, as they came; no number in them is kept, and no more than
    `MAX_KEPT_BYTES`. `source` says who brought them ("topic", "webhook", a file's name), and `topic`, `partition` and
    `offset` where they lie, if in Kafka. `at` is the time now, in ms. With `names` they are of a log or a form, where
    names stand among the words.

    An internal fault is logged here, where all that is put aside comes by. Bytes that cannot be made free of numbers
    are not kept: their size and digest are.
    """
    source = identity.without_numbers(_plain(source))
    place = _place(source, topic, partition, offset)
    if refused.reason is Reason.INTERNAL:
        log_fault(refused, place)
    kept, truncated = _shortened(data, MAX_KEPT_BYTES)
    try:
        kept, longer = _shortened(identity.scrub(kept, names=names), MAX_KEPT_BYTES)
    except Exception as error:  # noqa: BLE001  whatever it is: the record is put aside, and nothing of it gets out
        log_fault(internal(error), place)
        kept, longer = b"", True
    encoding, text = _as_text(kept)
    return _ENCODER.encode(
        Rejected(
            reason=refused.reason,
            field=None if refused.field is None else _plain(refused.field),
            message=refused.message,
            source=source,
            topic=topic,
            partition=partition,
            offset=offset,
            at=at,
            size=len(data),
            digest=identity.digest(data),
            encoding=encoding,
            data=text,
            truncated=truncated or longer,
        )
    )


def sent_again_record(offset: int, at: int) -> bytes:
    """Return the note that the rejected record at `offset` was sent again at `at` (ms)."""
    return encoded(SentAgain(sent_again=offset, at=at))


def encoded(content: Rejected | SentAgain) -> bytes:
    """Return the record that holds `content`."""
    return _ENCODER.encode(content)


def read_rejected(value: bytes) -> Rejected | SentAgain | None:
    """Return what a record of the rejected topic holds; None where it is neither."""
    for decoder in (_REJECTED, _SENT_AGAIN):
        try:
            return decoder.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
    return None


def _place(source: str, topic: str | None, partition: int | None, offset: int | None) -> str:
    """Return where a record lies, or stood, for the log."""
    if topic is not None:
        return f"{topic}[{partition}]" + ("" if offset is None else f" at offset {offset}")
    return source if offset is None else f"{source}, record {offset}"


def _plain(text: str) -> str:
    """Return text that UTF-8 can write: the name of a file, or of a column, may hold bytes that are none."""
    return text.encode("utf-8", "replace").decode()


def _shortened(data: bytes, limit: int) -> tuple[bytes, bool]:
    """Cut `data` after `limit` bytes, and a number that the cut might go through."""
    if len(data) <= limit:
        return data, False
    return _CUT_NUMBER.sub(b"", data[:limit]), True


def _as_text(data: bytes) -> tuple[Literal["utf-8", "base64"], str]:
    """Write `data` as what takes less room in JSON: text with escapes, or base64."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "base64", base64.b64encode(data).decode()
    if len(_ENCODER.encode(text)) > _BASE64_COSTS * len(data) + 64:
        return "base64", base64.b64encode(data).decode()
    return "utf-8", text
