"""A test case of an alert: the series on which it fires, and changes to them with which it stays silent."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """
    A case.

    Args:
        alert: the alert's name.
        firing: the values by series on which it fires, in promtool's notation.
        labels: the labels that the alert must get from its expression.
        value: the number in its texts.
        silent: what differs from `firing` for it to stay silent.
        why: why it stays silent then, in words.
        at: when it is evaluated, since the first value.
        interval: the time between two values of a series, and between two evaluations.

    """

    alert: str
    firing: dict[str, str]
    labels: dict[str, str]
    value: str
    silent: dict[str, str]
    why: str
    at: str = "20m"
    interval: str = "1m"
