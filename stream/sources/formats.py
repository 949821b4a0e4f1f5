"""The formats that files are read in: those of every source, and Ringboard's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources import ndjson
from stream.sources.registry import SOURCES
from stream.sources.source import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

# A file is shown to them in this order: within a source, what is certain by more of its content comes first.
_ALL: Final = (
    *(form for one in SOURCES if one.formats is not None for form in one.formats()),
    Format("ndjson", lambda _: ndjson.Ndjson(), ndjson.looks, described=True),
)
FORMATS: Final[Mapping[str, Format]] = {one.name: one for one in _ALL}
