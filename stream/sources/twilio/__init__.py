"""Twilio: callbacks of calls, each call's legs put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.sources.source import VendorSource, WebhookOffer
from stream.sources.twilio.settings import TwilioSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.finding import Finding
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.webhooks import Webhook


def _webhook(settings: Settings, identity: Identity) -> Webhook:
    from stream.sources.twilio.webhook import TwilioWebhook

    return TwilioWebhook(settings, identity)


def _findings(settings: Settings) -> Sequence[Finding]:
    from stream.sources.twilio.webhook import findings

    return findings(settings)


SOURCE: Final = VendorSource(
    name="twilio",
    title="Twilio",
    docs=("webhooks.md",),
    settings=(TwilioSettings,),
    webhook=WebhookOffer("twilio", "gateway_twilio_token", _webhook, _findings),
)
