"""HubSpot: its signature, and mappings of its webhooks (in mappings/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource

if TYPE_CHECKING:
    from stream.sources.webhooks import CheckSignature


def _signature() -> CheckSignature:
    from stream.sources.hubspot.signature import check_signature

    return check_signature


SOURCE: Final = VendorSource(name="hubspot", title="HubSpot", docs=("crm.md",), signature=_signature)
