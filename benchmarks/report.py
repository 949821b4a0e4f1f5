"""How a bench tells its figures: a table for the reader, JSON for the record, and what it all ran on."""

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
    """Say what runs here."""
    return {
        "python": platform.python_version(),
        "kafka": read_lock().kafka,
        "cores": str(os.cpu_count()),
        **{name: version(name) for name in PACKAGES},
    }


def rate(events: int, span: Span) -> dict[str, float]:
    """Give the figures of one run."""
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
    """Write the median of a figure, and its lowest and highest where there are several."""
    values = sorted(run[name] for run in runs)
    if len(values) == 1:
        return f"{values[0]:,.0f}"
    return f"{median(values):,.0f} ({values[0]:,.0f}\N{EN DASH}{values[-1]:,.0f})"


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, the first column to the left and the others to the right."""
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=not place)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    Console(width=max(150, Console().width)).print(table)


def write(path: Path | None, content: Mapping[str, Any]) -> None:
    """Write figures as JSON, where a path was asked for."""
    if path is not None:
        path.write_text(json.dumps({"versions": versions(), **content}, indent=2, ensure_ascii=False) + "\n", "utf-8")
