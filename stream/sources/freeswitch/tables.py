"""FusionPBX's table v_xml_cdr as it is followed in its database: a row is a leg, and most calls have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.freeswitch.cdr import FreeSwitchCdr
from stream.sources.table_layout import HOUR_S, AsFile, Beside, TableLayout, as_csv

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from stream.settings.model import Settings
    from stream.sources.reading import Read, Unreadable
    from stream.sources.table_layout import Record

_KEY: Final = "xml_cdr_uuid"
_ORIGINS: Final = ("cc_member_session_uuid", "originating_leg_uuid")
"""The columns that name the leg for which this one was dialled; the rows of one call have that leg in common."""


class _Legs:
    """
    Reads rows as a file of them, but not a leg that was dialled for one whose row has yet to come: it waits.

    Once it is given up it is read as any leg without the one that it was dialled for: to a number outside it is an
    attempt, else it is counted as left out.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = AsFile(lambda: FreeSwitchCdr(settings), as_csv)
        self.unused = self._file.unused
        self.waiting: set[str] = set()
        self.given_up: Collection[str] = ()

    def read(self, records: Sequence[Record]) -> Iterator[Read | Unreadable]:
        """Yield the events of `records`."""
        there = {record.get(_KEY) for record in records}
        whole: list[Record] = []
        for record in records:
            call = CDR.call_of(record) or ""
            if call in self.given_up or all(not record.get(name) or record[name] in there for name in _ORIGINS):
                whole.append(record)
            else:
                self.waiting.add(call)
        if whole:
            yield from self._file.read(whole)
            self.unused = self._file.unused


CDR: Final = TableLayout(
    name="fusionpbx-cdr",
    tables=("v_xml_cdr",),
    make=lambda settings, _: _Legs(settings),
    needed=(
        (_KEY,), ("direction",), ("caller_id_number",), ("destination_number",), ("start_epoch",), ("end_epoch",),
        ("answer_epoch",), ("hangup_cause",),
    ),
    others=(
        "extension", "context", "caller_destination", "billsec", "billmsec", "bridge_uuid", "waitsec", "leg",
        *_ORIGINS, "status", "voicemail_message", "last_app", "hangup_cause_q850", "accountcode", "ring_group_uuid",
        "cc_side", "cc_queue", "cc_agent", "cc_cancel_reason", "cc_queue_joined_epoch", "cc_queue_answered_epoch",
        "cc_queue_terminated_epoch", "cc_queue_canceled_epoch", "campaign", "amd_result", "amd_status", "json", "xml",
    ),
    order=("insert_date", "start_stamp"),
    dated=("start_stamp",),
    call=(*_ORIGINS, _KEY),
    reach_s=4 * HOUR_S,
    beside=Beside("v_extensions", "extension_uuid", ("extension",), "which rep placed or answered a call"),
)  # fmt: skip
TABLES: Final = (CDR,)
