"""A recorded floor as its tables: cdr as FreePBX makes it, cel, and the queue_log of Asterisk's realtime."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stream.sources.asterisk.cdr_rows import layout_of
from stream.sources.asterisk.cel_rows import order_of
from tests.shared_data import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.databases.conftest import Database

FLOOR = OWN / "asterisk_recorded"
TEXT = "varchar(255) NOT NULL DEFAULT ''"
CDR = f"""CREATE TABLE cdr (
    calldate {{time}} NOT NULL, clid {TEXT}, src {TEXT}, dst {TEXT}, dcontext {TEXT}, channel {TEXT},
    dstchannel {TEXT}, lastapp {TEXT}, lastdata {TEXT}, duration int NOT NULL DEFAULT 0, billsec int NOT NULL DEFAULT 0,
    disposition {TEXT}, amaflags int NOT NULL DEFAULT 0, accountcode {TEXT}, uniqueid {TEXT}, userfield {TEXT},
    linkedid {TEXT}, sequence int NOT NULL DEFAULT 0)"""
CEL = f"""CREATE TABLE cel (
    id {{serial}} PRIMARY KEY, eventtype {TEXT}, eventtime {{time}} NOT NULL, cid_name {TEXT}, cid_num {TEXT},
    exten {TEXT}, context {TEXT}, channame {TEXT}, appname {TEXT}, appdata {TEXT}, accountcode {TEXT}, uniqueid {TEXT},
    linkedid {TEXT}, userfield {TEXT}, peer {TEXT}, userdeftype {TEXT}, extra {TEXT})"""
QUEUE_LOG = f"""CREATE TABLE queue_log (
    id {{serial}} PRIMARY KEY, time varchar(32), callid {TEXT}, queuename {TEXT}, agent {TEXT}, event {TEXT},
    data1 {TEXT}, data2 {TEXT}, data3 {TEXT}, data4 {TEXT}, data5 {TEXT})"""
INDEXES = (
    "CREATE INDEX cdr_calldate ON cdr (calldate)",
    "CREATE INDEX cdr_uniqueid ON cdr (uniqueid)",
    "CREATE INDEX cel_linkedid ON cel (linkedid)",
)


async def make_tables(database: Database, *, indexes: bool = True) -> None:
    """Create the tables, empty."""
    forms = {"time": "datetime(6)", "serial": "int AUTO_INCREMENT"}
    if not database.is_mariadb:
        forms = {"time": "timestamp", "serial": "serial"}
    await database.run(*(table.format(**forms) for table in (CDR, CEL, QUEUE_LOG)), *(INDEXES if indexes else ()))


def rows_of(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((FLOOR / name).read_text("utf-8"))))


def cel_rows() -> list[dict[str, Any]]:
    """Return the rows of cel in their order."""
    found = []
    for cells in rows_of("cel.csv"):
        order = order_of(cells)
        assert order is not None
        row = dict(zip(order, cells, strict=True))
        moment = datetime.fromtimestamp(float(row["eventtime"]), UTC).replace(tzinfo=None)
        wanted = {name: value for name, value in row.items() if f" {name} " in CEL.replace("\n", " ")}
        found.append({**wanted, "eventtime": moment})
    return found


NAMES = (
    "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "disposition", "accountcode",
    "uniqueid", "userfield",
)  # fmt: skip


def cdr_rows() -> list[dict[str, Any]]:
    """Return the rows of cdr in the order in which they were written; their linkedid as cel has it."""
    linked = {row["uniqueid"]: row["linkedid"] for row in cel_rows()}
    found = []
    for number, cells in enumerate(rows_of("cdr.csv")):
        order = layout_of(cells)
        assert order is not None
        row = dict(zip(order, cells, strict=True))
        found.append(
            {name: row.get(name, "") for name in NAMES}
            | {"calldate": datetime.fromisoformat(row["start"]), "sequence": number}
            | {"duration": int(row["duration"]), "billsec": int(row["billsec"])}
            | {"linkedid": linked.get(row["uniqueid"], row["uniqueid"])}
        )
    return found


def queue_log_rows() -> list[dict[str, Any]]:
    """Return the rows of queue_log in their order."""
    found = []
    for line in (FLOOR / "queue_log").read_text("utf-8").splitlines():
        cells = line.split("|")
        time, *own = cells[:5]
        local = datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
        parameters = (cells[5:] + [""] * 5)[:5]
        row: dict[str, Any] = {"time": local}
        row |= dict(zip(("callid", "queuename", "agent", "event"), own, strict=True))
        row |= {f"data{number}": value for number, value in enumerate(parameters, 1)}
        found.append(row)
    return found


TABLES = {"cdr": cdr_rows, "cel": cel_rows, "queue_log": queue_log_rows}


async def fill(database: Database, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Insert rows by table."""
    for table, some in rows.items():
        await database.insert(table, some)
