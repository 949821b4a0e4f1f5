"""Shows the rows of a file beside the events that a mapping makes of them, and what is wrong with either."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stream.events.reading import read_mapping
from stream.events.refusal import Refused
from stream.events.types import TIME_FIELDS
from stream.mapping.flat import columns_in
from stream.mapping.loading import load_mapping
from stream.sources.mapped import Mapped, written_for
from stream.sources.opening import opened
from stream.sources.reading import Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from stream.clock import Clock
    from stream.mapping.lookup import Record
    from stream.mapping.parts.told import Told
    from stream.settings.model import Settings
    from stream.sources.reading import Read

_NOTHING: Final = "  → nothing: no rule takes it"
_MOST_WRONG: Final = 50
_HIDDEN: Final = ("id", "source", "type")


def tried(mapping: str, path: Path, most: int, settings: Settings, clock: Clock) -> Iterator[str]:
    """
    Yield, line by line, the first `most` rows of `path` with the events of each, and a summary.

    What stands in them is shown as it stands, telephone numbers too: it goes nowhere. Raises RingboardError, of one
    line, where the mapping is wrong or the file cannot be read.
    """
    loaded = load_mapping(mapping, settings.timezone)
    shown: list[_Shown] = []

    def seen(line: int, record: Record) -> None:
        shown.append(_Shown(line, record, []))

    def heard(_line: int, told: Told) -> None:
        fields = {**told.fields, **told.times}
        shown[-1].below.append(
            f"  → part {told.part}  call={told.call}  {_fields(fields, settings.zone, told.times)}".rstrip()
        )

    source = Mapped(loaded, seen, heard, most)
    counts: Counter[str] = Counter()
    with opened(path, written_for(loaded, settings)) as file:
        for item in source.rows(file.content):
            if not shown or shown[-1].line != item.line:
                shown.append(_Shown(item.line, None, []))
            shown[-1].below.extend(_item(item, counts, settings, clock))
            if counts["refused"] > _MOST_WRONG:
                break
    for one in shown:
        yield from one.lines(path.name)
    calls = [line for item in source.rest() for line in _item(item, counts, settings, clock)]
    if calls:
        yield "of these rows, the calls that are told in parts"
        yield from calls
    yield from (f"note: {remark}" for remark in (*file.remarks(), *source.remarks))
    told = ", ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "no event"
    rows = sum(one.record is not None for one in shown)
    yield f"{rows} rows: {told}; `ringboard replay --mapping {mapping} --dry-run {path.name}` reads all"


class _Shown(NamedTuple):
    """A row, or what could not be read as one (which has no record), and what stands `below` it."""

    line: int
    record: Record | None
    below: list[str]

    def lines(self, name: str) -> Iterator[str]:
        """Yield its lines, of a file of that `name`."""
        if self.record is not None:
            yield from _row(name, self.line, self.record)
        yield from self.below or [_NOTHING]


def _item(item: Read | Unreadable, counts: Counter[str], settings: Settings, clock: Clock) -> Iterator[str]:
    """Yield what a row, or the whole of a call, has become, and count it."""
    if isinstance(item, Unreadable):
        counts["refused"] += 1
        yield f"  ✗ line {item.line}: {item.refused.reason}: {item.refused.message}"
        return
    event: Any = item.event
    wrong = _wrong(event, settings, clock)
    counts[str(event["type"]) if wrong is None else "refused"] += 1
    yield f"  → {event['type']}  {_fields(event, settings.zone)}"
    if wrong is not None:
        yield f"  ✗ it would be refused: {wrong.reason}: {wrong.message}"


def _row(name: str, line: int, record: Record) -> Iterator[str]:
    columns = {column: text for column, text in columns_in(record).items() if text}
    width = min(max(map(len, columns), default=0), 40)
    yield f"{name}, line {line}"
    yield from (f"    {column:<{width}}  {text}" for column, text in columns.items())


def _fields(event: Mapping[str, Any], zone: tzinfo, times: Collection[str] = ()) -> str:
    fields = {name: value for name, value in event.items() if name not in _HIDDEN}
    moments = TIME_FIELDS.union(times)
    return "  ".join(f"{name}={_text(value, zone) if name in moments else value}" for name, value in fields.items())


def _text(value: Any, zone: tzinfo) -> str:
    if isinstance(value, int):
        try:
            return datetime.fromtimestamp(value / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")
        except (ValueError, OverflowError, OSError):
            return str(value)
    return str(value)


def _wrong(event: Any, settings: Settings, clock: Clock) -> Refused | None:
    try:
        read_mapping(event, received_ms=clock.now_ms(), ahead_ms=settings.ahead_ms)
    except Refused as refused:
        return refused
    return None
