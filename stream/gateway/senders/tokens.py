"""Secrets that a request brings as they are, and JSON Web Tokens that are signed with one."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from stream.web.http_refusal import HttpReason, HttpRefusalError
from stream.web.responses import is_one_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from stream.mapping.senders.proofs import Jwt, Token

_PARTS_OF_JWT: Final = 3
_ALGORITHMS: Final = {"sha256": "HS256", "sha512": "HS512"}
_PLACES: Final = {
    "header": "in the header {}",
    "query": "as ?{}= in the address",
    "path": "as the last part of the address{}",
    "field": "in the body, at {}",
    "basic": "as the password of the user {}",
}


def check_token(token: Token, given: str | None, secrets: Sequence[str]) -> None:
    """Raise HttpRefusalError unless what was `given` is one of `secrets`."""
    if given is None or not is_one_of(given, secrets):
        place = _PLACES[token.where].format(token.name)
        challenge = 'Basic realm="ringboard"' if token.where == "basic" else None
        raise HttpRefusalError(
            HttpReason.WRONG_KEY, 401, f"the token is missing or wrong; send it {place}", challenge=challenge
        )


def token_in_head(token: Token, request: web.Request) -> str | None:
    """Return what the head has where the token belongs; None where there is nothing."""
    if token.where == "header":
        value = request.headers.get(token.name)
        starts = value is not None and value.startswith(token.prefix)
        return value[len(token.prefix) :].strip() if value is not None and starts else None
    if token.where == "query":
        return request.query.get(token.name)
    if token.where == "path":
        return request.match_info.get("token")
    return _password(request.headers.get("Authorization", ""), token.name)


def check_jwt(jwt: Jwt, header: str, secrets: Sequence[str], received_ms: int) -> None:
    """Raise HttpRefusalError unless `header` is a token that was signed with one of `secrets`, and holds now."""
    wrong = HttpRefusalError(
        HttpReason.WRONG_SIGNATURE,
        403,
        f"the signed token is missing, wrong or too old; {jwt.header} has one by {_ALGORITHMS[jwt.hash]} under the "
        "source's key, and the clock of this machine is right",
    )
    scheme, _, rest = header.strip().partition(" ")
    text = rest.strip() if scheme.lower() == "bearer" else header.strip()
    signed, _, signature = text.rpartition(".")
    if text.count(".") + 1 != _PARTS_OF_JWT or not text.isascii():
        raise wrong
    head, claims = (_object_in(part) for part in signed.split("."))
    given = _bytes_in(signature)
    right = [hmac.digest(secret.encode(), signed.encode(), jwt.hash) for secret in secrets]
    same = [given is not None and hmac.compare_digest(given, one) for one in right]
    # The algorithm is the mapping's, whatever the token says of itself.
    if not any(same) or head.get("alg") != _ALGORITHMS[jwt.hash] or not _holds(claims, jwt.tolerance_s, received_ms):
        raise wrong


def payload_of_jwt(jwt: Jwt, headers: Mapping[str, str]) -> Any:
    """Return what is posted as the token has it, which has been checked; None where it has nothing of it."""
    if jwt.payload is None:
        return None
    claims = _object_in(headers.get(jwt.header, "").rpartition(".")[0].rpartition(".")[2])
    payload = claims.get(jwt.payload)
    if isinstance(payload, str):
        try:
            payload = orjson.loads(payload)
        except orjson.JSONDecodeError:
            return None
    return payload if isinstance(payload, (Mapping, list)) else None


def _holds(claims: Mapping[str, Any], tolerance_s: int, received_ms: int) -> bool:
    """Return whether a token holds now, by when it says that it was made, begins and ends; else it always does."""
    now_s = received_ms / 1000
    made, ends, begins = (claims.get(name) for name in ("iat", "exp", "nbf"))
    if any(
        one is not None and (isinstance(one, bool) or not isinstance(one, int | float)) for one in (made, ends, begins)
    ):
        return False
    right = ends is None or now_s <= ends + tolerance_s
    right &= made is None or made <= now_s + tolerance_s
    right &= begins is None or begins <= now_s + tolerance_s
    return right and (ends is not None or made is None or now_s - made <= tolerance_s)


def _object_in(part: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(_bytes_in(part) or b"")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, Mapping) else {}


def _bytes_in(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return None


def _password(authorization: str, user: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return password if hmac.compare_digest(name.encode(), user.encode()) else None
