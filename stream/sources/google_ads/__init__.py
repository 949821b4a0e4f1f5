"""Google Ads: mappings of its lead forms, and of what its campaigns cost (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="google_ads", title="Google Ads", docs=("google-ads.md",))
