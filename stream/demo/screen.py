"""What the demo shows in the terminal: a live table, or a line every few seconds where there is none."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stream.cli import board

if TYPE_CHECKING:
    from types import TracebackType

LINE_EVERY_S = 5.0
BAR_CELLS = 40


@dataclass(slots=True)
class Sight:
    """
    What there is to see.

    `progress` is how far the floor has been told, from 0 to 1, and `events` how many events of it in this start;
    `answer` is what the worker says, None before it does, and `url` where its page is.
    """

    url: str
    doing: str
    progress: float = 0.0
    live: bool = False
    events: int = 0
    answer: dict[str, Any] | None = None


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
        if sight.answer is not None:
            parts.append(board.render(sight.answer, self._language))
        return Group(*parts)

    def _status(self, sight: Sight) -> RenderableType:
        row = Table.grid(padding=(0, 1))
        told = Text(sight.doing, style="bold")
        if sight.live:
            row.add_row(told, Text(_counts(sight), style="dim"))
        else:
            row.add_row(told, ProgressBar(1.0, sight.progress, width=BAR_CELLS), Text(_counts(sight), style="dim"))
        return row

    def _tell(self, sight: Sight) -> None:
        now = time.monotonic()
        if now - self._last < LINE_EVERY_S and sight.doing == self._doing:
            return
        self._last, self._doing = now, sight.doing
        percent = "" if sight.live else f" {sight.progress:.0%}"
        self.say(f"{sight.doing}{percent}, {_counts(sight)}")
        if sight.answer is not None:
            self.say("  " + board.line(sight.answer, self._language))


def _counts(sight: Sight) -> str:
    counts = f"{sight.events:,} events told"
    if sight.answer is None:
        return f"{counts}; the worker is starting"
    behind = sight.answer["behind"]
    return f"{counts}, {f'{behind:,} to be counted' if behind else 'all counted'}"
