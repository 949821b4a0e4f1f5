"""Shows the rows of a file beside the events that a mapping makes of them, and what is wrong with either."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from stream.events.reading import read_mapping
from stream.events.refusal import Refused
from stream.events.types import TIME_FIELDS
from stream.mapping.flat import columns_in
from stream.mapping.loading import load_mapping
from stream.sources.mapped import Mapped, written_for
from stream.sources.opening import opened
from stream.sources.reading import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from stream.clock import Clock
    from stream.mapping.lookup import Record
    from stream.settings.model import Settings

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
    rows: list[tuple[int, Record]] = []
    source = Mapped(loaded, lambda line, record: rows.append((line, record)))
    counts: Counter[str] = Counter()
    shown, silent, last = 0, False, 0
    with opened(path, written_for(loaded, settings)) as file:
        for item in source.read(file.content):
            for line, record in rows[shown:]:
                if shown and silent:
                    yield _NOTHING
                if shown < most:
                    yield from _row(path.name, line, record)
                shown, silent, last = shown + 1, True, line
            if len(rows) > most or counts["refused"] > _MOST_WRONG:
                break
            if silent and item.line != last:
                yield _NOTHING
            silent = False
            if isinstance(item, Unreadable):
                counts["refused"] += 1
                yield f"  ✗ line {item.line}: {item.refused.reason}: {item.refused.message}"
                continue
            event: Any = item.event
            wrong = _wrong(event, settings, clock)
            counts[str(event["type"]) if wrong is None else "refused"] += 1
            yield f"  → {event['type']}  {_fields(event, settings.zone)}"
            if wrong is not None:
                yield f"  ✗ it would be refused: {wrong.reason}: {wrong.message}"
        else:
            for line, record in rows[shown:most]:
                yield from _row(path.name, line, record)
                yield _NOTHING
    yield from (f"note: {remark}" for remark in (*file.remarks(), *source.remarks))
    told = ", ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "no event"
    yield f"{min(len(rows), most)} rows: {told}; `ringboard replay --mapping {mapping} --dry-run {path.name}` reads all"


def _row(name: str, line: int, record: Record) -> Iterator[str]:
    columns = {column: text for column, text in columns_in(record).items() if text}
    width = min(max(map(len, columns), default=0), 40)
    yield f"{name}, line {line}"
    yield from (f"    {column:<{width}}  {text}" for column, text in columns.items())


def _fields(event: Mapping[str, Any], zone: tzinfo) -> str:
    fields = {name: value for name, value in event.items() if name not in _HIDDEN}
    return "  ".join(f"{name}={_text(name, value, zone)}" for name, value in fields.items())


def _text(name: str, value: Any, zone: tzinfo) -> str:
    if name in TIME_FIELDS and isinstance(value, int):
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
