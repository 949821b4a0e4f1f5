"""The webhook of Twilio: signed callbacks, each of one leg of a call."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from stream.events.call_parts import KEPT_MS
from stream.events.original import original_of
from stream.finding import warn
from stream.settings.webhook_secrets import each_secret
from stream.sources.twilio.calls import Calls
from stream.sources.twilio.facts import Fact, fact_of
from stream.sources.twilio.settings import TwilioSettings
from stream.sources.twilio.signature import BODY_LIMIT, Signatures, fields_in
from stream.sources.webhooks import Part, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stream.finding import Finding
    from stream.privacy.identity import Identity
    from stream.settings.model import Settings
    from stream.sources.webhooks import Events, Posted

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Fact)


class Legs:
    """The calls, put together from facts as the log of parts keeps them."""

    kept_ms = KEPT_MS

    def __init__(self) -> None:
        self.lacking: Counter[tuple[str, str]] = Counter()
        self._calls = Calls()

    def __len__(self) -> int:
        return len(self._calls)

    def apply(self, value: bytes, at_ms: int) -> Events | None:
        """Take a fact that the log has from `at_ms`, and return the events that follow; None where it is none."""
        try:
            fact = _DECODER.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return self._calls.apply(fact, at_ms)

    def overdue(self, now_ms: int) -> Iterator[Events]:  # noqa: ARG002  another's may wait
        """Yield nothing: a call is told of as soon as it is over, and what comes later corrects it."""
        return iter(())

    def all_ended(self, now_ms: int) -> Iterator[Events]:  # noqa: ARG002  as above
        """Yield, for each call that is remembered, the events of its end."""
        return self._calls.all_ended()


class TwilioWebhook(Webhook):
    """Takes callbacks that are signed under the account's token, and puts calls together from them."""

    body_limit = BODY_LIMIT

    def __init__(self, settings: Settings, identity: Identity) -> None:
        self.assembly = Legs()
        self._signatures = Signatures(each_secret(settings.group(TwilioSettings).gateway_twilio_token))
        self._identity = identity

    def check_head(self, headers: Mapping[str, str]) -> None:
        """Raise HttpRefusalError where the headers have no signature that could be right."""
        self._signatures.check_head(headers)

    def authorise(self, posted: Posted) -> None:
        """Raise HttpRefusalError unless the callback is signed by Twilio."""
        self._signatures.check(posted.url, fields_in(posted.body), posted.headers)

    def events(self, posted: Posted) -> Iterator[dict[str, Any]]:
        """Raise: no event follows from one callback alone."""
        raise NotImplementedError

    def part(self, posted: Posted) -> Part:
        """Return what the callback says of its leg."""
        fact = fact_of(fields_in(posted.body), posted.query, self._identity, posted.received_ms)
        return Part(fact.sid, _ENCODER.encode(fact))

    def kept(self, posted: Posted) -> bytes:
        """Return the fields of the callback as a JSON object, which can be read and corrected."""
        return original_of(dict(fields_in(posted.body)))


def findings(settings: Settings) -> list[Finding]:
    """Warn where a proxy would change the address that the signature covers."""
    if settings.gateway_public_url is not None or settings.gateway_trusted_proxies:
        return []
    message = "signatures are checked for the address as it arrives here, which behind a proxy is another"
    return [warn("gateway, Twilio", message, "set RINGBOARD_GATEWAY_PUBLIC_URL, if there is a proxy")]
