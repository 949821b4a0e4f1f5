"""The settings of Aircall's webhook."""

from __future__ import annotations

from pydantic import BaseModel

from stream.settings.fields import Names, setting
from stream.settings.webhook_secrets import SECRET_FORM, Secret


class AircallSettings(BaseModel):
    """The token that its events bring, and what its users, numbers and teams are called."""

    gateway_aircall_token: Secret = setting(
        None,
        "The token of Aircall's webhook, which each event brings; without it /v1/aircall is not there.",
        SECRET_FORM,
    )
    gateway_aircall_names: Names = setting(
        {},
        "Names for Aircall's users (reps), numbers (campaigns) and teams, by id.",
        '{"456" = "rep-04", "1234" = "solar-home", …}',
    )
