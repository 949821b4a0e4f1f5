"""HubSpot: its signature, and mappings of its webhooks (in mappings/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource

if TYPE_CHECKING:
    from stream.sources.webhooks import Signature


def _signature() -> Signature:
    from stream.sources.hubspot.signature import HubSpotSignature

    return HubSpotSignature()


SOURCE: Final = VendorSource(name="hubspot", title="HubSpot", docs=("crm.md",), signature=_signature)
