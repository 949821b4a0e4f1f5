"""`ringboard broker`: run a real Kafka broker in the foreground, until Ctrl-C or SIGTERM."""

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


class _StopRequestedError(Exception):
    """SIGTERM or SIGINT (Ctrl-C)."""


@click.command(epilog=EXAMPLE)
@click.option("--port", type=click.IntRange(1, 65_535), default=9092, show_default=True, help="Where clients connect.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where topics are stored; a broker started on it again goes on with them.  [default: the data folder]",
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
        with _stop_signals():
            broker.start()
            click.echo(broker.bootstrap)
            broker.wait()
            raise broker.why_it_ended()
    except _StopRequestedError:
        pass
    finally:
        broker.stop()


@contextmanager
def _stop_signals() -> Generator[None]:
    """Raise `_StopRequestedError` in the main thread on SIGTERM or SIGINT; after the block they act as before."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopRequestedError

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
