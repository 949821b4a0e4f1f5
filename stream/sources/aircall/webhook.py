"""Aircall's webhook: events that bring its token, of which the end of a call is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stream.events.original import original_of
from stream.events.refusal import Refused
from stream.settings.webhook_secrets import each_secret
from stream.sources.aircall.calls import call_ended
from stream.sources.aircall.settings import AircallSettings
from stream.sources.webhooks import STRANGERS_BODY_LIMIT, Webhook, json_in
from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import is_one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.settings.model import Settings
    from stream.sources.webhooks import Posted

ENDED: Final = "call.ended"


class AircallWebhook(Webhook):
    """Takes what brings the token that Aircall showed when the webhook was made."""

    body_limit = STRANGERS_BODY_LIMIT

    def __init__(self, settings: Settings) -> None:
        own = settings.group(AircallSettings)
        self._tokens = each_secret(own.gateway_aircall_token)
        self._names = own.gateway_aircall_names

    def authorise(self, posted: Posted) -> None:
        """Raise HttpRefusalError unless the body has the webhook's token. Aircall signs nothing."""
        try:
            token = _payload(posted).get("token")
        except Refused:
            token = None
        if not isinstance(token, str) or not is_one_of(token, self._tokens):
            raise HttpRefusalError(
                HttpReason.WRONG_KEY, 401, "the token is missing or wrong; set it as Aircall shows it for this webhook"
            )

    def events(self, posted: Posted) -> Iterator[dict[str, Any]]:
        """Yield the call that is over; nothing for Aircall's other events."""
        payload = _payload(posted)
        if payload.get("event") == ENDED:
            yield call_ended(payload.get("data"), self._names)

    def kept(self, posted: Posted) -> bytes:
        """Return the payload without its token; nothing of what is no JSON, in which the token cannot be found."""
        try:
            payload = _payload(posted)
        except Refused:
            return b""
        return original_of({name: value for name, value in payload.items() if name != "token"})


def _payload(posted: Posted) -> Mapping[str, Any]:
    """Return the object in the body, an empty one for any other JSON; raises Refused where it is no JSON."""
    payload = json_in(posted.body)
    return payload if isinstance(payload, Mapping) else {}
