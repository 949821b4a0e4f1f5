"""Twilio's callbacks as they come: their fields, and whether the signature is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator, get_signature_algorithm

from stream.web.http_refusal import HttpReason, HttpRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BODY_LIMIT: Final = 65_536
SIGNATURE: Final = "X-Twilio-Signature"
_ALGORITHM: Final = "X-Twilio-Webhooks-Signature-Settings"
_LENGTHS: Final = {"HMAC_SHA1": 28, "HMAC_SHA256": 44}  # in base64
_MOST_FIELDS: Final = 500


def fields_in(body: bytes) -> MultiDict[str]:
    """Return the fields of the form in `body`; none where it is no form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=_MOST_FIELDS)
    except ValueError:
        pairs = []
    return MultiDict(pairs)


class Signatures:
    """Checks signatures under any of `tokens`."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._validators = [RequestValidator(token) for token in tokens]

    def check_head(self, headers: Mapping[str, str]) -> None:
        """Raise HttpRefusalError where the headers have no signature that could be right."""
        length = _LENGTHS.get(get_signature_algorithm(headers.get(_ALGORITHM)).upper())
        signature = headers.get(SIGNATURE, "")
        if len(signature) != length or not signature.isascii():
            raise _wrong()

    def check(self, url: str, fields: MultiDict[str], headers: Mapping[str, str]) -> None:
        """Raise HttpRefusalError unless a callback to `url` with these `fields` is signed under one of the tokens."""
        self.check_head(headers)
        signature = headers.get(SIGNATURE, "")
        algorithm = get_signature_algorithm(headers.get(_ALGORITHM))
        try:
            right = [one.validate(url, fields, signature, algorithm) for one in self._validators]
        except ValueError:  # the address has a port that is none
            right = []
        if not any(right):
            raise _wrong()


def _wrong() -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.WRONG_SIGNATURE,
        403,
        f"the signature is missing or wrong; {SIGNATURE} is made with the account's auth token, "
        "for the address that Twilio was given (RINGBOARD_GATEWAY_PUBLIC_URL)",
    )
