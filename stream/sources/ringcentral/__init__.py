"""RingCentral: a mapping of its telephony session notifications (in mappings/)."""

from __future__ import annotations

from typing import Final

from stream.sources.source import VendorSource

SOURCE: Final = VendorSource(name="ringcentral", title="RingCentral", docs=("ringcentral.md",))
