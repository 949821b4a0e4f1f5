"""Where the benches run: a broker of their own, in a folder that is gone afterwards."""

from __future__ import annotations

import logging
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench_floor import Place
from stream.broker import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def place_to_bench(keep: Path | None = None) -> Iterator[Place]:
    """Start a broker and give it, with a folder; `keep` is a folder that stays, for who wants to look at the logs."""
    # aiokafka tells of each topic that it has asked for a moment too early, and tries again.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        with Broker(keep / "broker") as broker:
            yield Place(broker, keep)
        return
    with tempfile.TemporaryDirectory(prefix="ringboard-bench-") as name, Broker(Path(name) / "broker") as broker:
        yield Place(broker, Path(name))
