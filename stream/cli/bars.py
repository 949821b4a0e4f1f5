"""The progress bar of a long command: on standard error, and only if that is a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def bar(title: str, total: float | None, *, quiet: bool = False) -> Generator[Callable[[float, str], None]]:
    """
    Show a progress bar on standard error, unless `quiet` or if that is no terminal.

    Yield a function that advances the bar by an amount (of `total`) and sets the text beside it.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[beside]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=total, beside="")

        def move(amount: float, beside: str) -> None:
            progress.update(task, advance=amount, beside=beside)

        yield move
