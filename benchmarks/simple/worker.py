"""`ringboard worker` with the simple job's fold in place of its own: `python -m benchmarks.simple.worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agents.app import create_app
from agents.worker import run_worker
from benchmarks.marks import cpu_s
from benchmarks.simple.events import add_up
from benchmarks.simple.share import TABLES, simple_group
from benchmarks.simple.totals_file import write_totals
from benchmarks.simple.windows import hopping
from benchmarks.watching import watch
from stream.settings import load_settings

if TYPE_CHECKING:
    from agents.app import RingboardApp
    from benchmarks.simple.share import SimpleShare
    from stream.settings import Settings


def make_app(settings: Settings) -> RingboardApp:
    """Build the worker's app as the command does, with another group."""
    slice_ms, size_ms = int(os.environ["BENCH_SLICE_MS"]), int(os.environ["BENCH_SIZE_MS"])
    app = create_app(settings, [simple_group(settings, slice_ms)])

    def results() -> dict[str, Any]:
        shares = [cast("SimpleShare", share) for share in app.engine.shares("events").values()]
        tables = {table: add_up(share.totals()[table] for share in shares) for table in TABLES}
        began = cpu_s()
        if size_ms != slice_ms:
            tables = {table: hopping(cells, slice_ms, size_ms) for table, cells in tables.items()}
        read_s = cpu_s() - began
        write_totals(Path(os.environ["BENCH_TOTALS"]), tables)
        return {"unread": sum(share.unread for share in shares), "read_cpu_s": read_s}

    watch(app, results)
    return app


if __name__ == "__main__":
    sys.exit(run_worker(load_settings(), make_app))
