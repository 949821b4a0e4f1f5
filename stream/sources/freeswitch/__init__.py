"""FreeSWITCH: its call detail records, and its event socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.freeswitch.settings import FreeSwitchSettings
from stream.sources.source import Format, Live, VendorSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.left_out import Reason
    from stream.sources.source import LiveModule
    from stream.sources.table_layout import TableLayout


def _formats() -> Sequence[Format]:
    from stream.sources.freeswitch import cdr

    return (Format("freeswitch-cdr", cdr.FreeSwitchCdr, cdr.looks, follow_h=6, begins=cdr.begins),)


def _live() -> LiveModule:
    from stream.sources.freeswitch import live

    return live


def _tables() -> Sequence[TableLayout]:
    from stream.sources.freeswitch.tables import TABLES

    return TABLES


def _left_out() -> Sequence[Reason]:
    from stream.sources.freeswitch.left_out import REASONS

    return REASONS


SOURCE: Final = VendorSource(
    name="freeswitch",
    title="FreeSWITCH",
    docs=("freeswitch.md", "fusionpbx.md"),
    settings=(FreeSwitchSettings,),
    formats=_formats,
    live=Live("freeswitch", "FreeSWITCH, over its event socket (ESL).", _live),
    tables=_tables,
    left_out=_left_out,
)
