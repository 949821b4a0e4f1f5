"""A whole call of its parts: the same, whatever order they came in and however often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.refusal import Reason, Refused
from stream.events.types import TIME_FIELDS
from stream.mapping.parts.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from stream.mapping.values import Filled

KIND: Final = "call.ended"
"""What is told in parts."""
WHOLE: Final = "#whole"
PARTY: Final = ("lead", "number")
NEEDED: Final = ("at", "placed_at", "direction")
_LATEST: Final = "at"  # of all other times the earliest is taken


class Whole(NamedTuple):
    """
    What is known of a call: the `fields` of its event, and the parts that it `lacks`.

    It `waits` where nothing says that there is no more to come. `missing` is a field that its event needs and that
    nothing has told.
    """

    fields: dict[str, Any]
    lacks: tuple[str, ...]
    waits: bool
    missing: str | None


class Putting:
    """
    Puts calls together: of parts named as `ranks` order them, of which those `needed` are of each call.

    Of those `open_ended` a call has any number; `takes` says of what field the `last`, or the `sum`, is taken.
    """

    def __init__(
        self,
        ranks: Mapping[str, int],
        needed: Sequence[str],
        open_ended: Sequence[str],
        takes: Mapping[str, str],
        of_whole: Sequence[Filled],
    ) -> None:
        self._ranks = ranks
        self._needed = needed
        self._open_ended = open_ended
        self._takes = takes
        self._of_whole = of_whole

    def whole(self, parts: Iterable[Told]) -> Whole:
        """Return the call that `parts` make; raises Refused where what they tell cannot be one call."""
        ordered = sorted(_by_id(parts, self._rank), key=self._rank)
        there = {one.part for one in ordered}
        lacks = tuple(name for name in self._needed if name not in there)
        fields, times = self._fields(ordered), _times(ordered)
        record = {WHOLE: times | fields}
        for field, _, read in self._of_whole:
            value = read(record)
            if value is not None:
                fields[field.name] = value
        missing = next((name for name in NEEDED if name not in fields), None)
        if missing is None and not any(name in fields for name in PARTY):
            missing = PARTY[1]
        waits = bool(lacks) or any(name in there for name in self._open_ended)
        return Whole(fields, lacks, waits, missing)

    def knows(self, part: str) -> bool:
        """Return whether there is a part of that name: what was told by another mapping may have others."""
        return part in self._ranks

    def _rank(self, one: Told) -> tuple[int, int, bytes]:
        return one.order, self._ranks[one.part], one.as_bytes()

    def _fields(self, ordered: Sequence[Told]) -> dict[str, Any]:
        values: dict[str, list[Any]] = {}
        for one in ordered:
            for name, value in one.fields.items():
                if name not in PARTY or one.part in self._needed:
                    values.setdefault(name, []).append(value)
        return {name: self._taken(name, all_of_it) for name, all_of_it in values.items()}

    def _taken(self, name: str, values: list[Any]) -> Any:
        if name in TIME_FIELDS:
            return max(values) if name == _LATEST else min(values)
        take = self._takes.get(name, "first")
        return sum(values) if take == "sum" else values[-1 if take == "last" else 0]


def refused(whole: Whole) -> Refused:
    """Return why no event can be made of a call that has all of its parts."""
    name = whole.missing or "at"
    return Refused(
        Reason.MISSING_FIELD, name, f"{name}: empty or missing in all parts of the call; call.ended needs it"
    )


def _by_id(parts: Iterable[Told], rank: Callable[[Told], Any]) -> Iterable[Told]:
    """Yield the parts, those of one id as one: what a later one tells stands in the place of what was told before."""
    named: dict[tuple[str, str], list[Told]] = {}
    for one in parts:
        if one.id is None:
            yield one
        else:
            named.setdefault((one.part, one.id), []).append(one)
    for same in named.values():
        same.sort(key=rank)
        fields: dict[str, Any] = {}
        times: dict[str, int] = {}
        for one in same:
            fields |= one.fields
            times |= one.times
        first = same[0]
        yield Told(first.call, first.part, fields, times, first.id, first.order)


def _times(ordered: Sequence[Told]) -> dict[str, int]:
    times: dict[str, int] = {}
    for one in ordered:
        for name, moment in one.times.items():
            times[name] = min(moment, times.get(name, moment))
    return times
