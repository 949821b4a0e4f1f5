"""Ringover: a mapping of its webhooks (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="ringover", title="Ringover", docs=("ringover.md",))
