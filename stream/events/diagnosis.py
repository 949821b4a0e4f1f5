"""The slow second look at a record that was not read at once: correct what can be, name what is wrong otherwise."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, get_args, get_origin

import msgspec

from stream.events.describe import kind_of, shape_of
from stream.events.refusal import Reason, Refused
from stream.events.types import LATEST_REVISION, LONGEST, LONGEST_SECONDS, TIME_FIELDS, AnyEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: Final[dict[str, type[Any]]] = {
    msgspec.inspect.type_info(cls).tag: cls  # type: ignore[attr-defined]
    for cls in get_args(AnyEvent)
}

_LONGEST_INTEGER = 40
_KEY_BEFORE = re.compile(r'"([a-z_]{1,20})"\s*:\s*-?$')
_NO_NUMBER = re.compile(r"-?(NaN|Infinity|nan|inf)")
_STOPWATCH = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-5][0-9])")
_TEXT_FORMS: Final = {"amount": 'write it as a string: "1000.00"'}
_TIME_FORM = 'write RFC 3339 with an offset ("2024-01-05T10:00:00+01:00"), or whole milliseconds since the epoch'


def object_of(data: bytes) -> dict[str, Any]:
    """Return the JSON object in `data`; raises Refused where there is none."""
    value = json_of(data)
    if not isinstance(value, dict):
        raise Refused(Reason.NOT_AN_OBJECT, None, f"{shape_of(value)} instead of an object; write one JSON object")
    return value


def json_of(data: bytes) -> Any:
    """Return what the JSON in `data` says; raises Refused where it is none."""
    text = text_of(data)
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse_syntax(text, error.pos, error.msg)
    except _NoNumberError:
        found = _NO_NUMBER.search(text)
        _refuse_syntax(text, found.start() if found else 0, "")
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, None, "objects or lists nested too deep; an event is a flat object") from None


def text_of(data: bytes) -> str:
    """Return the text in `data`; raises Refused where it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(
            Reason.BAD_ENCODING, None, f"not UTF-8 at byte {error.start}; write the record as UTF-8 JSON"
        ) from None


def event_of(record: Mapping[str, Any]) -> AnyEvent:
    """
    Return the event in `record`, in which optional fields that are empty or null count as absent.

    Raises Refused for the first field that is wrong.
    """
    cls = _class_of(record)
    fields = {}
    for field in _fields(record["type"]):
        name = field.encode_name
        value = record.get(name)
        if name == "number" and isinstance(value, str) and not value.strip():
            raise Refused(Reason.EMPTY_NUMBER, name, "number: empty; leave it out, or write the number")
        if value is None or value == "":
            if field.required:
                what = "missing" if name not in record else kind_of(value)
                raise Refused(Reason.MISSING_FIELD, name, f"{name}: {what}; {record['type']} needs it")
            continue
        _check(name, value, field.type)
        fields[name] = value
    try:
        event: AnyEvent = msgspec.convert(fields, cls)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        place = re.search(r"`\$\.([a-z_]+)`$", str(error))
        name = place[1] if place else "type"
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(record.get(name))} of the wrong form") from None
    return event


def _class_of(record: Mapping[str, Any]) -> type[Any]:
    known = f"write one of {', '.join(sorted(TYPES))}"
    name = record.get("type")
    if name is None or name == "":
        raise Refused(Reason.MISSING_FIELD, "type", f"type: missing; {known}")
    if not isinstance(name, str):
        raise Refused(Reason.WRONG_TYPE, "type", f"type: {shape_of(name)}; {known}")
    if name not in TYPES:
        raise Refused(Reason.UNKNOWN_TYPE, "type", f"type: {kind_of(name)} that names no event; {known}")
    return TYPES[name]


def _check(name: str, value: Any, kind: Any) -> None:
    """Refuse a `value` that is not empty, by the field's name and the type that it should have."""
    if name in TIME_FIELDS:
        _check_time(name, value)
    elif name.endswith("_s"):
        _check_seconds(name, value)
    elif name == "revision":
        _check_revision(name, value)
    elif kind is bool:
        if not isinstance(value, bool):
            raise Refused(Reason.WRONG_TYPE, name, f"{name}: {shape_of(value)}; write true or false")
    else:
        _check_text(name, value, _choices(kind))


