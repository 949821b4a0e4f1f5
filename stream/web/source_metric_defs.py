"""Every metric of a live source, declared once."""

from __future__ import annotations

from typing import Final, Literal, get_args

from stream.web.metric import Kind, Metric

Fate = Literal["counted", "internal", "unknown", "refused"]
FATES: Final[tuple[Fate, ...]] = get_args(Fate)
"""What becomes of a call: it is sent; it is between telephones of the floor, of no known direction, or refused."""
_SINCE: Final = " Since this process began; no KPI is made of it."


def _metric(kind: Kind, name: str, help_: str, *labels: str) -> Metric:
    return Metric(f"ringboard_{name}", kind, help_ + (_SINCE if kind == "counter" else ""), ("source", *labels))


CONNECTED: Final = _metric("gauge", "source_connected", "1 while the source is connected, 0 while it is not.")
BROKER: Final = _metric("gauge", "source_broker_connected", "1 while the broker takes the events of the source.")
RECONNECTS: Final = _metric("counter", "source_reconnects", "Times that the connection had to be made again.")
HEARD: Final = _metric("counter", "source_messages", "Messages heard from the source, whatever they say.")
EVENTS: Final = _metric("counter", "source_events", "Events that the broker has from this source.", "type")
REFUSED: Final = _metric("counter", "source_refused", "Records refused and put on the topic of the rejected.", "reason")
CALLS: Final = _metric(
    "counter",
    "source_calls",
    "Calls by what became of them: counted, or left out as internal, of unknown direction, or refused.",
    "fate",
)
LEFT_OUT: Final = _metric("counter", "source_left_out", "Calls of extensions, and internal ones, left out.")
LABELS: Final = _metric(
    "counter",
    "source_labels_changed",
    "Labels that came with a number or an e-mail address, masked, and reasons that are too long.",
    "field",
    "why",
)
UNUSED: Final = _metric("counter", "source_unused", "Records without an event: no rule of the mapping takes them.")
LAST_EVENT: Final = _metric(
    "gauge", "source_last_event_seconds", "When the source was last heard, in seconds since the epoch; 0 before."
)
OPEN_CALLS: Final = _metric("gauge", "source_open_calls", "Calls under way, as far as the source has reported them.")
UNSENT: Final = _metric("gauge", "source_unsent", "Events that wait for the broker to take them.")
TIMED_OUT: Final = _metric(
    "counter", "source_calls_timed_out", "Calls given up, as nothing was heard of them for too long."
)
RECONCILED: Final = _metric(
    "counter", "source_calls_reconciled", "Calls that ended while the connection was lost, ended with what is known."
)
UNTIMED: Final = _metric(
    "counter", "source_messages_untimed", "Messages without a time of their own, taken to be of their arrival."
)
