"""The records of mod_json_cdr: one object for each leg, one after the other in a file, on a line each or on many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from stream.events.refusal import Reason, Refused
from stream.sources.freeswitch.legs import Leg, leg_of
from stream.sources.reading import Unreadable, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 4 * 1024 * 1024
_BEGINS: Final = (b'{"core-uuid"', b'{"core_uuid"', b'{"switchname"')
_DECODER: Final = json.JSONDecoder()


def looks(head: bytes) -> bool:
    """Return whether the beginning is that of a record."""
    start = head[:4096].lstrip(b"[ \r\n\t")
    return start.startswith(b"{") and (b'"core-uuid"' in start or b'"channel_data"' in head) and b'"variables"' in head


def records(file: BinaryIO) -> Iterator[tuple[int, bytes, Any] | Unreadable]:
    """
    Yield (line, its bytes, the object) of what stands in `file`.

    A record that is cut off ends where the next one begins, and is refused.
    """
    kept, began = b"", 0
    for line in lines(file):
        if isinstance(line, Unreadable):
            yield line
            continue
        number, data = line
        if kept and (data.startswith(_BEGINS) or len(kept) > _LARGEST):
            yield _cut(began, kept)
            kept = b""
        if not kept:
            began = number
        kept = kept + b"\n" + data if kept else data
        for item in _whole(began, kept):
            if isinstance(item, bytes):
                kept = item
                break
            yield item
    if kept.strip(b"[], \r\n\t"):
        yield _cut(began, kept)


def _whole(line: int, data: bytes) -> Iterator[tuple[int, bytes, Any] | Unreadable | bytes]:
    """Yield the objects that `data` begins with, then the rest of it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield Unreadable(line, Refused(Reason.BAD_ENCODING, None, "not UTF-8; write the file as UTF-8"), data)
        yield b""
        return
    place = 0
    while True:
        while place < len(text) and text[place] in "[], \r\n\t":
            place += 1
        try:
            told, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):  # also an integer of more digits than Python reads
            yield text[place:].encode()
            return
        yield line, text[place:end].encode(), told
        place = end


def leg(line: int, told: Any, campaign: str | None) -> Leg:
    """Return the leg that a record describes; raises Refused where it is none."""
    variables = told.get("variables") if isinstance(told, dict) else None
    if not isinstance(variables, dict):
        raise Refused(Reason.MISSING_FIELD, "variables", "variables: missing; it is no record of mod_json_cdr")
    flow = told.get("callflow")
    flows = [one for one in (flow if isinstance(flow, list) else [flow]) if isinstance(one, dict)]
    profile: dict[str, Any] = {}
    for one in flows:
        # The last one in a record is the first that was: what was called then is what counts.
        profile = one["caller_profile"] if isinstance(one.get("caller_profile"), dict) else profile
    known = {name: value for name, value in profile.items() if isinstance(value, str)}
    merged = {
        **{name: known[name] for name in ("caller_id_number", "destination_number", "context") if name in known},
        **{name: value for name, value in variables.items() if isinstance(value, str | int)},
    }
    log = told.get("app_log")
    entries = log.get("applications") if isinstance(log, dict) else None
    apps = [str(one.get("app_name", "")) for one in entries or [] if isinstance(one, dict)]
    return leg_of(
        line, {name: str(value) for name, value in merged.items()}, apps=apps, encoded=True, campaign=campaign
    )


def _cut(line: int, data: bytes) -> Unreadable:
    refused = Refused(Reason.MALFORMED_JSON, None, "an object that does not end, or is none; is the record cut off?")
    return Unreadable(line, refused, data[:_LARGEST])
