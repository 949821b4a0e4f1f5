"""Twilio's callbacks as they come: whether the signature is right, and the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from stream.web.turned_away import TurnedAwayError, Why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BODY_LIMIT: Final = 65_536
SIGNATURE: Final = "X-Twilio-Signature"
_ALGORITHM: Final = "X-Twilio-Webhooks-Signature-Settings"
_MOST_FIELDS: Final = 500


class Signatures:
    """Judges signatures under any of `tokens`."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._validators = [RequestValidator(token) for token in tokens]

    def fields_of(self, url: str, body: bytes, headers: Mapping[str, str]) -> MultiDict[str]:
        """Return the fields of a callback to `url`; raises TurnedAwayError where its signature is another."""
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=_MOST_FIELDS)
        except ValueError:
            pairs = []
        fields = MultiDict(pairs)
        signature = headers.get(SIGNATURE, "")
        algorithm = get_signature_algorithm(headers.get(_ALGORITHM))
        try:
            right = [one.validate(url, fields, signature, algorithm) for one in self._validators]
        except ValueError:  # the address has a port that is none
            right = []
        if not any(right):
            raise TurnedAwayError(
                Why.WRONG_SIGNATURE,
                403,
                f"the signature is missing or wrong; {SIGNATURE} is made with the account's auth token, "
                "for the address that Twilio was given (RINGBOARD_GATEWAY_PUBLIC_URL)",
            )
        return fields
