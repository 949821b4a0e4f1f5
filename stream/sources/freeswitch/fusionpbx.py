"""
The rows of FusionPBX's table v_xml_cdr, as its database, an export of it or its call records page have them.

A row is a leg, with what FusionPBX has made of its record; where the record itself stands in it (`json` or `xml`), that
is read instead.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final

from stream.events.refusal import Reason, Refused
from stream.sources.csv_rows import Form, rows
from stream.sources.freeswitch import cdr_json, cdr_xml
from stream.sources.freeswitch.legs import leg_of
from stream.sources.reading import Unreadable, WrongFileError
from stream.sources.rows import without_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stream.sources.freeswitch.legs import Leg
    from stream.sources.wall_clock import WallClock

Record = dict[str, str]

_KEY: Final = "xml_cdr_uuid"
_NAME: Final = "caller_id_name"
_NEEDED: Final = (
    (_KEY,), ("direction",), ("caller_id_number",), ("destination_number",), ("start_epoch", "start_stamp"),
    ("end_epoch", "end_stamp"), ("answer_epoch", "answer_stamp"), ("hangup_cause",),
)  # fmt: skip
_NEVER_S: Final = 172_800  # what was never answered was answered in 1970, in whatever zone
_NULLS: Final = frozenset({"", "NULL", "\\N"})
_TRUE: Final = frozenset({"true", "t", "1"})
_VOICEMAIL: Final = "voicemail"
_NEAR_MS: Final = 1500
_DIGITS: Final = 11


def looks(head: bytes) -> bool:
    """Return whether a file begins with a header that names the table's key."""
    names = head.partition(b"\n")[0].lower()
    return _KEY.encode() in names.replace(b'"', b"").replace(b";", b",").replace(b"\t", b",").strip().split(b",")


class Table:
    """Reads rows below a header, one after the other; times without a zone are of `clock`."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._names: list[str] = []

    def records(self, file: BinaryIO) -> Iterator[tuple[int, bytes, Record] | Unreadable]:
        """Yield (line, its bytes, the row by the names of its columns)."""
        for row in rows(file, Form(None, '"', "utf-8"), fits=self._fits):
            if isinstance(row, Unreadable):
                yield row._replace(data=self.nameless(row.data))
            elif not self._names:
                self._names = [name.strip().lower() for name in row.cells]
                _check(self._names)
            elif not self._fits(row.cells):
                count = f"{len(row.cells)} columns, and the header has {len(self._names)}; is the line cut off?"
                yield Unreadable(row.line, Refused(Reason.MALFORMED_LINE, None, count), self.nameless(row.data))
            else:
                values = ("" if cell in _NULLS else cell.strip() for cell in row.cells)
                yield row.line, row.data, dict(zip(self._names, values, strict=True))

    def leg(self, line: int, row: Record, campaign: str | None) -> Leg:
        """Return the leg that a row describes; raises Refused where it is none."""
        whole = _of_record(line, row, campaign)
        made = whole if whole is not None else _of_columns(line, row, campaign, self._clock)
        extension = (row["extension"],) if row.get("extension") else ()
        return made._replace(
            way=made.way or row.get("direction", ""), reps=extension, reached=(*extension, *made.reached)
        )

    def nameless(self, data: bytes) -> bytes:
        """Return a line without the name of the caller."""
        return without_cell(data, self._names.index(_NAME)) if _NAME in self._names else data

    def _fits(self, cells: list[str]) -> bool:
        return len(cells) == len(self._names)


def _check(names: list[str]) -> None:
    missing = [" or ".join(some) for some in _NEEDED if not any(name in names for name in some)]
    if missing:
        raise WrongFileError(
            f"header: v_xml_cdr has other columns too, and calls need them; it lacks {', '.join(missing)}: export the "
            "whole table, or these columns at least (docs/sources/fusionpbx.md)"
        )


def _of_record(line: int, row: Mapping[str, str], campaign: str | None) -> Leg | None:
    try:
        if row.get("json"):
            return cdr_json.leg(line, json.loads(row["json"]), campaign)
        if row.get("xml"):
            return cdr_xml.leg(line, row["xml"].encode(), campaign)
    except (Refused, ValueError, RecursionError):
        return None  # the columns say less, but all that calls need
    return None


def _of_columns(line: int, row: Mapping[str, str], campaign: str | None, clock: WallClock) -> Leg:
    start, answer, end = (_moment(row, name, clock) for name in ("start", "answer", "end"))
    answer = answer if answer > 1000 * _NEVER_S else 0
    talked = row.get("billmsec", "").partition(".")[0]
    if answer and talked.isascii() and talked.isdigit() and abs(answer + int(talked) - end) <= _NEAR_MS:
        end = max(answer + int(talked), start)  # to the millisecond, where the moments are whole seconds
    far = row.get("leg", "").lower() == "b" or row.get("cc_side") == "agent"
    known = {
        **row,
        "uuid": row.get(_KEY, ""),
        "call_direction": row.get("direction", ""),
        "direction": "outbound" if far else "",
        "start_uepoch": str(1000 * start),
        "answer_uepoch": str(1000 * answer),
        "end_uepoch": str(1000 * end),
    }
    if "bridge_uuid" in row:
        known["bridge_uepoch"] = str(1000 * _bridged(row, start, answer))
    voicemail = row.get("status") == _VOICEMAIL or row.get("voicemail_message", "").lower() in _TRUE
    called = row.get("destination_number", "")
    apps = [_VOICEMAIL] if voicemail else []
    return leg_of(line, known, apps=apps, campaign=campaign, path=[(called, 0)] if called else [])


def _bridged(row: Mapping[str, str], start: int, answer: int) -> int:
    """Return when a leg was joined with another one, in ms; 0 if it never was."""
    if not row["bridge_uuid"]:
        return 0
    waited = (row.get("waitsec") or row.get("wait") or "").partition(".")[0]
    joined = start + 1000 * int(waited) if waited.isascii() and waited.isdigit() and int(waited) else answer
    return answer if abs(joined - answer) <= _NEAR_MS else joined


def _moment(row: Mapping[str, str], name: str, clock: WallClock) -> int:
    """Return the moment of `name` in ms, by its seconds since the epoch or its time stamp; 0 where there is none."""
    seconds = row.get(f"{name}_epoch", "").partition(".")[0]
    if seconds.isascii() and seconds.isdigit() and len(seconds) <= _DIGITS:
        return 1000 * int(seconds)
    stamp = row.get(f"{name}_stamp", "")
    if not stamp:
        return 0
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return clock.moment(stamp, f"{name}_stamp")
    if moment.tzinfo is None:
        return clock.moment(stamp, f"{name}_stamp")
    return int(moment.astimezone(UTC).timestamp() * 1000)
