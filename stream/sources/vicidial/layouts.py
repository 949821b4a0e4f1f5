"""VICIdial's tables as they are followed in its database: rows that change until their call is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.events.original import original_of
from stream.sources.reading import Read, Unreadable, guarded
from stream.sources.table_layout import HOUR_S, TableLayout
from stream.sources.vicidial.tables import TABLES as FILES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.table_layout import Record
    from stream.sources.vicidial.tables import Table

_COLUMNS: Final = (
    "campaign_id", "call_date", "start_epoch", "end_epoch", "length_in_sec", "status", "phone_code", "phone_number",
    "user", "user_group", "term_reason", "lead_id", "queue_seconds", "uniqueid", "sub_status", "pause_epoch",
    "pause_sec", "wait_epoch", "wait_sec", "talk_epoch", "talk_sec", "dispo_epoch", "dispo_sec", "dead_epoch",
    "dead_sec", "event", "event_epoch", "event_date",
)  # fmt: skip
_OF_ONE_REP: Final = frozenset({"vicidial_agent_log"})
"""Tables whose rows are read with those of the same user before them: whether one was gone between shows there."""


class _Rows:
    def __init__(self, table: Table, settings: Settings, told_at: int) -> None:
        self._reader = table.reader(settings, told_at)
        self.unused = self._reader.unused

    def read(self, records: Sequence[Record]) -> Iterator[Read | Unreadable]:
        """Yield the events of `records`; that a rep is gone for good, vicidial_user_log tells, and not the last row."""
        for line, record in enumerate(records, 1):
            told = {name: value or None for name, value in record.items()}
            for event in guarded(line, original_of(told), self._reader.events(told)):
                yield event if isinstance(event, Unreadable) else Read(line, event)


def _layout(table: Table) -> TableLayout:
    return TableLayout(
        name=table.form,
        tables=(table.name,),
        make=lambda settings, told_at: _Rows(table, settings, told_at),
        needed=[(name,) for name in dict.fromkeys((*table.needed, table.key, table.position))],
        others=_COLUMNS,
        order=(table.position, table.dated),
        dated=(table.dated, "event_time"),
        call=("user",) if table.name in _OF_ONE_REP else (),
        reach_s=4 * HOUR_S,
    )


LAYOUTS: Final = tuple(_layout(table) for table in FILES)
