"""Pipedrive: mappings of its webhooks, versions 1 and 2 (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="pipedrive", title="Pipedrive", docs=("pipedrive.md",))
