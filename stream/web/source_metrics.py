"""What a live source has done, in a registry of its own, for /metrics and /healthz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from stream.events.refusal import Reason
from stream.web import source_metric_defs as d

if TYPE_CHECKING:
    from stream.web.metric import Metric


class SourceMetrics:
    """The metrics of the source called `source`; each is at 0 from the beginning."""

    def __init__(self, source: str, registry: CollectorRegistry | None = None) -> None:
        self.source = source
        self.registry = registry or CollectorRegistry()
        self.events = self._counter(d.EVENTS)
        self.refused = self._counter(d.REFUSED)
        self.refused.labels(source, str(Reason.INTERNAL))  # an alert looks for its first
        self.labels = self._counter(d.LABELS)
        self.connected = self._gauge(d.CONNECTED).labels(source)
        self.broker = self._gauge(d.BROKER).labels(source)
        self.last_event = self._gauge(d.LAST_EVENT).labels(source)
        self.open_calls = self._gauge(d.OPEN_CALLS).labels(source)
        self.unsent = self._gauge(d.UNSENT).labels(source)
        self.reconnects = self._counter(d.RECONNECTS).labels(source)
        self.heard = self._counter(d.HEARD).labels(source)
        self.left_out = self._counter(d.LEFT_OUT).labels(source)
        self.unused = self._counter(d.UNUSED).labels(source)
        self.timed_out = self._counter(d.TIMED_OUT).labels(source)
        self.reconciled = self._counter(d.RECONCILED).labels(source)
        self.untimed = self._counter(d.UNTIMED).labels(source)

    def sent(self, kind: str) -> None:
        """Count an event that the broker has."""
        self.events.labels(self.source, kind).inc()

    def rejected(self, reason: str) -> None:
        """Count a record that the broker has on the rejected topic."""
        self.refused.labels(self.source, reason).inc()

    def label_changed(self, field: str, why: str, count: int) -> None:
        """Count labels of `field` that were changed."""
        self.labels.labels(self.source, field, why).inc(count)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
