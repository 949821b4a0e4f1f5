"""What a live source has done, in a registry of its own, for /metrics and /healthz."""

from __future__ import annotations

from collections import Counter as Counter_
from typing import TYPE_CHECKING, Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge

from stream.events.refusal import Reason
from stream.web import source_metric_defs as d

if TYPE_CHECKING:
    from stream.web.metric import Metric
    from stream.web.source_metric_defs import Fate

_WHOLE_CALL: Final = "call.ended"


class Counts(Protocol):
    """What counts something."""

    def inc(self, amount: float = 1) -> None:
        """Count some."""


class _InternalCalls:
    """Counts calls that are left out because they are between telephones of the floor."""

    def __init__(self, metrics: SourceMetrics, counter: Counter) -> None:
        self._metrics = metrics
        self._counter = counter

    def inc(self, amount: float = 1) -> None:
        """Count some."""
        self._counter.inc(amount)
        self._metrics.call("internal", amount)


class _UndirectedCalls:
    """Counts calls that are left out because nothing says which way they went."""

    def __init__(self, metrics: SourceMetrics) -> None:
        self._metrics = metrics

    def inc(self, amount: float = 1) -> None:
        """Count some."""
        self._metrics.call("unknown", amount)


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
        self.fates: Counter_[str] = Counter_()
        self._calls = self._counter(d.CALLS)
        for fate in d.FATES:
            self._calls.labels(source, fate)
        self.left_out = _InternalCalls(self, self._counter(d.LEFT_OUT).labels(source))
        self.undirected = _UndirectedCalls(self)
        self.unused = self._counter(d.UNUSED).labels(source)
        self.timed_out = self._counter(d.TIMED_OUT).labels(source)
        self.reconciled = self._counter(d.RECONCILED).labels(source)
        self.untimed = self._counter(d.UNTIMED).labels(source)

    def sent(self, kind: str) -> None:
        """Count an event that the broker has."""
        self.events.labels(self.source, kind).inc()
        if kind == _WHOLE_CALL:
            self.call("counted")

    def call(self, fate: Fate, count: float = 1) -> None:
        """Count calls by what became of them."""
        self.fates[fate] += round(count)
        self._calls.labels(self.source, fate).inc(count)

    def rejected(self, reason: str) -> None:
        """Count a record that the broker has on the rejected topic."""
        self.refused.labels(self.source, reason).inc()
        self.call("refused")

    def label_changed(self, field: str, why: str, count: int) -> None:
        """Count labels of `field` that were changed."""
        self.labels.labels(self.source, field, why).inc(count)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
