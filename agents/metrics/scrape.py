"""One scrape of this process: Ringboard's metrics, and behind them those of the process itself."""

from __future__ import annotations

import asyncio
import zlib
from itertools import chain
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.registry import Collector

from agents.metrics.exposition import Families, Known, OpenMetrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric as Family

    from agents.metrics.metrics import FloorMetrics

_OPENMETRICS: Final = "application/openmetrics-text"
_FAST: Final = 1  # a third of the time of zlib's own choice, for a quarter more bytes
_GZIP: Final = 16 + zlib.MAX_WBITS


class Scrape:
    """Gives what `metrics` say now."""

    def __init__(self, metrics: FloorMetrics) -> None:
        self._metrics = metrics
        self._known = Known()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    async def answer(self, accept: str, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
        """Return the text in the format and the encoding that are asked for, and the headers that say which."""
        encode, content_type = choose_encoder(accept)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if content_type.startswith(_OPENMETRICS):
            out = OpenMetrics(self._known)
            self._metrics.write(out)
            body = out.text(self._process)
        else:  # Prometheus asks for the one above. This is for a look by hand, and takes longer: a thread writes it.
            families = Families()
            self._metrics.write(families)
            body = await asyncio.to_thread(encode, _Both(families, self._process))
        if gzip_accepted(accept_encoding):
            # A twentieth of the bytes, which the network is spared; zlib lets the loop go on meanwhile.
            body = await asyncio.to_thread(zlib.compress, body, level=_FAST, wbits=_GZIP)
            headers["Content-Encoding"] = "gzip"
        return body, headers


class _Both(Collector):
    def __init__(self, families: Families, process: CollectorRegistry) -> None:
        self._families = families
        self._process = process

    def collect(self) -> Iterable[Family]:
        return chain(self._families, self._process.collect())
