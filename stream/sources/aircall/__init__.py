"""Aircall: its webhook, which tells of each call when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.aircall.settings import AircallSettings
from stream.sources.source import VendorSource, WebhookOffer

if TYPE_CHECKING:
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.webhooks import Webhook


def _webhook(settings: Settings, _identity: Identity) -> Webhook:
    from stream.sources.aircall.webhook import AircallWebhook

    return AircallWebhook(settings)


SOURCE: Final = VendorSource(
    name="aircall",
    title="Aircall",
    docs=("aircall.md",),
    settings=(AircallSettings,),
    webhook=WebhookOffer("aircall", "gateway_aircall_token", _webhook),
)
