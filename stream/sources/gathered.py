"""The calls that files tell in parts, by a mapping: kept until the files end, or until there are too many."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.events.original import original_of
from stream.events.refusal import Reason, Refused
from stream.mapping.parts.calls import CallParts
from stream.mapping.parts.whole import refused
from stream.sources.reading import Read, Unreadable, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.mapping.parts.rule import PartsRule
    from stream.mapping.parts.told import Told

MOST_CALLS: Final = 100_000
"""So many calls wait for more of their rows at a time; the one that has had none for longest is told of first."""


class _Call(NamedTuple):
    """The parts of a call that began as the one of that `number`, on a line of a file."""

    number: int
    line: int
    where: str | None
    parts: CallParts


class Gathered:
    """
    Puts calls together from rows, in whatever order these stand.

    `left_open` counts the calls whose end no row tells, `lost` those that lack another part and cannot be told of, and
    `lacking` those that are told of without a part that each call has, by that part.
    """

    def __init__(self, rule: PartsRule, most: int = MOST_CALLS) -> None:
        self.left_open = 0
        self.lost: Counter[str] = Counter()
        self.lacking: Counter[str] = Counter()
        self._rule = rule
        self._most = most
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._begun = 0
        self._told_of: set[int] = set()  # the hashes of those that did not wait for the end

    def take(self, told: Told, line: int, where: str | None) -> Iterator[Read | Unreadable]:
        """Take a part, and yield a call that is to wait no longer; raises Refused where it comes too late."""
        known = self._calls.get(told.call)
        if known is None:
            if hash(told.call) in self._told_of:
                raise Refused(
                    Reason.OUT_OF_RANGE,
                    "call",
                    f"call: {self._most} other calls lie between this row and its call; sort the file by call",
                )
            known = _Call(self._begun, line, where, CallParts(0))
        known.parts.take(told)
        self._begun += told.call not in self._calls
        self._calls[told.call] = known
        self._calls.move_to_end(told.call)
        if len(self._calls) > self._most:
            name, call = self._calls.popitem(last=False)
            self._told_of.add(hash(name))
            yield from self._whole(call)

    def rest(self) -> Iterator[Read | Unreadable]:
        """Yield all calls that are still there, as they began."""
        calls = sorted(self._calls.values(), key=lambda call: call.number)
        self._calls.clear()
        for call in calls:
            yield from self._whole(call)

    def remarks(self) -> Iterator[str]:
        """Yield what whoever reads the numbers must know."""
        for part, count in sorted(self.lacking.items()):
            yield f"{count} calls have no part {part}, and are told of without it"

    def _whole(self, call: _Call) -> Iterator[Read | Unreadable]:
        line, where, parts = call.line, call.where, call.parts
        try:
            whole = self._rule.putting.whole(parts.told())
            if whole.missing == "at":
                self.left_open += 1
            elif whole.missing is not None and whole.lacks:
                self.lost[f"call without its part {whole.lacks[0]}"] += 1
            elif whole.missing is not None:
                yield Unreadable(line, refused(whole), _data(parts), where)
            else:
                self.lacking.update(whole.lacks)
                yield Read(line, parts.event(self._rule.source, whole), where)
        except Exception as error:  # noqa: BLE001  one of ours costs this call alone
            yield Unreadable(line, refusal(error), _data(parts), where)


def _data(call: CallParts) -> bytes:
    return original_of([one.fields for one in call.told()])
