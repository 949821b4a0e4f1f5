"""The rows of Asterisk's call detail records, in the column orders of its modules, or by the names in a header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk.ids import birth, born, not_before_birth
from stream.sources.columns import Columns, Layout, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.sources.wall_clock import WallClock

DISPOSITIONS: Final = frozenset({"ANSWERED", "NO ANSWER", "NOANSWER", "BUSY", "FAILED", "CONGESTION", "UNKNOWN"})
_SIDES: Final = ("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata")
_NEWER: Final = ("peeraccount", "linkedid", "sequence")
# cdr_csv: with uniqueid, userfield and the newer columns as cdr.conf says. Its clid stands fifth.
_DEFAULT: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata",
    "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
# The sample of cdr_custom.conf.
_CUSTOM: Final = (
    *_SIDES, "start", "answer", "end", "duration", "billsec", "disposition", "amaflags", "accountcode",
    "uniqueid", "userfield", "sequence",
)  # fmt: skip
# The table of cdr_mysql, cdr_odbc and FreePBX, exported without a header.
_TABLE: Final = (
    "start", *_SIDES, "duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
    "did", "recordingfile", "cnum", "cnam", "outbound_cnum", "outbound_cnam", "dst_cnam", *_NEWER[1:2], "peeraccount",
    "sequence",
)  # fmt: skip
_ORDERS: Final = (
    _DEFAULT,
    (*_DEFAULT, "uniqueid"),
    (*_DEFAULT, "userfield"),
    (*_DEFAULT, "uniqueid", "userfield"),
    (*_DEFAULT, *_NEWER),
    (*_DEFAULT, "uniqueid", *_NEWER),
    (*_DEFAULT, "uniqueid", "userfield", *_NEWER),
    *(_CUSTOM[:count] for count in range(16, len(_CUSTOM) + 1)),
    *(_TABLE[:count] for count in range(14, len(_TABLE) + 1)),
)
_TIME: Final = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}[ T][0-9]|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}[ T][0-9]"
    r"|[0-9]{9,11}(\.[0-9]+)?$"
)
_ALIASES: Final = {"calldate": "start", "billseconds": "billsec", "context": "dcontext", "source": "src"}
_NEEDED: Final = ("start", "src", "dst", "channel", "lastapp", "duration", "billsec", "disposition")
# What tables and their exports have where nothing was written.
_NO_ID: Final = frozenset({"", "0", "-1", "NULL", "null", "(null)", r"\N", "None"})
_ANY_ZONE_S: Final = 26 * 3600  # a zone that is set wrong is reported otherwise
_SLACK_MS: Final = 2000  # what rounding may come to
_CHANGES_MS: Final = (1_800_000, 3_600_000)  # what daylight saving moves a clock by


class Row(NamedTuple):
    """
    One record: a channel, or its dealings with one other; times in ms since the epoch.

    `app` is in small letters. Where it is not `answered`, a moment of `answer` is that of the channel itself, which
    rang another in vain.
    """

    line: int
    src: str
    dst: str
    clid: str
    context: str
    channel: str
    peer: str
    app: str
    data: str
    start: int
    answer: int | None
    end: int
    billsec: int
    disposition: str
    account: str
    unique: str
    linked: str
    userfield: str
    did: str = ""

    @property
    def answered(self) -> bool:
        """Return whether it was answered, by whoever or whatever it was."""
        return self.disposition == "ANSWERED"

    @property
    def order(self) -> tuple[int, tuple[int, int], int]:
        """Return what rows of one call are ordered by: when each began, then the older channel."""
        return self.start, birth(self.unique) or (0, 0), self.line


def layout_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns of a row without a header: known by where its disposition, its time and its id stand."""
    return next((order for order in _ORDERS if len(order) == len(cells) and _fits(order, cells)), None)


def _fits(order: tuple[str, ...], cells: Sequence[str]) -> bool:
    if cells[order.index("disposition")].strip().upper() not in DISPOSITIONS:
        return False
    if not _TIME.match(cells[order.index("start")].strip()):
        return False
    unique = cells[order.index("uniqueid")].strip() if "uniqueid" in order else ""
    return not unique or birth(unique) is not None


def header_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns that a header names, None if `cells` are none."""
    if any(cell[:1].isdigit() for cell in cells):
        return None
    names = tuple(_ALIASES.get(name.strip().lower(), name.strip().lower()) for name in cells)
    if "disposition" not in names or "billsec" not in names:
        return None
    return names


LAYOUT: Final = Layout(header_of, layout_of, _NEEDED, "call detail records have")


class Reader:
    """Reads rows, one line after the other."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._columns = Columns(LAYOUT)

    def row(self, line: int, data: bytes) -> Row | None:
        """Return the row in `data`, None for a header; raises Refused where it is none, WrongFileError for the file."""
        text = self._columns.texts(data)
        return None if text is None else self._row(line, text)

    def _row(self, line: int, text: Callable[[str], str]) -> Row:
        disposition = text("disposition").upper()
        if disposition not in DISPOSITIONS:
            raise Refused(
                Reason.UNKNOWN_VALUE,
                "disposition",
                f"disposition: {len(disposition)} characters; ANSWERED, NO ANSWER, BUSY, FAILED or CONGESTION is one",
            )
        start, answer, end = self._times(text, answered=disposition == "ANSWERED")
        return Row(
            line=line,
            src=text("src"),
            dst=text("dst"),
            clid=text("clid"),
            context=text("dcontext"),
            channel=text("channel"),
            peer=text("dstchannel"),
            app=text("lastapp").lower(),
            data=text("lastdata"),
            start=start,
            answer=answer,
            end=end,
            billsec=seconds(text("billsec"), "billsec"),
            disposition="NO ANSWER" if disposition == "NOANSWER" else disposition,
            account=text("accountcode"),
            unique=text("uniqueid"),
            linked="" if text("linkedid") in _NO_ID else text("linkedid"),
            userfield=text("userfield"),
            did=text("did"),
        )

    def _times(self, text: Callable[[str], str], *, answered: bool) -> tuple[int, int | None, int]:
        duration, talked = seconds(text("duration"), "duration"), seconds(text("billsec"), "billsec")
        if talked > duration + 1:
            raise Refused(
                Reason.OUT_OF_RANGE, "billsec", f"billsec: {talked}, and duration {duration}; no more than the duration"
            )
        birth_second = born(text("uniqueid"))
        start = self._clock.moment(text("start"), "start", born=birth_second, begins=True)
        not_before_birth(start, text("uniqueid"), "start", slack_s=_ANY_ZONE_S)
        end = start + 1000 * duration
        if text("end"):
            end = _near(self._clock.moment(text("end"), "end", born=birth_second), end, "end")
        answer = None
        if answered:
            answer = max(end - 1000 * talked, start)
            if text("answer"):
                answer = _near(self._clock.moment(text("answer"), "answer", born=birth_second), answer, "answer")
        elif talked and text("answer"):
            # The channel itself was up, and whom it rang did not answer.
            answer = max(end - 1000 * talked, start)
        return start, answer, end


def _near(moment: int, expected: int, field: str) -> int:
    """Return `moment` if the durations agree; where a change of the clocks lies between, what they say."""
    away = abs(moment - expected)
    if away <= _SLACK_MS:
        return moment
    if any(abs(away - change) <= _SLACK_MS for change in _CHANGES_MS):
        return expected
    raise Refused(
        Reason.OUT_OF_RANGE,
        field,
        f"{field}: {away // 1000} s away from what the durations in the row say; was the clock set during the call?",
    )
