"""The webhook of Amazon Connect: contact and agent events, from EventBridge, Kinesis or SNS, behind a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.settings.webhook_secrets import each_secret
from stream.sources.amazon_connect import sns
from stream.sources.amazon_connect.contacts import AmazonConnect
from stream.sources.amazon_connect.settings import AmazonConnectSettings
from stream.sources.webhooks import Webhook, json_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.webhooks import Posted


class AmazonConnectWebhook(Webhook):
    """Takes what is posted with the key that the settings name."""

    def __init__(self, settings: Settings) -> None:
        own = settings.group(AmazonConnectSettings)
        self.keys = each_secret(own.gateway_connect_key)
        self._connect = AmazonConnect(own.gateway_connect_names)

    def confirmation(self, posted: Posted) -> str | None:
        """Return the address that confirms a subscription of SNS."""
        return sns.to_confirm(posted.body)

    def events(self, posted: Posted) -> Iterator[dict[str, Any]]:
        """Yield what a contact or agent event says."""
        return self._connect.events(sns.unwrapped(json_in(posted.body)))
