"""Salesforce: a mapping of its outbound messages (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="salesforce", title="Salesforce", docs=("salesforce.md",))
