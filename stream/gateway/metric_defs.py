"""Every metric of the gateway, declared once."""

from __future__ import annotations

from typing import Final

from stream.web.metric import Kind, Metric

_SINCE: Final = " Since this process began; no KPI is made of it."


def _metric(kind: Kind, name: str, help_: str, *labels: str) -> Metric:
    return Metric(f"ringboard_gateway_{name}", kind, help_ + (_SINCE if kind == "counter" else ""), labels)


REQUESTS: Final = _metric("counter", "requests", "Requests answered.", "source", "status")
TURNED_AWAY: Final = _metric("counter", "turned_away", "Requests of which nothing was read or kept.", "source", "why")
EVENTS: Final = _metric("counter", "events", "Events that the broker has, duplicates included.", "source", "type")
REFUSED: Final = _metric(
    "counter", "refused", "Records refused and put on the topic of the rejected.", "source", "reason"
)
LEFT_OUT: Final = _metric("counter", "left_out", "Calls of extensions, left out.", "source")
UNUSED: Final = _metric("counter", "unused", "Records that no rule of the source's mapping took.", "source")
LACKING: Final = _metric(
    "counter",
    "calls_lacking",
    "Calls told in parts of which a part that each call has never came: told of without it, or given up.",
    "source",
    "part",
    "what",
)
LABELS: Final = _metric(
    "counter",
    "labels_changed",
    "Labels that came with a number or an e-mail address, masked, and reasons that are too long.",
    "field",
    "why",
)
SECONDS: Final = _metric("histogram", "request_seconds", "How long answers took.", "source")
UNDER_WAY: Final = _metric("gauge", "requests_under_way", "Requests that are being answered, but those for health.")
HELD_BYTES: Final = _metric("gauge", "held_bytes", "Bytes of the bodies of requests that are being answered.")
READY: Final = _metric("gauge", "ready", "1 while the broker takes what is posted, 0 while it does not.")
CALLS: Final = _metric("gauge", "calls_remembered", "Calls of the last day that callbacks have reported.")
