"""The testbed of the benches: a broker of their own, and a folder that is deleted afterwards."""

from __future__ import annotations

import logging
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stream.broker import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Testbed:
    """The broker that was started for the benches, and the folder of their logs and data."""

    broker: Broker
    folder: Path


@contextmanager
def new_testbed(keep: Path | None = None) -> Iterator[Testbed]:
    """Start a broker; yield it with a temporary folder, or with `keep`, which is not deleted."""
    # aiokafka logs an error for each topic that is not known to the broker yet, and retries.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        with Broker(keep / "broker") as broker:
            yield Testbed(broker, keep)
        return
    with tempfile.TemporaryDirectory(prefix="ringboard-bench-") as name, Broker(Path(name) / "broker") as broker:
        yield Testbed(broker, Path(name))
