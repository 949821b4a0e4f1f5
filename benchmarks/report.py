"""The figures of a bench as a table and as JSON, with the versions that it ran on."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from stream.broker.jars import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.jobs import Span

PACKAGES = ("faust-streaming", "aiokafka", "msgspec", "orjson")


def versions() -> dict[str, str]:
    """Return the versions of what runs here, and the number of cores."""
    return {
        "python": platform.python_version(),
        "kafka": read_lock().kafka,
        "cores": str(os.cpu_count()),
        **{name: version(name) for name in PACKAGES},
    }


def rate(events: int, span: Span) -> dict[str, float]:
    """Return the figures of one run: events a second of CPU and of time, CPU-seconds, and peak memory in MB."""
    return {
        "events": events,
        "per_cpu_s": round(events / span.cpu),
        "per_s": round(events / span.wall),
        "cpu_s": round(span.cpu, 2),
        "broker_cpu_s": round(span.broker, 2),
        "other_cpu_s": round(span.other, 2),
        "peak_mb": round(span.peak_mb),
    }


def middle(runs: Iterable[Mapping[str, float]], name: str) -> float:
    """Return the median of a figure over some runs."""
    return median(run[name] for run in runs)


def spread(runs: Sequence[Mapping[str, float]], name: str) -> str:
    """Return the text of a figure's median, with the lowest and highest if there are several runs."""
    values = sorted(run[name] for run in runs)
    if len(values) == 1:
        return f"{values[0]:,.0f}"
    return f"{median(values):,.0f} ({values[0]:,.0f}\N{EN DASH}{values[-1]:,.0f})"


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, with the first column aligned left and the others right."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=not index)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    Console(width=max(150, Console().width)).print(table)


def write(path: Path | None, content: Mapping[str, Any]) -> None:
    """Write figures as JSON to `path`, unless that is None."""
    if path is not None:
        path.write_text(json.dumps({"versions": versions(), **content}, indent=2, ensure_ascii=False) + "\n", "utf-8")
