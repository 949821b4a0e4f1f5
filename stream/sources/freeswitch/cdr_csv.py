"""The rows of mod_cdr_csv: of its example template, known by where the uuid stands, or by the names in a header."""

from __future__ import annotations

import uuid as uuids
from typing import TYPE_CHECKING, Final

from stream.events.refusal import Reason, Refused
from stream.sources.columns import Columns, Layout, seconds
from stream.sources.freeswitch.legs import UUID, Leg
from stream.sources.rows import without_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.sources.wall_clock import WallClock

_TEMPLATE: Final = (
    "caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp", "end_stamp",
    "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode", "read_codec", "write_codec",
)  # fmt: skip
_BEFORE: Final = _TEMPLATE.index("uuid")
_NEEDED: Final = ("caller_id_number", "destination_number", "start_stamp", "end_stamp", "billsec", "uuid")
_SINCE_1582: Final = 12_219_292_800
_VERSION_OF_TIME: Final = 1
_SLACK_S: Final = 2
_SLACK_COARSE_S: Final = 120  # where a time was written without its seconds
_CHANGES_S: Final = (1800, 3600)


def header_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns that a header names, None if `cells` are none."""
    names = tuple(name.strip().lower() for name in cells)
    return names if {"uuid", "billsec"} <= {*names} else None


def order_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns of a row without a header, known by where its uuid stands behind the cause of its end."""
    place = next((place for place, cell in enumerate(cells) if UUID.fullmatch(cell.strip())), -1)
    # Newer templates have the address of the machine in front.
    first = place - _BEFORE
    if first not in {0, 1} or not cells[place - 1].replace("_", "").isalnum() or not cells[place - 1].isupper():
        return None
    names = ("", *_TEMPLATE)[1 - first :]
    return (*names, *("",) * len(cells))[: len(cells)]


LAYOUT: Final = Layout(header_of, order_of, _NEEDED, "records of legs have")


class Reader:
    """Reads rows, one line after the other."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._columns = Columns(LAYOUT)

    def leg(self, line: int, data: bytes) -> Leg | None:
        """Return the leg in `data`, None for a header; raises Refused where it is none, WrongFileError for the file."""
        text = self._columns.texts(data)
        return None if text is None else self._leg(line, text)

    def nameless(self, data: bytes) -> bytes:
        """Return a line without the name of the caller."""
        return without_cell(data, self._columns.place_of("caller_id_name", 0))

    def _leg(self, line: int, text: Callable[[str], str]) -> Leg:
        uuid = text("uuid")
        if not UUID.fullmatch(uuid):
            raise Refused(Reason.WRONG_TYPE, "uuid", f"uuid: {len(uuid)} characters; the id of a leg has 36")
        start, answered, end, billsec = self._times(text, uuid)
        other = text("bleg_uuid")
        return Leg(
            line=line,
            uuid=uuid,
            call="",
            others=frozenset({other}) if UUID.fullmatch(other) else frozenset(),
            inbound=None,
            caller=text("caller_id_number"),
            called=text("destination_number"),
            context=text("context"),
            channel="",
            start=start,
            answered=answered,
            bridged=None,
            end=end,
            billsec=billsec,
            cause=text("hangup_cause").upper(),
            code="",
            account=text("accountcode"),
        )

    def _times(self, text: Callable[[str], str], uuid: str) -> tuple[int, int | None, int, int]:
        began = text("start_stamp")
        billsec = seconds(text("billsec"), "billsec")
        born = _born(uuid)
        start = self._clock.moment(began, "start_stamp", born=born, begins=True)
        end = self._clock.moment(text("end_stamp"), "end_stamp", born=born)
        coarse = began.count(":") == 1
        if text("duration"):
            end = _agreed(start + 1000 * seconds(text("duration"), "duration"), end, "end_stamp", coarse=coarse)
        if end < start:
            raise Refused(
                Reason.OUT_OF_RANGE, "end_stamp", "end_stamp: before start_stamp; was the clock set meanwhile?"
            )
        if not text("answer_stamp"):
            return start, None, end, 0
        answered = self._clock.moment(text("answer_stamp"), "answer_stamp", born=born)
        return start, _agreed(max(end - 1000 * billsec, start), answered, "answer_stamp", coarse=coarse), end, billsec


def _agreed(counted: int, written: int, field: str, *, coarse: bool) -> int:
    """Return the moment that is written, or what durations come to where that is finer, or the clocks have changed."""
    away = abs(written - counted) / 1000
    if away <= _SLACK_S and not coarse:
        return written
    if away <= (_SLACK_COARSE_S if coarse else 0) or any(abs(away - change) <= _SLACK_S for change in _CHANGES_S):
        return counted
    raise Refused(
        Reason.OUT_OF_RANGE,
        field,
        f"{field}: {away:.0f} s away from what the durations say; was the clock set meanwhile?",
    )


def _born(uuid: str) -> float | None:
    """Return the moment that an id was made at, in seconds, where it is of the kind that holds it."""
    one = uuids.UUID(uuid)
    return one.time / 10_000_000 - _SINCE_1582 if one.version == _VERSION_OF_TIME else None
