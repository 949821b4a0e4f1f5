"""VICIdial: its tables, and the meaning of its codes. Live, its calls are those of the Asterisk below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource
from stream.sources.vicidial.settings import VicidialSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.sources.source import Format
    from stream.sources.table_layout import TableLayout


def _formats() -> Sequence[Format]:
    from stream.sources.vicidial.tables import FORMATS

    return FORMATS


def _tables() -> Sequence[TableLayout]:
    from stream.sources.vicidial.layouts import LAYOUTS

    return LAYOUTS


def _dispositions() -> Mapping[str, str]:
    from stream.sources.vicidial.dispositions import DISPOSITIONS

    return DISPOSITIONS


SOURCE: Final = VendorSource(
    name="vicidial",
    title="VICIdial",
    docs=("vicidial.md", "dispositions.md"),
    settings=(VicidialSettings,),
    formats=_formats,
    tables=_tables,
    dispositions=_dispositions,
)
