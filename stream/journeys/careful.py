"""Folding in spite of a fault of our own: the records at fault are found and put aside, and the others folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.events.faults import internal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream.events.refusal import Refused
    from stream.journeys.partition_state import LogRecord, Staged

_ENOUGH: Final = 20_000  # records: portions that have grown to this size are not bounded any more


class Careful:
    """
    Stages records with `stage`, all at once as long as nothing raises.

    `stage` is called with records, and with the refusals of those among them, by offset, that it must put aside; what
    it has done when it raises must have changed nothing. `alone` raises for a record that cannot be taken by itself.

    After a fault these are found and put aside. If it lies elsewhere, as in what records come to together, ever smaller
    portions are tried, down to the single record that raises after all before it have been folded: that is put aside.
    Then portions grow again, so that one record among many costs little, and many of them never block the worker.

    It may also lie in a fact that came due meanwhile in the journey of a sound record: `settle` stages those first.
    """

    def __init__(
        self,
        stage: Callable[[str, Sequence[LogRecord], Mapping[int, Refused]], Staged],
        alone: Callable[[str, LogRecord], None],
        settle: Callable[[], Staged | None],
    ) -> None:
        self._stage = stage
        self._alone = alone
        self._settle = settle
        self._most: int | None = None

    def fold(self, topic: str, records: Sequence[LogRecord]) -> Staged:
        """Stage `records`, or the first of them: as many as `taken` of what is returned says."""
        size = len(records) if self._most is None else min(self._most, len(records))
        aside: Mapping[int, Refused] | None = None
        while True:
            portion = records[:size]
            try:
                staged = self._stage(topic, portion, aside or {})
            except Exception as error:
                if aside is None:
                    aside = self._faulty(topic, portion)
                    if aside:
                        continue
                if size == 1:
                    if records[0].offset in aside:
                        raise  # it cannot even be put aside
                    if (staged_first := self._settle()) is not None:
                        staged_first.taken = 0
                        return staged_first
                    aside = {records[0].offset: internal(error)}
                    self._most = 1
                else:
                    self._most = size = size // 2
                continue
            staged.taken = size
            if self._most is not None:
                self._most = 2 * size if 2 * size < _ENOUGH else None
            return staged

    def _faulty(self, topic: str, records: Sequence[LogRecord]) -> dict[int, Refused]:
        """Return the refusals, by offset, of the records that not even by themselves can be taken."""
        found: dict[int, Refused] = {}
        for record in records:
            try:
                self._alone(topic, record)
            except Exception as error:  # noqa: BLE001  whatever a bug of ours raises
                found[record.offset] = internal(error)
        return found
