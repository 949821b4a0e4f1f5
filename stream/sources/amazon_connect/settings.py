"""The settings of Amazon Connect's webhook."""

from __future__ import annotations

from pydantic import BaseModel

from stream.settings.fields import Names, setting
from stream.settings.webhook_secrets import SECRET_FORM, Secret


class AmazonConnectSettings(BaseModel):
    """What its events are sent with, and what its queues, agents and campaigns are called."""

    gateway_connect_key: Secret = setting(
        None, "What Amazon Connect's events are sent with; without it /v1/amazon-connect is not there.", SECRET_FORM
    )
    gateway_connect_names: Names = setting(
        {},
        "Names for Amazon Connect's queues, agents and campaigns, by the last part of the ARN or the id.",
        '{"12345678-1234-1234-1234-123456789012" = "support", …}',
    )
