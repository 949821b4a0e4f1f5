"""One scrape of this process: Ringboard's metrics, and behind them those of the process itself."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from agents.pages.exposition import Families, Known, OpenMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric as Family

    from agents.pages.metrics import FloorMetrics

_OPENMETRICS: Final = "application/openmetrics-text"


class Scrape:
    """Gives what `metrics` say now."""

    def __init__(self, metrics: FloorMetrics) -> None:
        self._metrics = metrics
        self._known = Known()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    async def answer(self, accept: str) -> tuple[bytes, str]:
        """Return the text in the format that is asked for, and what that is called."""
        encode, content_type = choose_encoder(accept)
        if content_type.startswith(_OPENMETRICS):
            out = OpenMetrics(self._known)
            self._metrics.write(out)
            return out.text(self._process), content_type
        # Prometheus asks for the other one. This is for a look by hand, and takes longer: it is written in a thread.
        families = Families()
        self._metrics.write(families)
        both = _Both(families, self._process)
        return await asyncio.get_running_loop().run_in_executor(None, encode, both), content_type


class _Both(Collector):
    def __init__(self, families: Families, process: CollectorRegistry) -> None:
        self._families = families
        self._process = process

    def collect(self) -> Iterable[Family]:
        return chain(self._families, self._process.collect())
