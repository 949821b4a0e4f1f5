"""The records that no rule of a mapping took: how many, and which of them are kept to look at."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stream.events.original import original_of
from stream.intake.unused import unused_record
from stream.kafka.producer import Record

if TYPE_CHECKING:
    from stream.intake.outbox import Intake

KEPT_AN_HOUR: Final = 5
_HOUR_MS: Final = 3_600_000


class Unused:
    """Those of one payload: how many there are, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: Any = None

    def take(self, record: Any) -> None:
        """Take another one."""
        if not self.count:
            self.first = record
        self.count += 1


class UnusedKept:
    """
    Chooses which are kept: of each source no more than a few an hour, and of those with the same fields one.

    So a source of which no rule takes anything costs the broker a few records an hour, whatever it sends.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._counts: Counter[str] = Counter()
        self._kept: dict[str, deque[tuple[int, bytes]]] = {}

    def record_of(self, source: str, unused: Unused) -> Record | None:
        """Count what no rule took, and return the record that keeps the first of it; None where none is to be kept."""
        if not unused.count:
            return None
        self._counts[source] += unused.count
        now, form = self._intake.clock.now_ms(), _form_of(unused.first)
        kept = self._kept.setdefault(source, deque())
        while kept and kept[0][0] <= now - _HOUR_MS:
            kept.popleft()
        if len(kept) >= KEPT_AN_HOUR or any(form == known for _, known in kept):
            return None
        kept.append((now, form))
        value = unused_record(source, unused.first, count=self._counts[source], at=now, identity=self._intake.identity)
        return Record(self._intake.topics.rejected.name, None, value)

    def take_back(self, source: str, unused: Unused) -> None:
        """Count nothing of it, as the broker has not taken it: the sender posts it again."""
        self._counts[source] -= unused.count
        form = _form_of(unused.first)
        kept = self._kept.get(source, deque())
        self._kept[source] = deque(one for one in kept if one[1] != form)


def _form_of(record: Any) -> bytes:
    """Return what records with the same fields share, as far as the first two levels."""
    fields = (
        [(str(key), sorted(map(str, value)) if isinstance(value, Mapping) else ()) for key, value in record.items()]
        if isinstance(record, Mapping)
        else [type(record).__name__]
    )
    return hashlib.sha256(original_of(sorted(fields))).digest()
