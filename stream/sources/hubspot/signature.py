"""Whether a webhook was signed by HubSpot, for the app whose secret we know (version 3 of its signatures)."""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING, Final

from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import is_one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stream.sources.webhooks import Posted

SIGNATURE: Final = "X-HubSpot-Signature-v3"
TIMESTAMP: Final = "X-HubSpot-Request-Timestamp"
OLDEST_MS: Final = 5 * 60_000
_FORM: Final = re.compile(r"[A-Za-z0-9+/]{43}=")  # SHA-256 in base64
_MOMENT: Final = re.compile(r"[0-9]{1,15}")

# The characters that HubSpot writes plainly in the address it signs, whatever the address had.
_PLAIN: Final = re.compile(r"%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class HubSpotSignature:
    """Checks what is signed with the secret of an app, in the last five minutes."""

    def check_head(self, headers: Mapping[str, str], received_ms: int) -> None:
        """Raise HttpRefusalError where there is no signature, or it was made long ago."""
        if not _FORM.fullmatch(headers.get(SIGNATURE, "")):
            raise _wrong()
        timestamp = headers.get(TIMESTAMP, "")
        if not _MOMENT.fullmatch(timestamp) or abs(received_ms - int(timestamp)) > OLDEST_MS:
            raise HttpRefusalError(
                HttpReason.WRONG_SIGNATURE,
                403,
                f"{TIMESTAMP} is more than five minutes off; compare the clock of this machine",
            )

    def check(self, secrets: Sequence[str], posted: Posted) -> None:
        """Raise HttpRefusalError unless the request was signed with one of `secrets` in the last five minutes."""
        self.check_head(posted.headers, posted.received_ms)
        timestamp, given = posted.headers[TIMESTAMP], posted.headers[SIGNATURE]
        right = [signature(secret, posted.method, posted.url, posted.body, timestamp) for secret in secrets]
        if not is_one_of(given, right):
            raise _wrong()


def _wrong() -> HttpRefusalError:
    return HttpRefusalError(
        HttpReason.WRONG_SIGNATURE,
        403,
        f"the signature is missing or wrong; {SIGNATURE} is made with the app's client secret, for the address "
        "that HubSpot was given (RINGBOARD_GATEWAY_PUBLIC_URL)",
    )


def signature(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Return what HubSpot signs such a request with."""
    plain = _PLAIN.sub(lambda match: chr(int(match[1], 16)), url)
    signed = f"{method}{plain}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()
