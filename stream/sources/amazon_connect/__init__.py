"""Amazon Connect: contact and agent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.amazon_connect.settings import AmazonConnectSettings
from stream.sources.source import VendorSource, WebhookOffer

if TYPE_CHECKING:
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.webhooks import Webhook


def _webhook(settings: Settings, _identity: Identity) -> Webhook:
    from stream.sources.amazon_connect.webhook import AmazonConnectWebhook

    return AmazonConnectWebhook(settings)


SOURCE: Final = VendorSource(
    name="amazon_connect",
    title="Amazon Connect",
    docs=("webhooks.md",),
    settings=(AmazonConnectSettings,),
    webhook=WebhookOffer("amazon-connect", "gateway_connect_key", _webhook),
)