def _check_time(name: str, value: Any) -> None:
    if isinstance(value, int) and not isinstance(value, bool):
        return
    if isinstance(value, datetime):
        wrong = "a time without an offset" if value.tzinfo is None else ""
    elif isinstance(value, str):
        try:
            time = msgspec.convert(value, datetime)
        except (msgspec.MsgspecError, ValueError, OverflowError):  # a lone surrogate is no UTF-8
            wrong = f"{kind_of(value)} that is no RFC 3339 time"
        else:
            wrong = "a time without an offset" if time.tzinfo is None else ""
    else:
        wrong = shape_of(value)
    if wrong:
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {wrong}; {_TIME_FORM}")


def _check_seconds(name: str, value: Any) -> None:
    form = f"write seconds from 0 to {LONGEST_SECONDS}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        clock = isinstance(value, str) and _STOPWATCH.fullmatch(value)
        example = f": {_seconds_on(clock)}, where it is {value}" if clock else ""
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {shape_of(value)}; {form}, as a number{example}")
    if not 0 <= value <= LONGEST_SECONDS:
        raise Refused(Reason.OUT_OF_RANGE, name, f"{name}: {shape_of(value)}; {form}")


def _seconds_on(clock: re.Match[str]) -> int:
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    return hours * 3600 + minutes * 60 + seconds


def _check_revision(name: str, value: Any) -> None:
    form = f"write a whole number from 0 to {LATEST_REVISION}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; {form}")
    if not 0 <= value <= LATEST_REVISION:
        raise Refused(Reason.OUT_OF_RANGE, name, f"{name}: {shape_of(value)}; {form}")


def _check_text(name: str, value: Any, choices: tuple[str, ...]) -> None:
    form = f"write {' or '.join(choices)}" if choices else _TEXT_FORMS.get(name, "write a string")
    if not isinstance(value, str):
        # A number may be a telephone number wherever it stands: only its kind is named.
        raise Refused(Reason.WRONG_TYPE, name, f"{name}: {kind_of(value)}; {form}")
    if choices and value not in choices:
        raise Refused(Reason.UNKNOWN_VALUE, name, f"{name}: {kind_of(value)} that it cannot be; {form}")
    if len(value) > LONGEST:
        raise Refused(Reason.TOO_LONG, name, f"{name}: {kind_of(value)}; write no more than {LONGEST}")


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((choices for inner in get_args(kind) if (choices := _choices(inner))), ())


class _NoNumberError(ValueError):
    """NaN or Infinity, which Python's reader would take."""


def _no_constant(_text: str) -> NoReturn:
    raise _NoNumberError


def _integer(text: str) -> int | float:
    """Read an integer; one of thousands of digits is no number that anyone meant."""
    return int(text) if len(text) <= _LONGEST_INTEGER else math.inf


def _refuse_syntax(text: str, position: int, what: str) -> NoReturn:
    if not text.strip():
        raise Refused(Reason.MALFORMED_JSON, None, "an empty record; write one JSON object")
    if text.startswith("\ufeff"):
        raise Refused(Reason.MALFORMED_JSON, None, "a byte-order mark before the JSON; write UTF-8 without one")
    constant = _NO_NUMBER.match(text, position)
    if constant is not None:
        key = _KEY_BEFORE.search(text, max(0, position - 64), position)
        name = key[1] if key and any(key[1] == field for kind in TYPES for field in _names(kind)) else None
        raise Refused(
            Reason.MALFORMED_JSON,
            name,
            f"{name or 'a value'}: {constant[1]}, which is no JSON number; write a number, or leave the field out",
        )
    place = f"at character {position + 1}"
    raise Refused(
        Reason.MALFORMED_JSON, None, f"not JSON {place} ({what[:1].lower()}{what[1:]}); write one JSON object"
    )


def _names(kind: str) -> tuple[str, ...]:
    return tuple(field.encode_name for field in _fields(kind))


@cache
def _fields(kind: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a type of event; to find them takes a millisecond, and a flood of refusals needs them."""
    return msgspec.structs.fields(TYPES[kind])
