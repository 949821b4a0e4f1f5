"""One case of an alert: the series on which it fires, and those which keep it silent in their place."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """
    A case.

    Args:
        alert: its name.
        firing: values by series, as promtool writes them.
        labels: those that the alert must have by its expression.
        value: the number in its text.
        silent: what differs from `firing` where it must stay silent.
        why: what that is, in words.
        at: when it is looked at.
        interval: between two values of a series, and two evaluations.

    """

    alert: str
    firing: dict[str, str]
    labels: dict[str, str]
    value: str
    silent: dict[str, str]
    why: str
    at: str = "20m"
    interval: str = "1m"
