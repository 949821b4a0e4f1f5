"""The rows of 3CX's call detail records, in the orders of columns that are known, or as they are configured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.reading import WrongFileError
from stream.sources.rows import cells_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.sources.wall_clock import WallClock

Names = tuple[str, ...]
# As its page of output fields lists them, and the number of columns that were written before those of the types were.
_CALL: Final = (
    "historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no",
    "to-no", "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate",
    "bill-cost", "bill-name", "chain",
)  # fmt: skip
_TYPES: Final = ("from-type", "to-type", "final-type")
_SHOWN: Final = ("from-dispname", "to-dispname", "final-dispname")
_MISSED: Final = "missed-queue-calls"
_ORDERS: Final = (
    (*_CALL, *_TYPES, *_SHOWN, _MISSED),
    (*_CALL, _MISSED, *_SHOWN, *_TYPES),
    (*_CALL, *_TYPES, *_SHOWN),
    (*_CALL, *_TYPES),
    (*_CALL, _MISSED),
    _CALL,
)
KNOWN: Final = frozenset(_ORDERS[0])
_NEEDED: Final = ("historyid", "time-start", "time-end", "from-no", "to-no")
_BEFORE_ID: Final = "Call "
_LENGTH: Final = re.compile(r"(?:(\d{1,3})\.)?(\d{1,3}):(\d\d):(\d\d)(?:\.\d+)?")
_TIME: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[ T]\d{1,2}:\d\d.*")
_ID: Final = re.compile(r"[0-9A-Za-z_.:-]{1,60}")
_EXTENSION: Final = "ext."
_SLACK_MS: Final = 2000
_CHANGES_MS: Final = (1_800_000, 3_600_000)  # what daylight saving moves a clock by

OUTSIDE: Final = "outside"
REP: Final = "rep"
QUEUE: Final = "queue"
OTHER: Final = "other"
# The types of both generations: written as "ExternalLine", or as "external_line" by newer ones.
_KINDS: Final = {
    "line": OUTSIDE, "externalline": OUTSIDE, "provider": OUTSIDE, "outboundrule": OUTSIDE,
    "extension": REP,
    "queue": QUEUE, "ringgroup": QUEUE, "ringgroupringall": QUEUE, "ringgrouphunt": QUEUE,
    "ivr": OTHER, "script": OTHER, "callflow": OTHER, "voicemail": OTHER, "vmail": OTHER, "fax": OTHER,
    "confplace": OTHER, "conference": OTHER, "parking": OTHER, "park": OTHER, "inboundrouting": OTHER,
    "specialmenu": OTHER,
}  # fmt: skip


class End(NamedTuple):
    """An end of a row's call: what kind of thing it is (None: not known), its number, and the name that is shown."""

    kind: str | None
    number: str
    dn: str
    shown: str

    @property
    def inside(self) -> bool:
        """Whether it is of the floor; what has no type is, where it is written as an extension."""
        return self.kind != OUTSIDE if self.kind is not None else self.number.lower().startswith(_EXTENSION)

    @property
    def is_rep(self) -> bool:
        """Whether it is a rep's telephone; what has no type may be one."""
        return self.kind == REP if self.kind is not None else self.inside

    @property
    def extension(self) -> str:
        """Its extension, without what is written before it."""
        return self.dn or self.number[len(_EXTENSION) :]


class Row(NamedTuple):
    """One record: `source` and `target` and what the target was replaced with, if it was; times in ms."""

    line: int
    call: str
    start: int
    answer: int | None
    end: int
    source: End
    target: End
    final: End
    dialled: str
    reason: str

    @property
    def order(self) -> tuple[int, int, int]:
        """Return what rows of one call are ordered by."""
        return self.start, self.end, self.line


def header_of(cells: Sequence[str]) -> Names | None:
    """Return the columns that a header names, None if `cells` are none."""
    names = tuple(name.strip().lower().replace("_", "-").replace(" ", "-") for name in cells)
    return names if {"historyid", "time-start"} <= set(names) else None


def order_of(cells: Sequence[str]) -> Names | None:
    """Return the columns of a row without a header, where it is of 3CX and in an order that is known."""
    return next((order for order in _ORDERS if _counts(order, cells) and _fits(order, cells)), None)


def _counts(order: Names, cells: Sequence[str]) -> bool:
    """Return whether there are as many cells; a comma may end the line, and may stand in the names at its end."""
    more = len(cells) - len(order)
    return more == 0 or (more == 1 and not cells[-1].strip()) or (more > 0 and order == _ORDERS[0])


