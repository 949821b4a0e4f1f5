"""The words for what is away and what is back: the same in a log, in `ringboard check`, and in an alert."""

from __future__ import annotations

from typing import Final

BROKER: Final = "the broker"
ALERTMANAGER: Final = "Alertmanager"
PARTS_LOG: Final = "the log of parts"
_MINUTE: Final = 60
_HOUR: Final = 3600


def is_away(what: str) -> str:
    """Return that it is away: what an alert begins with, and a finding, and a line of log."""
    return f"{what} is away"


def away(what: str, why: str) -> str:
    """Return that it is away, and why."""
    return f"{is_away(what)}: {why}"


def back(what: str, seconds: float) -> str:
    """Return that it is back, and after how long: `the broker is back after 42 s`."""
    return f"{what} is back after {lasting(seconds)}"


def lasting(seconds: float) -> str:
    """Return how long something was, in its two largest units: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
