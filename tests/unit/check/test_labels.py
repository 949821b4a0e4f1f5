"""The check adds up what worker, gateway and live source have masked, by field."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from stream.check.labels import counts_in
from stream.gateway.meters import Meters
from stream.privacy.labels import labels_line
from stream.web.source_metrics import SourceMetrics


def test_what_gateway_and_live_source_count_is_read() -> None:
    meters = Meters()
    meters.labels.labels("reason", "number").inc(3)
    meters.labels.labels("rep", "email").inc()
    source = SourceMetrics("asterisk", CollectorRegistry())
    source.label_changed("reason", "number", 2)
    text = meters.text().decode() + generate_latest(source.registry).decode()  # type: ignore[no-untyped-call]
    assert counts_in(text) == {("reason", "number"): 5, ("rep", "email"): 1}


def test_what_a_worker_counts_is_read() -> None:
    text = (
        'ringboard_labels_changed_total{field="campaign",why="number"} 2\n'
        'ringboard_labels_changed_total{field="reason",why="too_long"} 1.0\nringboard_events_total{type="x"} 9\n'
    )
    counts = counts_in(text)
    assert counts == {("campaign", "number"): 2, ("reason", "too_long"): 1}
    assert labels_line(counts) == "labels masked: campaign with a telephone number 2, reason too long 1"
