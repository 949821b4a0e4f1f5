"""The tables that Asterisk writes, which FreePBX and others have too: cdr, cel, and the queue_log of its realtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.asterisk.cdr import AsteriskCdr
from stream.sources.asterisk.cel import AsteriskCel
from stream.sources.asterisk.ids import born
from stream.sources.asterisk.queue_log import AsteriskQueueLog
from stream.sources.asterisk.settings import AsteriskSettings
from stream.sources.table_layout import HOUR_S, AsFile, TableLayout, as_csv
from stream.sources.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.settings.model import Settings
    from stream.sources.table_layout import Record

_PARAMETERS: Final = ("data1", "data2", "data3", "data4", "data5")
_NO_CALL: Final = frozenset({"", "NONE", "MANAGER", "REALTIME", "CLI"})


def _cdr(settings: Settings, _told_at: int) -> AsFile:
    return AsFile(lambda: AsteriskCdr(settings), as_csv)


def _cel(settings: Settings, _told_at: int) -> AsFile:
    return AsFile(lambda: AsteriskCel(settings), as_csv)


def _queue_log(settings: Settings, _told_at: int) -> AsFile:
    zone = settings.group(AsteriskSettings).asterisk_cdr_zone
    clock = WallClock(zone, settings.zone, "asterisk_cdr_timezone")
    return AsFile(lambda: AsteriskQueueLog(settings), lambda records: queue_log_of(records, clock))


def queue_log_of(records: Sequence[Record], clock: WallClock) -> bytes:
    """Return rows of the table as lines of the file: the time in seconds since the epoch, the rest as it stands."""
    return "".join(f"{_line(record, clock)}\n" for record in records).encode()


def _line(record: Record, clock: WallClock) -> str:
    call = record.get("callid") or ""
    parameters = [record.get("data") or ""] if "data" in record else []
    own = [record.get(name) or "" for name in _PARAMETERS if name in record]
    cells = [_time(record.get("time") or "", call, clock), call]
    cells += [record.get(name) or "" for name in ("queuename", "agent", "event")]
    cells += own if any(own) or not any(parameters) else parameters
    return "|".join(" ".join(cell.split()) if "\n" in cell else cell for cell in cells)


def _time(text: str, call: str, clock: WallClock) -> str:
    try:
        at = clock.moment(text, "time", born=born(call))
    except Exception:  # noqa: BLE001  its reader refuses the row, and says so
        return text
    return f"{at // 1000}.{at % 1000:03}000"


CDR: Final = TableLayout(
    name="asterisk-cdr",
    tables=("cdr", "asterisk_cdr"),
    make=_cdr,
    needed=(("calldate", "start"), ("src",), ("dst",), ("channel",), ("lastapp",), ("duration",), ("billsec",),
            ("disposition",)),
    others=(
        "clid", "dcontext", "dstchannel", "lastdata", "answer", "end", "accountcode", "uniqueid", "userfield",
        "linkedid", "peeraccount", "sequence", "did",
    ),
    order=("calldate", "start"),
    dated=("calldate", "start"),
    call=("linkedid",),
)  # fmt: skip
CEL: Final = TableLayout(
    name="asterisk-cel",
    tables=("cel", "asterisk_cel"),
    make=_cel,
    needed=(("eventtype",), ("eventtime",), ("channame",), ("uniqueid",), ("linkedid",)),
    others=(
        "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "appname", "appdata",
        "accountcode", "peeraccount", "userfield", "peer", "userdeftype", "extra",
    ),
    order=("id", "cel_id", "eventtime"),
    dated=("eventtime",),
    call=("linkedid",),
    closes=lambda record: (record.get("eventtype") or "").upper() == "LINKEDID_END",
    reach_s=4 * HOUR_S,
)  # fmt: skip
QUEUE_LOG: Final = TableLayout(
    name="asterisk-queue-log",
    tables=("queue_log", "queuelog", "queue_logs"),
    make=_queue_log,
    needed=(("time",), ("callid",), ("queuename",), ("agent",), ("event",)),
    others=("data", *_PARAMETERS),
    order=("id", "time"),
    dated=("time",),
    call=("callid",),
    alone=_NO_CALL,
    told_with_all=True,
    reach_s=4 * HOUR_S,
)
TABLES: Final = (CDR, CEL, QUEUE_LOG)
