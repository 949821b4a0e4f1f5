"""Which token opens what: tokens are compared as hashes, in a time that shows nothing of them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.settings.web import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.settings.web import WebSettings

IMPLIED: Final = {"read": ("wall",), "admin": SCOPES}


class Grant(NamedTuple):
    """What a request may see: `scopes`, and of one campaign or team alone if it names one."""

    name: str
    scopes: frozenset[str]
    campaign: str | None = None
    team: str | None = None

    @property
    def limited(self) -> bool:
        """Whether it is of one campaign or team."""
        return self.campaign is not None or self.team is not None


EVERYTHING: Final = Grant("", frozenset(SCOPES))
"""What this machine may see where no token is set."""


class Tokens:
    """The tokens of the settings."""

    def __init__(self, settings: WebSettings) -> None:
        self._key = secrets.token_bytes(32)
        self._grants: list[tuple[bytes, Grant]] = []
        if settings.api_token is not None:
            # Until workers have a token of their own, they ask each other with this one.
            self._add(settings.api_token.get_secret_value(), EVERYTHING._replace(name="api_token"))
        for name, one in settings.tokens.items():
            scopes = {*one.scopes, *(implied for scope in one.scopes for implied in IMPLIED.get(scope, ()))}
            self._add(one.token.get_secret_value(), Grant(name, frozenset(scopes), one.campaign, one.team))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._grants)

    def grant_of(self, given: Iterable[str]) -> Grant | None:
        """Return what the first right one of `given` opens; None if none of them is right."""
        for one in given:
            hashed = self._hash(one)
            found = [grant for known, grant in self._grants if hmac.compare_digest(known, hashed)]
            if found:
                return found[0]
        return None

    def _add(self, token: str, grant: Grant) -> None:
        self._grants.append((self._hash(token), grant))

    def _hash(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), key=self._key).digest()
