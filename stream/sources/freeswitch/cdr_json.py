"""The records of mod_json_cdr: one object for each leg, one after the other in a file, on a line each or on many."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from stream.events.refusal import Reason, Refused
from stream.sources.freeswitch.legs import Leg, leg_of_record
from stream.sources.reading import Unreadable, lines
from stream.sources.text import decoded as text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 4 * 1024 * 1024
_BEGINS: Final = (b'{"core-uuid"', b'{"core_uuid"', b'{"switchname"')
_DECODER: Final = json.JSONDecoder()
_TOKENS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)  # a whole string, or one sign


def looks(head: bytes) -> bool:
    """Return whether the beginning is that of a record."""
    start = head[:4096].lstrip(b"[ \r\n\t")
    return start.startswith(b"{") and (b'"core-uuid"' in start or b'"channel_data"' in head) and b'"variables"' in head


class _Unfinished:
    """
    What stands in the file from `line` on and is not a whole object yet.

    Each byte is looked at once, when its line comes; only the object that then ends is decoded, so a file that is
    wrong takes no longer than one that is right. `hopeless` if no further line can make an object of it.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        self.data = bytearray()
        self.hopeless = False
        self._depth = 0

    def add(self, data: bytes) -> int | None:
        """Add a line, and return where the object ends if it ends on this line."""
        if self.data:
            self.data += b"\n"
        elif not data.startswith(b"{"):
            self.hopeless = True
        start = len(self.data)
        self.data += data
        for token in () if self.hopeless else _TOKENS.finditer(data):
            if token[0] in {b"{", b"["}:
                self._depth += 1
            elif token[0] in {b"}", b"]"}:
                self._depth -= 1
                if not self._depth:
                    return start + token.end()
            elif token[0] == b'"':
                self.hopeless = True  # JSON has no string that goes on over a line's end
                break
        return None

    def cut(self) -> Unreadable:
        """Return what is here as a record that is refused."""
        why = "an object that does not end, or is none; is the record cut off?"
        return Unreadable(self.line, Refused(Reason.MALFORMED_JSON, None, why), bytes(self.data[:_LARGEST]))


def records(file: BinaryIO) -> Iterator[tuple[int, bytes, Any] | Unreadable]:
    """
    Yield (line, its bytes, the object) of what stands in `file`.

    A record that is cut off ends where the next one begins, and is refused.
    """
    unfinished: _Unfinished | None = None
    for line in lines(file):
        if isinstance(line, Unreadable):
            yield line
            continue
        number, data = line
        if unfinished and (data.startswith(_BEGINS) or len(unfinished.data) > _LARGEST):
            yield unfinished.cut()
            unfinished = None
        text = text_of(data)
        if unfinished:
            end = unfinished.add(data)
            if end is None:
                continue
            whole, rest = bytes(unfinished.data[:end]), bytes(unfinished.data[end:])
            decoded = _decoded(text_of(whole), 0)
            if decoded is None:
                unfinished.hopeless = True
                continue
            yield unfinished.line, whole, decoded[0]
            text = text_of(rest)
        place = _after_separators(text, 0)
        while (decoded := _decoded(text, place)) is not None:
            value, end = decoded
            yield number, text[place:end].encode(), value
            place = _after_separators(text, end)
        unfinished = None
        if place < len(text):
            unfinished = _Unfinished(number)
            unfinished.hopeless = unfinished.add(text[place:].encode()) is not None or unfinished.hopeless
    if unfinished:
        yield unfinished.cut()


def _after_separators(text: str, place: int) -> int:
    while place < len(text) and text[place] in "[], \r\n\t":
        place += 1
    return place


def _decoded(text: str, place: int) -> tuple[Any, int] | None:
    """Return the value that stands at `place`, and where it ends; None if none does."""
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError):  # also an integer of more digits than Python reads
        return None


def leg(line: int, record: Any, campaign: str | None) -> Leg:
    """Return the leg that a record describes; raises Refused where it is none."""
    variables = record.get("variables") if isinstance(record, dict) else None
    if not isinstance(variables, dict):
        raise Refused(Reason.MISSING_FIELD, "variables", "variables: missing; it is no record of mod_json_cdr")
    flow = record.get("callflow")
    flows = [one for one in (flow if isinstance(flow, list) else [flow]) if isinstance(one, dict)]
    profiles = [
        {name: value for part in ("times", "caller_profile") for name, value in _texts(one.get(part))}
        for one in flows
        if isinstance(one.get("caller_profile"), dict)
    ]
    known = {name: str(value) for name, value in variables.items() if isinstance(value, str | int)}
    return leg_of_record(line, known, profiles, list(_apps(record.get("app_log"))), campaign)


def _apps(log: Any) -> Iterator[str]:
    """Yield the applications that were run, also of a record that was XML before it was JSON."""
    entries = (log.get("applications") or log.get("application")) if isinstance(log, dict) else None
    for one in entries if isinstance(entries, list) else [entries]:
        if isinstance(one, dict):
            attributes = one.get("@attributes")
            yield str((attributes if isinstance(attributes, dict) else one).get("app_name", ""))


def _texts(part: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in part.items() if isinstance(value, str)] if isinstance(part, dict) else []
