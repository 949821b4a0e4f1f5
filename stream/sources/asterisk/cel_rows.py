"""The rows of Asterisk's channel event logging: by a header, as configured, or in a known order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from stream.events.refusal import Reason, Refused
from stream.sources.asterisk.ids import birth, born, not_before_birth
from stream.sources.columns import Columns, Layout
from stream.sources.rows import without_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.sources.wall_clock import WallClock

KINDS: Final = frozenset(
    {
        "CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "BRIDGE_START", "BRIDGE_END",
        "BRIDGE_UPDATE", "CONF_ENTER", "CONF_EXIT", "CONF_START", "CONF_END", "APP_START", "APP_END", "PARK_START",
        "PARK_END", "TRANSFER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD", "3WAY_START", "3WAY_END",
        "HOOKFLASH", "LINKEDID_END", "LOCAL_OPTIMIZE", "LOCAL_OPTIMIZE_BEGIN", "USER_DEFINED", "STREAM_BEGIN",
        "STREAM_END", "DTMF",
    }
)  # fmt: skip
_WHO: Final = ("eventtype", "eventtime", "cid_name", "cid_num")
_WHERE: Final = ("exten", "context", "channame", "appname", "appdata")
_ORDERS: Final = (
    # The sample of cel_custom.conf, with and without its last columns.
    (*_WHO, "cid_ani", "cid_rdnis", "cid_dnid", *_WHERE, "amaflags", "accountcode", "uniqueid", "linkedid", "peer",
     "userfield", "userdeftype", "extra"),
    # The same with the account of the peer, as the tables of cel_odbc and cel_pgsql have it.
    (*_WHO, "cid_ani", "cid_rdnis", "cid_dnid", *_WHERE, "amaflags", "accountcode", "peeraccount", "uniqueid",
     "linkedid", "userfield", "peer", "userdeftype", "extra"),
    # What calls need, and no more.
    (*_WHO, "cid_dnid", *_WHERE, "accountcode", "uniqueid", "linkedid", "userfield", "peer", "extra"),
    (*_WHO, *_WHERE, "accountcode", "uniqueid", "linkedid", "userfield", "peer", "extra"),
)  # fmt: skip
_ALIASES: Final = {
    "type": "eventtype", "eventname": "eventtype", "time": "eventtime", "calleridname": "cid_name",
    "calleridnum": "cid_num", "channel": "channame", "application": "appname", "applicationdata": "appdata",
    "bridgepeer": "peer", "eventextra": "extra", "account": "accountcode", "cidname": "cid_name", "cidnum": "cid_num",
    "app": "appname", "useruserdeftype": "userdeftype",
}  # fmt: skip
_NEEDED: Final = ("eventtype", "eventtime", "channame", "uniqueid", "linkedid")
_ANY_ZONE_S: Final = 26 * 3600  # a zone that is set wrong is reported otherwise
_SHORTEST: Final = 12
_FRACTION: Final = re.compile(r"[^0-9].*")


class Row(NamedTuple):
    """One event of a channel; `at` in ms since the epoch, `fraction` of a second as it is written."""

    line: int
    kind: str
    at: int
    caller: str
    exten: str
    context: str
    channel: str
    app: str
    data: str
    account: str
    unique: str
    linked: str
    peer: str
    userfield: str
    defined: str
    extra: str
    fraction: str = ""

    @property
    def order(self) -> tuple[int, str]:
        """Return what rows of one call are ordered by: to the microsecond, where that is written."""
        return self.at, self.fraction

    def extras(self) -> dict[str, Any]:
        """Return what the event adds, by name; nothing where that is no object."""
        try:
            extra = orjson.loads(self.extra) if self.extra else {}
        except orjson.JSONDecodeError:
            return {}
        return extra if isinstance(extra, dict) else {}


def header_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the columns that a header names, None if `cells` are none."""
    if any(cell[:1].isdigit() for cell in cells):
        return None
    plain = (name.strip().lower().replace(" ", "") for name in cells)
    names = tuple(_ALIASES.get(name, name) for name in plain)
    return names if "linkedid" in names and "eventtype" in names else None


def order_of(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Return the known order that a row without a header is in, known by where its ids stand."""
    if len(cells) < _SHORTEST or cells[0].strip().upper() not in KINDS:
        return None
    for order in _ORDERS:
        linked = order.index("linkedid")
        if linked < len(cells) <= len(order) and birth(cells[linked]) and birth(cells[linked - 1]):
            return order[: len(cells)]
    return None


LAYOUT: Final = Layout(header_of, order_of, _NEEDED, "channel event log has")


class Reader:
    """Reads rows, one line after the other."""

    def __init__(self, clock: WallClock, columns: Sequence[str]) -> None:
        self._clock = clock
        self._columns = Columns(LAYOUT, [_ALIASES.get(name, name) for name in columns])

    def row(self, line: int, data: bytes) -> Row | None:
        """Return the row in `data`, None for a header; raises Refused where it is none, WrongFileError for the file."""
        text = self._columns.texts(data)
        return None if text is None else self._row(line, text)

    def nameless(self, data: bytes) -> bytes:
        """Return a line without the name of the caller."""
        return without_cell(data, self._columns.place_of("cid_name", _WHO.index("cid_name")))

    def _row(self, line: int, text: Callable[[str], str]) -> Row:
        linked, unique = text("linkedid"), text("uniqueid")
        for name, value in (("linkedid", linked), ("uniqueid", unique), ("eventtype", text("eventtype"))):
            if not value:
                raise Refused(Reason.MISSING_FIELD, name, f"{name}: empty; every event of a channel has one")
        kind = text("eventtype").upper()
        at = self._clock.moment(text("eventtime"), "eventtime", born=born(unique), begins=kind == "CHAN_START")
        not_before_birth(at, linked, "eventtime", slack_s=_ANY_ZONE_S)
        return Row(
            line=line,
            kind=kind,
            at=at,
            caller=text("cid_num"),
            exten=text("exten"),
            context=text("context"),
            channel=text("channame"),
            app=text("appname"),
            data=text("appdata"),
            account=text("accountcode"),
            unique=unique,
            linked=linked,
            peer=text("peer"),
            userfield=text("userfield"),
            defined=text("userdeftype"),
            extra=text("extra"),
            fraction=_FRACTION.sub("", text("eventtime").partition(".")[2]),
        )
