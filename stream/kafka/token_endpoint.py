"""The tokens that OAUTHBEARER logs in with: fetched by client credentials (RFC 6749, 4.4), renewed before their end."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote_plus

import aiohttp
from aiokafka import conn
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError, SaslAuthenticationFailed

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pydantic import SecretStr

ANSWERS_WITHIN_S: Final = 5.0
_RENEWED_AFTER: Final = 0.8  # of its time, as Kafka's own clients do
_OK: Final = 200
_REFUSED: Final = range(400, 500)
_ERRORS: Final = {  # of RFC 6749, 5.2: nothing else that an endpoint says is repeated
    "invalid_client": "it does not know the client, or its secret is another",
    "invalid_grant": "it refuses the grant",
    "invalid_request": "it does not take the request",
    "invalid_scope": "it does not give that scope",
    "unauthorized_client": "the client may not use client credentials",
    "unsupported_grant_type": "it gives no tokens for client credentials",
}


class TokenError(KafkaError):  # aiokafka tries again after errors of Kafka's only
    """No token could be fetched. `passing`: the endpoint fails, and may answer later; else it refuses."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing

    def __str__(self) -> str:
        """Return why."""
        return str(self.args[0])


class _RefusalHeard(conn.OAuthAuthenticator):
    """Hears that a broker refuses a token: aiokafka takes whatever it answers for a yes, and works on with nothing."""

    async def step(self, payload: bytes | None) -> Any:
        if payload:
            raise SaslAuthenticationFailed("the broker refuses the token")
        return await super().step(payload)  # type: ignore[no-untyped-call]


conn.OAuthAuthenticator = _RefusalHeard  # type: ignore[misc]


class Client(NamedTuple):
    """Who asks for tokens: where, as whom, and for what."""

    url: str
    name: str
    secret: SecretStr
    scope: str | None


class TokenEndpoint(AbstractTokenProvider):
    """
    Returns a token that is valid for a while yet, for every connection that logs in.

    A process may have several event loops: each fetch has a session of its own, and the last token is shared.
    """

    def __init__(self, client: Client, tls: ssl.SSLContext, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._tls = tls
        self._clock = clock
        self._token = ""
        self._renewed_at = float("-inf")

    async def token(self) -> str:
        """Return a token; raises TokenError where there is none."""
        now = self._clock()
        if now >= self._renewed_at:
            self._token, lasts_s = await self._fetch()
            self._renewed_at = now + lasts_s * _RENEWED_AFTER
        return self._token

    async def _fetch(self) -> tuple[str, float]:
        client = self._client
        form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
        # RFC 6749, 2.3.1: both are encoded as in a form.
        login = f"{quote_plus(client.name)}:{quote_plus(client.secret.get_secret_value())}"
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
                session.post(client.url, data=form, ssl=self._tls, allow_redirects=False) as answer,
            ):
                content = await answer.read()
                return self._read(answer.status, content)
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._error(f"its certificate is not trusted ({error.certificate_error})", passing=False) from None
        except TimeoutError:
            raise self._error(f"no answer within {ANSWERS_WITHIN_S:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise self._error(f"nothing answers there ({error.os_error.strerror or 'refused'})") from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._error(f"the connection fails ({type(error).__name__})") from None

    def _read(self, status: int, content: bytes) -> tuple[str, float]:
        said = _object(content)
        if status != _OK:
            why = _ERRORS.get(str(said.get("error")), f"it answers with {status}")
            raise self._error(why, passing=status not in _REFUSED)
        token, lasts_s = said.get("access_token"), said.get("expires_in", 0)
        if not isinstance(token, str) or not token:
            raise self._error("its answer has no access_token", passing=False)
        try:
            return token, float(lasts_s)  # without a time, a token is for one login
        except (TypeError, ValueError):
            return token, 0.0

    def _error(self, why: str, *, passing: bool = True) -> TokenError:
        return TokenError(f"no token from {self._client.url}: {why}", passing=passing)


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
