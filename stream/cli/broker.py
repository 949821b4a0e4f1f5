"""`ringboard broker`: a real Kafka in the foreground, until it is told to stop."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stream.broker import Broker
from stream.configuration import load_settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

EXAMPLE = """\b
Example:
  ringboard broker --port 9092 --dir ./kafka
  RINGBOARD_BROKER=127.0.0.1:9092 ringboard worker
"""


class _AskedToStopError(Exception):
    """SIGTERM or SIGINT came."""


@click.command(epilog=EXAMPLE)
@click.option("--port", type=click.IntRange(1, 65_535), default=9092, show_default=True, help="Where clients connect.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where topics are kept; started again on it, the broker goes on with them.  [default: the data folder]",
)
@click.option("--heap", type=click.IntRange(min=128), default=512, show_default=True, help="Java's heap, in MB.")
def command(port: int, directory: Path | None, heap: int) -> None:
    """
    Run a real Apache Kafka broker on this machine, reachable from this machine only.

    Kafka and its Java runtime come with Ringboard: the first start fetches Kafka (45 MB), later ones need no network.
    Prints the address once it serves, and runs until Ctrl-C or SIGTERM.
    """
    broker = Broker(directory or load_settings().data_dir / "broker", port, heap_mb=heap)
    try:
        with _asked_to_stop():
            broker.start()
            click.echo(broker.bootstrap)
            broker.wait()
            raise broker.why_it_ended()
    except _AskedToStopError:
        pass
    finally:
        broker.stop()


@contextmanager
def _asked_to_stop() -> Generator[None]:
    """Raise in the main thread when SIGTERM or SIGINT comes; a second one, while the broker stops, acts as ever."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        raise _AskedToStopError

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
