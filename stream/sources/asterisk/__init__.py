"""Asterisk: its logs, and its manager interface, live or captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.asterisk.settings import AsteriskLiveSettings, AsteriskSettings
from stream.sources.source import Live, VendorSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.sources.left_out import Reason
    from stream.sources.source import Format, LiveModule
    from stream.sources.table_layout import TableLayout


def _formats() -> Sequence[Format]:
    from stream.sources.asterisk.formats import FORMATS

    return FORMATS


def _tables() -> Sequence[TableLayout]:
    from stream.sources.asterisk.tables import TABLES

    return TABLES


def _live() -> LiveModule:
    from stream.sources.asterisk import live

    return live


def _left_out() -> Sequence[Reason]:
    from stream.sources.asterisk.left_out import REASONS

    return REASONS


SOURCE: Final = VendorSource(
    name="asterisk",
    title="Asterisk",
    docs=("asterisk-ami.md", "asterisk-logs.md"),
    settings=(AsteriskSettings, AsteriskLiveSettings),
    formats=_formats,
    tables=_tables,
    live=Live("asterisk", "Asterisk, over its manager interface (AMI).", _live),
    left_out=_left_out,
)
