"""How a metric is declared, by whatever process exports it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram", "gaugehistogram", "info"]


class Metric(NamedTuple):
    """A metric; a counter's `name` is without its `_total`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
