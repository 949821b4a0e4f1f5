"""Counts what a worker did not believe, and logs it, but not each time."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG_EVERY_S: Final = 60.0
RECORD: Final = "record"
ANSWER: Final = "answer"
REQUEST: Final = "request"
MEANINGS: Final[Mapping[tuple[str, str], str]] = {
    (RECORD, "unsigned"): "a record of the control topic has no signature: an earlier version wrote it, or a stranger",
    (RECORD, "forged"): "a record of the control topic is not signed with the floor's key: a stranger wrote it",
    (RECORD, "too_large"): "a record of the control topic is larger than any worker writes: a stranger wrote it",
    (RECORD, "stale"): (
        "a worker's announcement came again, or 10 s from the broker's time: a stranger sent a copy, or the clock of "
        "one of the machines is wrong (`ringboard check` there)"
    ),
    (RECORD, "unreadable"): "this version cannot read what another worker announced: do all run the same version?",
    (RECORD, "too_many"): "more workers are announced than a floor may have",
    (REQUEST, "unsigned"): "a request for this worker's part of the numbers was not another worker's",
    (ANSWER, "unsigned"): "what answers at the address of a worker is not that worker",
    (ANSWER, "too_large"): "a worker's part of the numbers is larger than 64 MiB",
    (ANSWER, "encoded"): "what answers at the address of a worker is of another kind, or compressed",
    (ANSWER, "unreadable"): "this version cannot read another worker's part: do all run the same version?",
    (ANSWER, "outside"): "a worker's address is in no network of peer_networks",
}

log = logging.getLogger(__name__)


class Refusals:
    """What was refused, by what it was and why; a line of log for each such pair at most every `LOG_EVERY_S`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.counts = dict.fromkeys(MEANINGS, 0)
        self._logged: dict[tuple[str, str], tuple[float, int]] = {}

    def add(self, what: str, why: str, more: str = "") -> None:
        """Count one; `more` is added to its line, and must not be what was refused."""
        named = what, why
        self.counts[named] += 1
        at, count = self._logged.get(named, (-LOG_EVERY_S, 0))
        if self._monotonic() - at >= LOG_EVERY_S:
            self._logged[named] = self._monotonic(), self.counts[named]
            log.warning("%s%s; left out (%d times)", MEANINGS[named], more, self.counts[named] - count)
