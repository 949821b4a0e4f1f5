"""Answers one scrape: Ringboard's metrics, followed by those of the process itself."""

from __future__ import annotations

import asyncio
import zlib
from itertools import chain
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.registry import Collector

from agents.metrics.exposition import Families, OpenMetrics, TextCache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric as Family

    from agents.metrics.metrics import FloorMetrics

_OPENMETRICS: Final = "application/openmetrics-text"
_FAST: Final = 1  # takes a third of the time of zlib's default, for a quarter more bytes
_GZIP: Final = 16 + zlib.MAX_WBITS


class Scrape:
    """Writes `metrics` as they are now."""

    def __init__(self, metrics: FloorMetrics) -> None:
        self._metrics = metrics
        self._cache = TextCache()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    async def answer(self, accept: str, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
        """Return the body in the requested format and encoding, and its headers."""
        encode, content_type = choose_encoder(accept)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if content_type.startswith(_OPENMETRICS):
            out = OpenMetrics(self._cache)
            self._metrics.write(out)
            body = out.text(self._process)
        else:  # Prometheus requests the format above. This one is for people and takes longer, so a thread writes it.
            families = Families()
            self._metrics.write(families)
            body = await asyncio.to_thread(encode, _Both(families, self._process))
        if gzip_accepted(accept_encoding):
            # This sends a twentieth of the bytes; zlib lets the event loop run meanwhile.
            body = await asyncio.to_thread(zlib.compress, body, level=_FAST, wbits=_GZIP)
            headers["Content-Encoding"] = "gzip"
        return body, headers


def kind_of_scrape(accept: str, accept_encoding: str) -> tuple[str, bool]:
    """Return what an answer depends on, of what a request accepts."""
    return choose_encoder(accept)[1], gzip_accepted(accept_encoding)


class _Both(Collector):
    def __init__(self, families: Families, process: CollectorRegistry) -> None:
        self._families = families
        self._process = process

    def collect(self) -> Iterable[Family]:
        return chain(self._families, self._process.collect())
