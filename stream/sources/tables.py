"""The layouts of tables that are known: those of every source, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.registry import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.sources.table_layout import TableLayout

TABLES: Final[Mapping[str, TableLayout]] = {
    layout.name: layout for one in SOURCES if one.tables is not None for layout in one.tables()
}
