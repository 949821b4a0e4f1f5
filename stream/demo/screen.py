"""The demo's output: a live table in a terminal, else a line every few seconds."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stream import kpi_table
from stream.kpi.catalogue import BY_ID, THE_SIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SHOWN = ("1h", "today", "7d", "30d")
LINE_WINDOW = "7d"
LINE_EVERY_S = 5.0
BAR_CELLS = 28


@dataclass(slots=True)
class Status:
    """
    The demo's status.

    `progress` is how much of the past has been sent, from 0 to 1, and `events` how many events since this start;
    `answers` are the worker's KPIs by window of `SHOWN`, empty until it answers; `url` is the address of its page.
    """

    url: str
    doing: str
    progress: float = 0.0
    live: bool = False
    events: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)


class Screen:
    """
    Prints lines, and shows the latest `Status`.

    In a terminal and with `table` that is a table that is updated in place, else lines; names are in `language`.
    """

    def __init__(self, language: str = "en", *, table: bool = True) -> None:
        self._language = language
        self._console = Console(highlight=False)
        self._table = table and self._console.is_terminal
        self._live: Live | None = None
        self._last = 0.0
        self._doing = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def say(self, line: str) -> None:
        """Print a line above the table."""
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._console.print(line, soft_wrap=True)

    def show(self, status: Status) -> None:
        """Show `status`."""
        with contextlib.suppress(OSError):
            if self._table:
                self._draw(status)
            else:
                self._print_lines(status)

    def close(self) -> None:
        """Stop updating the table; the last one stays in the terminal."""
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(OSError):
                live.stop()

    def _draw(self, status: Status) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
            self._live.start()
        self._live.update(self._picture(status), refresh=True)

    def _picture(self, status: Status) -> RenderableType:
        """Return the status above the table: on a small terminal, what is too high is cut off at the bottom."""
        link = Text.assemble("Open ", (status.url, "bold cyan"), ("   Ctrl-C stops all of it", "dim"))
        parts: list[RenderableType] = [Text(), self._progress(status), link]
        if status.answers:
            parts.append(self._table_of(status.answers))
        return Group(*parts)

    def _table_of(self, answers: Mapping[str, Any]) -> Table:
        """Return a table of the six KPIs over the windows of `SHOWN`."""
        table = Table(box=box.SIMPLE_HEAD, title="SIMULATED FLOOR", title_style="bold yellow")
        table.add_column("KPI", no_wrap=True)
        for window in SHOWN:
            table.add_column(window, justify="right", no_wrap=True)
        for name in THE_SIX:
            kpi = BY_ID[name]
            values = (_value(answers[window]["kpis"][name], kpi.unit, self._language) for window in SHOWN)
            table.add_row(Text(kpi.name[self._language], style="bold"), *values)
        return table

    def _progress(self, status: Status) -> RenderableType:
        doing = Text(status.doing, style="bold")
        counts = Text(_counts(status), style="dim")
        if status.live:
            return Group(doing, counts)
        row = Table.grid(padding=(0, 1))
        row.add_row(doing, ProgressBar(1.0, status.progress, width=BAR_CELLS))
        return Group(row, counts)

    def _print_lines(self, status: Status) -> None:
        now = time.monotonic()
        if now - self._last < LINE_EVERY_S and status.doing == self._doing:
            return
        if not self._doing:
            self.say(f"Open {status.url}; Ctrl-C stops all of it.")
        self._last, self._doing = now, status.doing
        percent = "" if status.live else f" {status.progress:.0%}"
        self.say(f"{status.doing}{percent}, {_counts(status)}")
        if status.answers:
            self.say(f"  {LINE_WINDOW}: {kpi_table.summary_line(status.answers[LINE_WINDOW], self._language)}")


def _counts(status: Status) -> str:
    counts = f"{status.events:,} events sent"
    if not status.answers:
        return f"{counts}; the worker is starting"
    if not all(answer["complete"] for answer in status.answers.values()):
        return f"{counts}; the worker restores its state"
    behind = max((answer["behind"] or 0 for answer in status.answers.values()), default=0)
    return f"{counts}, {f'{behind:,} to be counted' if behind else 'all counted'}"


def _value(one: Mapping[str, Any], unit: str, language: str) -> str:
    return kpi_table.format_value(one["value"], unit, language, one.get("currency"))
