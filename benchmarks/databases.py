"""What `ringboard connect sql` costs a database: queries, rows and CPU of looks at a long table, idle and busy."""

from __future__ import annotations

import tempfile
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import report
from benchmarks.jobs import cpu_of, family_of
from stream.configuration import load_settings
from tests.databases.conftest import Database
from tests.databases.floor_tables import make_tables
from tests.databases.hearing import following
from tests.databases.servers import KINDS

if TYPE_CHECKING:
    from tests.databases.hearing import Following
    from tests.databases.servers import Server

EVERY_S: Final = 5.0
"""Between two looks, as `sql_every_s` is by itself."""
CALL_EVERY_S: Final = 5
"""Between two rows of the table: 17,280 calls a day."""
_FILL: Final = {
    "mysql": ("seq_1_to_{rows}", "'{first}' + INTERVAL seq * {every} SECOND", "CONCAT('17', seq, '.', seq)"),
    "postgresql": (
        "generate_series(1, {rows}) seq",
        "timestamp '{first}' + seq * interval '{every} seconds'",
        "'17' || seq || '.' || seq",
    ),
}  # fmt: skip
_REST: Final = (
    "'', '101', '0639980001', 'out', 'PJSIP/101-00000001', 'PJSIP/carrier-00000002', 'Dial', 'PJSIP/carrier', 50, 40, "
    "'ANSWERED'"
)
_COLUMNS: Final = (
    "calldate, uniqueid, linkedid, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, "
    "billsec, disposition"
)


async def run(rows: int, looks: int) -> dict[str, Any]:
    """Measure `looks` at a table of `rows`, on MariaDB and on PostgreSQL; return the figures."""
    found = {}
    for name, kind in KINDS.items():
        server = kind()
        try:
            found[name] = await _of(server, rows, looks)
        finally:
            server.close()
    report.show(
        f"Looks at a cdr of {rows:,} rows, one each {EVERY_S:.0f} s",
        ("", "queries a minute", "rows a look", "of them new", "CPU ms a look", "a look, ms"),
        [
            (f"{name}, {how}", *(one[figure] for figure in ("queries_a_minute", "rows", "new", "cpu_ms", "wall_ms")))
            for name, figures in found.items()
            for how, one in figures.items()
        ],
    )
    return {"rows": rows, "looks": looks, "databases": found}


async def _of(server: Server, rows: int, looks: int) -> dict[str, dict[str, float]]:
    database = Database(server, f"t{uuid.uuid4().hex[:10]}")
    await database.create()
    await make_tables(database)
    # The newest row is as old as the looks take, as each of a busy floor's adds one.
    last = datetime.now() - timedelta(seconds=looks * EVERY_S + 7200)  # noqa: DTZ005  the table's times have no zone
    first = last - timedelta(seconds=CALL_EVERY_S * rows)
    await _fill(database, rows, first)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            sql_url=database.url, sql_tables=["cdr"], sql_begin_days=2, data_dir=Path(folder), timezone="UTC",
            sql_every_s=EVERY_S,
        )  # fmt: skip
        async with following(settings, now_ms=time.time_ns() // 1_000_000) as tables:
            await tables.begin()
            idle = await _looks(server, tables, looks, None)
            busy = await _looks(server, tables, looks, (database, rows, last))
    return {"idle": idle, "busy": busy}


async def _fill(database: Database, rows: int, first: datetime) -> None:
    series, moment, name = _FILL[database.server.scheme]
    at = moment.format(first=f"{first:%Y-%m-%d %H:%M:%S}", every=CALL_EVERY_S)
    await database.run(
        f"INSERT INTO cdr ({_COLUMNS}) SELECT {at}, {name}, {name}, {_REST} FROM {series.format(rows=rows)}",  # noqa: S608  ours
        "ANALYZE " + ("TABLE cdr" if database.is_mariadb else "cdr"),
    )


async def _looks(
    server: Server, tables: Following, looks: int, grows: tuple[Database, int, datetime] | None
) -> dict[str, float]:
    """Return what looks cost; where the table `grows`, a row comes before each, which is not counted."""
    (queries,) = tables.queries
    asked, read, cpu, wall = queries.asked, queries.rows_read, 0.0, 0.0
    for number in range(looks):
        if grows is not None:
            database, rows, last = grows
            at = last + timedelta(seconds=EVERY_S * number)
            name = f"17{rows + number}.{rows + number}"
            values = f"'{at:%Y-%m-%d %H:%M:%S}', '{name}', '{name}', {_REST}"
            await database.run(f"INSERT INTO cdr ({_COLUMNS}) VALUES ({values})")  # noqa: S608  ours
        before, began = _cpu(server), time.perf_counter()
        await tables.look(every_s=EVERY_S)
        wall += time.perf_counter() - began
        cpu += _cpu(server) - before
    return {
        "queries_a_minute": round((queries.asked - asked) / looks * 60 / EVERY_S, 1),
        "rows": round((queries.rows_read - read) / looks, 1),
        "new": 0 if grows is None else 1,
        "cpu_ms": round(1000 * cpu / looks, 2),
        "wall_ms": round(1000 * wall / looks, 1),
    }


def _cpu(server: Server) -> float:
    return sum(cpu_of(pid) for pid in family_of(server.pid))
