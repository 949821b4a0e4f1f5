"""What the gateway counts, in a registry of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import generate_latest

from stream.gateway import metric_defs as d

if TYPE_CHECKING:
    from stream.gateway.submission import Batch
    from stream.intake.admission import Admission
    from stream.web.metric import Metric

_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """The metrics of one gateway; sources are those that the settings name, so their labels are bounded."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter(d.REQUESTS)
        self.turned_away = self._counter(d.TURNED_AWAY)
        self.events = self._counter(d.EVENTS)
        self.refused = self._counter(d.REFUSED)
        self.left_out = self._counter(d.LEFT_OUT)
        self.unused = self._counter(d.UNUSED)
        self.lacking = self._counter(d.LACKING)
        self.labels = self._counter(d.LABELS)
        self.seconds = Histogram(
            d.SECONDS.name, d.SECONDS.help, d.SECONDS.labels, buckets=_BOUNDS_S, registry=self.registry
        )
        self.under_way = self._gauge(d.UNDER_WAY)
        self.held_bytes = self._gauge(d.HELD_BYTES)
        self.ready = self._gauge(d.READY)
        self.calls = self._gauge(d.CALLS)

    def count(self, source: str, batch: Batch, admission: Admission) -> None:
        """Count what the broker has of a batch, and what `admission` has changed in labels."""
        for kind, count in batch.events.items():
            self.events.labels(source, kind).inc(count)
        for reason, count in batch.refused.items():
            self.refused.labels(source, reason).inc(count)
        self.left_out.labels(source).inc(batch.left_out)
        for what, count in admission.labels.take_counts().items():
            self.labels.labels(*what).inc(count)

    def text(self) -> bytes:
        """Return all of it as OpenMetrics."""
        text: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]
        return text

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, metric.help, registry=self.registry)
