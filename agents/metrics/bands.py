"""The age bands of the leads that wait."""

from __future__ import annotations

from typing import Final

from stream.kpi.rules import HOUR, MINUTE

BANDS: Final = (("0-5m", 5 * MINUTE), ("5-15m", 15 * MINUTE), ("15-60m", HOUR), ("60m+", None))


def band_of(waited: int) -> str:
    """Return the age band of a lead that has waited for `waited` ms."""
    return next(name for name, end in BANDS if end is None or waited < end)
