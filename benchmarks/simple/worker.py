"""`ringboard worker` that folds the simple job: `python -m benchmarks.simple.worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agents.app import create_app
from agents.worker import run_worker
from benchmarks.marks import cpu_s
from benchmarks.simple.tables import flat, read_tables, simple_group
from benchmarks.simple.totals_file import write_totals
from benchmarks.worker_marks import watch
from stream.configuration import load_settings

if TYPE_CHECKING:
    from agents.app import RingboardApp
    from benchmarks.simple.state import SimpleState
    from stream.settings.model import Settings


def make_app(settings: Settings) -> RingboardApp:
    """Build the worker's app as the command does, with the group of the simple job."""
    size_ms, hop_ms = int(os.environ["BENCH_SIZE_MS"]), int(os.environ["BENCH_HOP_MS"])
    app = create_app(settings, [simple_group(settings, size_ms, hop_ms)])

    def results() -> dict[str, Any]:
        shares = [cast("SimpleState", share) for share in app.engine.states("events").values()]
        began = cpu_s()
        tables = read_tables(shares)
        read_s = cpu_s() - began
        write_totals(Path(os.environ["BENCH_TOTALS"]), flat(tables))
        return {"unread": sum(share.unread for share in shares), "read_cpu_s": read_s}

    watch(app, results)
    return app


if __name__ == "__main__":
    sys.exit(run_worker(load_settings(), make_app))
