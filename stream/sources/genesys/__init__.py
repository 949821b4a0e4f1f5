"""Genesys Cloud: a mapping of its conversation detail events (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="genesys", title="Genesys Cloud", docs=("genesys.md",))
