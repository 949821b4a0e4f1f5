"""Damages input that was right: somewhere in its bytes, or in one of its values, lines, cells or headers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_DEEP: Final = 3000
HOSTILE: Final[tuple[Any, ...]] = (
    None, True, False, "", " ", "\0", "\ud800", "a\udcffb", "\u202e\u2028", "x" * 300, "0" * 70, "é" * 200, "NaN",
    0, -1, 1, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**40, 1e308, -0.0, 5e-324, float("nan"), float("inf"),
    "9" * 30, "-1", "1e999", "2026-11999999999999999999999-29 08:00:10", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999999+14:00", "0001-01-01T00:00:00-14:00", "2026-02-30 25:61:61", "1795939200.1",
    "1795967462196", 1_795_967_462_196, 253_402_300_799_999, "+33639980001", "sip:0639980001@x", "tel:+", "<>", "%",
    [], {}, [[]], {"a": {"b": []}}, ["x"] * 50, "../../etc/passwd", "';--", "\\", '"', "\n", "\r\n\r\n", "|", ",",
)  # fmt: skip
_LINE_PARTS: Final = re.compile(rb"([|,;:\t=]+)")


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of `seeds`, damaged once or some times, in a way that suits what it is."""
    data = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = chance.choice(_WAYS)(data, seeds, chance)
    return data


def _as_json(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Damage a value in one of the lines that are JSON."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    try:
        value = json.loads(lines[place])
    except (ValueError, RecursionError):
        try:
            value, lines, place = json.loads(data), [data], 0
        except (ValueError, RecursionError):
            return _as_line(data, _seeds, chance)
    text = json.dumps(_with(value, chance), ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.02:
        text = text.replace('""', "[" * _DEEP, 1).replace("null", '{"a":' * _DEEP, 1)
    lines[place] = text.encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _as_msgpack(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    try:
        return msgspec.msgpack.encode(_with(msgspec.msgpack.decode(data), chance))
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        return _bytes(data, _seeds, chance)


def _with(value: Any, chance: random.Random) -> Any:
    """Return `value` with something hostile in a place of it, something left out, or something there twice."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        changed = dict(value)
        match chance.randrange(8):
            case 0:
                del changed[key]
            case 1:
                changed[str(chance.choice(HOSTILE))] = changed.pop(key)
            case 2:
                changed[key] = value[chance.choice(list(value))]
            case _:
                changed[key] = _with(value[key], chance)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        if chance.random() < 0.2:
            return value[:place] + value[place + 1 :] if chance.random() < 0.5 else [*value, value[place]]
        return [*value[:place], _with(value[place], chance), *value[place + 1 :]]
    if isinstance(value, str) and value and chance.random() < 0.3:
        place = chance.randrange(len(value))
        return value[:place] + str(chance.choice(HOSTILE)) + value[place + chance.randrange(2) :]
    return chance.choice(HOSTILE)


def _as_line(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Damage a cell of a row, or a part of a header."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    parts = _LINE_PARTS.split(lines[place])
    at = chance.randrange(len(parts))
    hostile = str(chance.choice(HOSTILE)).encode("utf-8", "surrogatepass")
    quoted = parts[at][:1] == b'"' and chance.random() < 0.7
    parts[at] = b'"%s"' % hostile if quoted else hostile
    lines[place] = b"".join(parts)
    return b"\n".join(lines)


def _lines(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Leave a line out, repeat it, or put it elsewhere."""
    lines = data.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 1, 2))):
        lines.insert(chance.randint(0, len(lines)), line)
    return b"\n".join(lines)


def _bytes(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Change, cut out, repeat or put in some bytes."""
    place = chance.randint(0, len(data))
    much = min(chance.choice((1, 1, 2, 4, 16, 200)), len(data) - place)
    put_in = chance.choice(
        (b"", chance.randbytes(1), chance.randbytes(4), data[place : place + much] * 2, b"\xff\xfe", b"\0" * 8, b'"')
    )
    return data[:place] + put_in + data[place + much :]


def _cut(data: bytes, _seeds: Sequence[bytes], chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _spliced(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


_WAYS: Final[tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...]] = (
    _as_json, _as_json, _as_json, _as_msgpack, _as_line, _as_line, _lines, _bytes, _bytes, _cut, _spliced,
)  # fmt: skip
