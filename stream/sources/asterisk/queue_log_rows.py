"""The rows of Asterisk's queue_log: with bars between, as it is written, or of its realtime table, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk.ids import born, not_before_birth
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.columns import Columns, Layout
from stream.sources.rows import cells_of, text_of
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stream.settings.model import Settings

NO_CALL: Final = frozenset({"", "NONE", "MANAGER", "REALTIME", "CLI"})
_FEWEST: Final = 5
_STEP_S: Final = 60  # what a clock may be put back by without anybody's notice
_LONGEST: Final = 11
_ZONE_KEY: Final = "asterisk_cdr_timezone"
_QUARTER_S: Final = 900  # offsets from UTC are whole quarters of an hour
_MENU_S: Final = 300  # how long after its channel's birth a caller may enter a queue
_WIDEST_S: Final = 14 * 3600
_NEEDED: Final = ("time", "callid", "queuename", "agent", "event")
_DATA: Final = ("data1", "data2", "data3", "data4", "data5")


class Row(NamedTuple):
    """One row; `at` in ms since the epoch."""

    line: int
    at: int
    call: str
    queue: str
    member: str
    verb: str
    parameters: list[str]

    def text(self, place: int) -> str:
        """Return the text of a parameter, counted from 0; empty where there is none."""
        return self.parameters[place].strip() if place < len(self.parameters) else ""

    def seconds(self, place: int) -> int:
        """Return the seconds in a parameter; raises Refused where there are none."""
        text = self.text(place)
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
            raise Refused(
                Reason.MALFORMED_LINE if place >= len(self.parameters) else Reason.WRONG_TYPE,
                "parameters",
                f"{self.verb}: parameter {place + 1} has {len(text)} characters; seconds stand there: is it cut off?",
            )
        return int(text)


def is_row(line: bytes) -> bool:
    """Return whether a line is a row: seconds, call, queue, member and an event, with bars between."""
    cells = line.split(b"|")
    if len(cells) < _FEWEST or not cells[0].partition(b".")[0].isdigit():
        return False
    return cells[4].isalnum() and cells[4].isupper() and cells[4].isascii()


def row_of(line: int, data: bytes) -> Row:
    """Return the row in a line with bars; raises Refused where it is none."""
    cells = text_of(data).split("|")
    if len(cells) < _FEWEST:
        raise Refused(
            Reason.MALFORMED_LINE, None, f"{len(cells)} columns with bars between; a row has 5 or more: is it cut off?"
        )
    seconds, _, fraction = cells[0].strip().partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _LONGEST):
        raise Refused(Reason.WRONG_TYPE, "time", f"time: {len(cells[0])} characters; write seconds since the epoch")
    digits = fraction[:3].ljust(3, "0")
    at = 1000 * int(seconds) + (int(digits) if digits.isascii() and digits.isdigit() else 0)
    call, queue, member, verb = (cell.strip() for cell in cells[1:5])
    not_before_birth(at, call, "time", slack_s=_STEP_S)
    return Row(line, at, call, queue, member, verb, cells[5:])


def _header_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    names = tuple(cell.strip().lower().replace("_", "") for cell in cells)
    return names if {"callid", "queuename", "event"} <= set(names) else None


def _no_order(cells: Sequence[str]) -> None:
    """Return that the table's rows are known by its header alone."""
    del cells


LAYOUT: Final = Layout(_header_of, _no_order, _NEEDED, "queue_log table has")


def looks_like_table(head: bytes) -> bool:
    """Return whether the first line names the columns of Asterisk's realtime table."""
    line = head.partition(b"\n")[0].rstrip(b"\r")
    try:
        return _header_of(cells_of(line, lambda cells: _header_of(cells) is not None)) is not None
    except Refused:
        return False


class Table:
    """
    Reads the rows of the realtime table, whose times are local.

    Their zone is `asterisk_cdr_timezone`, else what the ids of `first` show (a few of its lines), else the floor's.
    """

    def __init__(self, settings: Settings, first: Iterable[bytes]) -> None:
        zone = settings.group(AsteriskSettings).asterisk_cdr_zone
        self._clock = WallClock(zone, settings.zone, _ZONE_KEY)
        self._bare = WallClock(ZoneInfo("UTC"), ZoneInfo("UTC"), _ZONE_KEY)
        self._columns = Columns(LAYOUT)
        self._offset_ms = None if zone is not None else _offset_ms(first)

    def row(self, line: int, data: bytes) -> Row | None:
        """Return the row in a line, None for the header; raises Refused where it is none."""
        text = self._columns.texts(data)
        if text is None:
            return None
        call, when = text("callid"), text("time")
        if self._offset_ms is None or when.partition(".")[0].isdigit():
            at = self._clock.moment(when, "time", born=born(call))
        else:
            at = self._bare.moment(when, "time") - self._offset_ms
        not_before_birth(at, call, "time", slack_s=_STEP_S)
        # Older tables have the parameters in one column, with bars between.
        # Of more than five the last column has the rest.
        parameters = (text("data") or "|".join(text(name) for name in _DATA)).split("|")
        while parameters and not parameters[-1]:
            parameters.pop()
        return Row(line, at, call, text("queuename"), text("agent"), text("event").upper(), parameters)


def _offset_ms(first: Iterable[bytes]) -> int | None:
    """Return how far the table's clock is ahead of UTC: by a caller who entered a queue, soon after they called."""
    columns, bare = Columns(LAYOUT), WallClock(ZoneInfo("UTC"), ZoneInfo("UTC"), _ZONE_KEY)
    for data in first:
        try:
            text = columns.texts(data)
            if text is None or text("event").upper() != "ENTERQUEUE" or text("time").partition(".")[0].isdigit():
                continue
            second = born(text("callid"))
            local = bare.moment(text("time"), "time") // 1000
        except Refused:
            continue
        if second is None:
            continue
        offset, waited = divmod(local - second + 2, _QUARTER_S)
        if waited <= _MENU_S and abs(offset * _QUARTER_S) <= _WIDEST_S:
            return offset * _QUARTER_S * 1000
    return None
