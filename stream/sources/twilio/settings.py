"""The setting of Twilio's webhook."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, SecretStr

from stream.settings.fields import Absentable, setting


class TwilioSettings(BaseModel):
    """What Twilio's callbacks are signed with."""

    gateway_twilio_token: Annotated[SecretStr | None, Absentable] = setting(
        None,
        "The auth token of the Twilio account, which signs its callbacks; without it /v1/twilio is not there.",
        "the token from Twilio's console; two with a comma while one replaces the other",
    )
