"""What the demo shows in the terminal: a live table, or a line every few seconds where there is none."""

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

from stream import kpi_table as board
from stream.kpi.catalogue import BY_ID, THE_SIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SHOWN = ("1h", "today", "7d", "30d")
LINE_WINDOW = "7d"
LINE_EVERY_S = 5.0
BAR_CELLS = 28


@dataclass(slots=True)
class Sight:
    """
    What there is to see.

    `progress` is how far the floor has been told, from 0 to 1, and `events` how many events of it in this start;
    `answers` is what the worker says of each window in `SHOWN`, nothing before it does; `url` is where its page is.
    """

    url: str
    doing: str
    progress: float = 0.0
    live: bool = False
    events: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)


class Screen:
    """
    Shows a `Sight` whenever it is given one, and lines before that.

    With a terminal and `table` it is a table that stays in its place, else lines; names are in `language`.
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
        """Print a line that stays."""
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._console.print(line, soft_wrap=True)

    def show(self, sight: Sight) -> None:
        """Show how things are."""
        with contextlib.suppress(OSError):
            if self._table:
                self._draw(sight)
            else:
                self._tell(sight)

    def close(self) -> None:
        """Leave the last table where it is, and say nothing more in it."""
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(OSError):
                live.stop()

    def _draw(self, sight: Sight) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")
            self._live.start()
        self._live.update(self._picture(sight), refresh=True)

    def _picture(self, sight: Sight) -> RenderableType:
        """Draw what must be seen on a small terminal too first: a table that is too high is cut at its end."""
        link = Text.assemble("Open ", (sight.url, "bold cyan"), ("   Ctrl-C stops all of it", "dim"))
        parts: list[RenderableType] = [Text(), self._status(sight), link]
        if sight.answers:
            parts.append(self._table_of(sight.answers))
        return Group(*parts)

    def _table_of(self, answers: Mapping[str, Any]) -> Table:
        """Draw the six over several windows: the short ones move, the long ones are what the floor is like."""
        table = Table(box=box.SIMPLE_HEAD, title="SIMULATED FLOOR", title_style="bold yellow")
        table.add_column("KPI", no_wrap=True)
        for window in SHOWN:
            table.add_column(window, justify="right", no_wrap=True)
        for name in THE_SIX:
            kpi = BY_ID[name]
            values = (_written(answers[window]["kpis"][name], kpi.unit, self._language) for window in SHOWN)
            table.add_row(Text(kpi.name[self._language], style="bold"), *values)
        return table

    def _status(self, sight: Sight) -> RenderableType:
        told = Text(sight.doing, style="bold")
        counts = Text(_counts(sight), style="dim")
        if sight.live:
            return Group(told, counts)
        row = Table.grid(padding=(0, 1))
        row.add_row(told, ProgressBar(1.0, sight.progress, width=BAR_CELLS))
        return Group(row, counts)

    def _tell(self, sight: Sight) -> None:
        now = time.monotonic()
        if now - self._last < LINE_EVERY_S and sight.doing == self._doing:
            return
        if not self._doing:
            self.say(f"Open {sight.url}; Ctrl-C stops all of it.")
        self._last, self._doing = now, sight.doing
        percent = "" if sight.live else f" {sight.progress:.0%}"
        self.say(f"{sight.doing}{percent}, {_counts(sight)}")
        if sight.answers:
            self.say(f"  {LINE_WINDOW}: {board.line(sight.answers[LINE_WINDOW], self._language)}")


def _counts(sight: Sight) -> str:
    counts = f"{sight.events:,} events told"
    if not sight.answers:
        return f"{counts}; the worker is starting"
    if not all(answer["complete"] for answer in sight.answers.values()):
        return f"{counts}; the worker restores its state"
    behind = max((answer["behind"] or 0 for answer in sight.answers.values()), default=0)
    return f"{counts}, {f'{behind:,} to be counted' if behind else 'all counted'}"


def _written(one: Mapping[str, Any], unit: str, language: str) -> str:
    return board.written(one["value"], unit, language, one.get("currency"))