def _fits(order: Names, cells: Sequence[str]) -> bool:
    text = dict(zip(order, (cell.strip() for cell in cells), strict=False))
    if not _TIME.fullmatch(text["time-start"]) or not _TIME.fullmatch(text["time-end"]):
        return False
    if text["duration"] and not _LENGTH.fullmatch(text["duration"]):
        return False
    if _TYPES[0] in text and _kind(text[_TYPES[0]]) is None:
        return False
    # One of its own words stands there, beyond what other records have.
    return text["historyid"].startswith(_BEFORE_ID) or text["chain"].startswith("Chain:")


def knows(cells: Sequence[str]) -> bool:
    """Return whether these are a header or a row of 3CX."""
    return header_of(cells) is not None or order_of(cells) is not None


class Reader:
    """
    Reads rows, one line after the other.

    `columns` are those that are configured; without them a header settles them, or the first row. `crowded` counts the
    rows that have more cells than columns, as a name at their end has a comma in it: their names are not read.
    """

    def __init__(self, clock: WallClock, columns: Sequence[str]) -> None:
        self.crowded = 0
        self._clock = clock
        self._columns: Names = tuple(columns)

    def row(self, line: int, data: bytes) -> Row | None:
        """Return the row in `data`, None for a header; raises Refused where it is none, WrongFileError for the file."""
        cells = cells_of(data, self._fit)
        header = header_of(cells)
        if header is not None:
            missing = [name for name in _NEEDED if name not in header]
            if missing:
                raise WrongFileError(
                    f"header: 3CX's records need {', '.join(missing)} too; add them to its CDR output fields, or "
                    "describe the file in a mapping, --mapping FILE (docs/sources/mapping.md)"
                )
            self._columns = header
            return None
        self._columns = self._columns or order_of(cells) or ()
        text = dict(zip(self._columns, map(str.strip, cells), strict=False))
        if self._is_crowded(cells):
            self.crowded += 1
            text.update(dict.fromkeys((*_SHOWN, _MISSED), ""))
        return self._row(line, lambda name: text.get(name, ""))

    def without_names(self, data: bytes) -> bytes:
        """Return the row in `data` without the names at its end, nothing where it is not known where they are."""
        place = min((self._columns.index(name) for name in (*_SHOWN, "chain") if name in self._columns), default=0)
        return b",".join(data.split(b",")[:place])

    def _is_crowded(self, cells: Sequence[str]) -> bool:
        """Return whether a name has a comma in it: then there are more cells, and mostly a blank goes before one."""
        if len(cells) == len(self._columns) or _SHOWN[0] not in self._columns:
            return False
        names = cells[self._columns.index(_SHOWN[0]) :]
        return any(cell.startswith(" ") for cell in names) or any(cell.strip() for cell in cells[len(self._columns) :])

    def _fit(self, cells: list[str]) -> bool:
        return knows(cells) if not self._columns else header_of(cells) is not None or _counts(self._columns, cells)

    def _row(self, line: int, text: Callable[[str], str]) -> Row:
        call = text("historyid").removeprefix(_BEFORE_ID).strip()
        if not _ID.fullmatch(call):
            raise Refused(
                Reason.MISSING_FIELD,
                "historyid",
                f"historyid: {len(call)} characters; have 3CX write it, as each call has one",
            )
        start = self._clock.moment(text("time-start"), "time-start")
        end = self._clock.moment(text("time-end"), "time-end")
        answer = self._clock.moment(text("time-answered"), "time-answered") if text("time-answered") else None
        answer, end = _on_one_clock(start, answer, end, _length(text("duration")))
        return Row(
            line,
            call,
            start,
            answer,
            end,
            _end("from", text),
            _end("to", text),
            End(_kind(text("final-type")), text("final-number"), text("final-dn"), text("final-dispname")),
            text("dial-no"),
            text("reason-terminated"),
        )


def _end(side: str, text: Callable[[str], str]) -> End:
    return End(_kind(text(f"{side}-type")), text(f"{side}-no"), text(f"{side}-dn"), text(f"{side}-dispname"))


def _kind(written: str) -> str | None:
    return _KINDS.get(re.sub(r"[^a-z]", "", written.lower()))


def _length(text: str) -> int | None:
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    return 1000 * (86_400 * int(match[1] or 0) + 3600 * int(match[2]) + 60 * int(match[3]) + int(match[4]))


def _on_one_clock(start: int, answer: int | None, end: int, talked: int | None) -> tuple[int | None, int]:
    """Return answer and end; where a change of the clocks lies between, as the duration says. Refused otherwise."""
    if answer is not None and talked:
        away = abs(end - answer - talked)
        if any(abs(away - change) <= _SLACK_MS for change in _CHANGES_MS):
            end = answer + talked
    if end < start or (answer is not None and not start <= answer <= end):
        field = "time-end" if end < start else "time-answered"
        raise Refused(
            Reason.OUT_OF_RANGE, field, f"{field}: outside of its call; is the time zone right (threecx_timezone)?"
        )
    return answer, end
