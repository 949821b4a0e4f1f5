"""Reading events from bytes: quickly where they are right, and with a reason where they are not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.events.describe import shape_of
from stream.events.diagnosis import event_of, object_of, text_of
from stream.events.money import minor_units
from stream.events.refusal import Reason, Refused
from stream.events.types import (
    AnyEvent,
    CallAnswered,
    CallDisposed,
    CallEnded,
    CallEvent,
    CallStarted,
    CustomerAtRisk,
    CustomerKept,
    CustomerLost,
    Event,
    LeadAssigned,
    LeadConsent,
    LeadLost,
    LeadMerged,
    LeadQualified,
    LeadRequested,
    LeadWithdrawn,
    LeadWon,
    QueueJoined,
    QueueLeft,
    RepState,
    SpendRecorded,
    TopicKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "EARLIEST_MS",
    "MAX_EVENT_BYTES",
    "AnyEvent",
    "CallAnswered",
    "CallDisposed",
    "CallEnded",
    "CallEvent",
    "CallStarted",
    "CustomerAtRisk",
    "CustomerKept",
    "CustomerLost",
    "Event",
    "LeadAssigned",
    "LeadConsent",
    "LeadLost",
    "LeadMerged",
    "LeadQualified",
    "LeadRequested",
    "LeadWithdrawn",
    "LeadWon",
    "QueueJoined",
    "QueueLeft",
    "Reason",
    "Refused",
    "RepState",
    "SpendRecorded",
    "TopicKind",
    "encode_event",
    "key_of",
    "minor_units",
    "read_event",
    "read_mapping",
    "topic_kind",
]

MAX_EVENT_BYTES: Final = 1_048_576
EARLIEST_MS: Final = 946_684_800_000  # 2000-01-01
SPEND_AHEAD_MS: Final = 3_653 * 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SECONDS_LOOK_LIKE = range(EARLIEST_MS // 1000, EARLIEST_MS // 1000 * 5)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BACKSLASH, _DEL = b"\\\x7f"  # as numbers: looking for those in bytes is six times as fast as for bytes in bytes
_TIME_FORM = "write RFC 3339 with an offset, or whole milliseconds since the epoch"

_decode = msgspec.json.Decoder(AnyEvent).decode
_ENCODER = msgspec.json.Encoder()


def read_event(data: bytes, *, received_ms: int, ahead_ms: int) -> AnyEvent:
    """
    Return the event that `data`, one JSON object, holds; its times are ms since the epoch.

    `at` may lie up to `ahead_ms` after `received_ms`. Raises Refused, and nothing else, for any other bytes.
    """
    if len(data) > MAX_EVENT_BYTES:
        raise Refused(
            Reason.TOO_LARGE, None, f"a record of {len(data)} bytes; an event has no more than {MAX_EVENT_BYTES}"
        )
    try:
        event = _decode(data)
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, None, "objects or lists nested too deep; an event is a flat object") from None
    except (msgspec.MsgspecError, ValueError, OverflowError):
        event = event_of(object_of(data))
        _refuse_control_characters(event)
    else:
        # A control character can stand in JSON only as an escape, beyond ASCII, or as DEL: most records have neither.
        if _BACKSLASH in data or _DEL in data or not data.isascii():
            text = text_of(data)
            if "\\" in text or not text.isprintable():
                _refuse_control_characters(event)
    return _checked(event, received_ms, ahead_ms)


def read_mapping(mapping: Mapping[str, Any], *, received_ms: int, ahead_ms: int) -> AnyEvent:
    """Return the event that `mapping` (the fields of a record) holds; as `read_event` else."""
    try:
        event = msgspec.convert(mapping, AnyEvent)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        event = event_of(mapping)
    _refuse_control_characters(event)
    return _checked(event, received_ms, ahead_ms)


def encode_event(event: Event) -> bytes:
    """Return `event` in its canonical form: one JSON object, fields in a fixed order, absent ones left out."""
    return _ENCODER.encode(event)


def key_of(event: Event) -> str:
    """Return the Kafka key: the lead or else the number, the customer, the campaign, the rep, or the queued call."""
    return event.key()


def topic_kind(event: Event) -> TopicKind:
    """Return which of the topics `event` belongs to."""
    return event.kind


def _checked(event: AnyEvent, received_ms: int, ahead_ms: int) -> AnyEvent:
    at = event.at
    if type(at) is not int:
        at = event.at = _to_ms(at)
    if not EARLIEST_MS <= at <= received_ms + ahead_ms and not _is_in_its_period(event, at):
        _refuse_time("at", at, received_ms, ahead_ms)
    check = _CHECKS.get(type(event))
    if check is not None:
        check(event, received_ms)
    return event


def _is_in_its_period(event: AnyEvent, at: int) -> bool:
    """Return whether `at` is of spend, which counts by its period alone, and lies before the end of that."""
    if type(event) is not SpendRecorded or at < EARLIEST_MS:
        return False
    return at <= (event.end if type(event.end) is int else _to_ms(event.end))


def _check_call(event: CallEvent | LeadRequested, _received_ms: int) -> None:
    if event.number is None:
        if event.lead is None:
            raise Refused(Reason.MISSING_FIELD, "lead", "lead: missing, and number too; a call names one of them")
    elif event.number.isspace():
        raise Refused(Reason.EMPTY_NUMBER, "number", "number: only spaces; leave it out, or write the number")


def _check_call_ended(event: CallEnded, received_ms: int) -> None:
    _check_call(event, received_ms)
    placed, at = event.placed_at, event.at
    if type(placed) is not int:
        placed = event.placed_at = _to_ms(placed)
    if not EARLIEST_MS <= placed <= at:
        if placed > at:
            raise Refused(
                Reason.PERIOD_REVERSED,
                "placed_at",
                f"placed_at: {_span(placed - at)} after at, the end of the call; write when it was placed",
            )
        _refuse_time("placed_at", placed, received_ms, 0)
    answered = event.answered_at
    if answered is not None:
        if type(answered) is not int:
            answered = event.answered_at = _to_ms(answered)
        if answered < placed:
            raise Refused(
                Reason.PERIOD_REVERSED,
                "answered_at",
                f"answered_at: {_span(placed - answered)} before placed_at; write a later time, or leave it out",
            )
        if answered > at:
            raise Refused(
                Reason.PERIOD_REVERSED,
                "answered_at",
                f"answered_at: {_span(answered - at)} after at, the end of the call; write when it was answered",
            )


def _check_spend(event: SpendRecorded, received_ms: int) -> None:
    minor_units(event.amount, event.currency)
    if type(event.start) is not int:
        event.start = _to_ms(event.start)
    if type(event.end) is not int:
        event.end = _to_ms(event.end)
    for name, time in (("from", event.start), ("to", event.end)):
        if not EARLIEST_MS <= time <= received_ms + SPEND_AHEAD_MS:
            _refuse_time(name, time, received_ms, SPEND_AHEAD_MS)
    if event.end <= event.start:
        behind = _span(event.start - event.end)
        raise Refused(Reason.PERIOD_REVERSED, "to", f"to: {behind} before from; write a later time")


def _check_won(event: LeadWon, _received_ms: int) -> None:
    if event.amount is not None:
        if event.currency is None:
            raise Refused(Reason.MISSING_FIELD, "currency", 'currency: missing, while amount is given; write "EUR"')
        minor_units(event.amount, event.currency)


def _check_merged(event: LeadMerged, _received_ms: int) -> None:
    if event.into == event.lead:
        raise Refused(Reason.UNKNOWN_VALUE, "into", "into: the lead itself; write the lead that it is")


_CHECKS: Final[dict[type, Callable[[Any, int], None]]] = {
    LeadRequested: _check_call,
    CallStarted: _check_call,
    CallAnswered: _check_call,
    CallEnded: _check_call_ended,
    CallDisposed: _check_call,
    LeadWon: _check_won,
    LeadMerged: _check_merged,
    SpendRecorded: _check_spend,
}


def _to_ms(time: Any) -> int:
    """Return the ms since the epoch of the datetime that a time field was written as."""
    milliseconds: int = (time - _EPOCH) // _MS
    return milliseconds


def _refuse_time(name: str, time: int, received_ms: int, ahead_ms: int) -> None:
    if time < EARLIEST_MS:
        hint = " (seconds, it seems)" if time in _SECONDS_LOOK_LIKE else ""
        raise Refused(Reason.TIME_ABSURD, name, f"{name}: {shape_of(time)} lies before 2000{hint}; {_TIME_FORM}")
    ahead = _span(time - received_ms)
    raise Refused(
        Reason.TIME_AHEAD, name, f"{name}: {ahead} ahead of the clock, and {_span(ahead_ms)} are allowed; {_TIME_FORM}"
    )


def _span(ms: int) -> str:
    """Write a length of time in the largest unit that it fills."""
    for unit, length in (("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms > 2 * length:
            return f"{ms // length} {unit}" if ms < 10**6 * length else "very many years"
    return f"{ms} ms"


def _refuse_control_characters(event: Event) -> None:
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if type(value) is str and not value.isprintable() and _CONTROL.search(value):
            raise Refused(
                Reason.CONTROL_CHARACTER,
                name,
                f"{name}: {len(value)} characters, a control character among them; write text of one line",
            )
