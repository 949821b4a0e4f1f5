"""How the brokers are reached, one way for every client of a process: their addresses, and aiokafka's options."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aiokafka.protocol.admin import SaslAuthenticateRequest

from stream.kafka.tls import OwnCertificate, client_context
from stream.kafka.token_endpoint import Client, TokenEndpoint
from stream.settings.broker_security import BrokerSecuritySettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream.settings.model import Settings

# Of a broker that stands still, or a network that swallows all, nothing else says that another one is to be asked.
ANSWERS_WITHIN_MS: Final = 10_000
_LOGIN: Final = SaslAuthenticateRequest.API_KEY


def _is_no_login(record: logging.LogRecord) -> bool:
    """Return False for what aiokafka logs of a login: its debugging shows the password."""
    return not any(getattr(one, "API_KEY", None) == _LOGIN for one in record.args or ())


logging.getLogger("aiokafka.conn").addFilter(_is_no_login)


@dataclass(frozen=True, slots=True)
class Named:
    """The settings that a connection was made of, as the advice on its errors names them."""

    servers: str = "RINGBOARD_BROKER"
    security: str = "RINGBOARD_BROKER_SECURITY"
    ca: str = "RINGBOARD_BROKER_TLS_CA"
    cert: str = "RINGBOARD_BROKER_TLS_CERT"
    mechanism: str = "RINGBOARD_BROKER_SASL"
    login: str = "RINGBOARD_BROKER_USER and RINGBOARD_BROKER_PASSWORD"
    tokens: str = "RINGBOARD_BROKER_TOKEN_…"


@dataclass(frozen=True, slots=True)
class Connection:
    """The brokers to start from, `host:port` with commas, and how to get in: `security` are options of aiokafka's."""

    servers: str
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)  # it may hold a password
    named: Named = field(default=Named(), repr=False)

    def __str__(self) -> str:
        """Return the brokers."""
        return self.servers

    @property
    def options(self) -> dict[str, Any]:
        """What every consumer, producer and admin client of aiokafka is given."""
        return {"bootstrap_servers": self.servers, "request_timeout_ms": ANSWERS_WITHIN_MS, **self.security}

    @property
    def user(self) -> str | None:
        """Whom it logs in as, where that is known here."""
        user: str | None = self.security.get("sasl_plain_username")
        return user


def connection_of(settings: Settings) -> Connection:
    """
    Return how the floor's brokers are reached.

    Raises:
        RingboardError: a file of certificates cannot be used.

    """
    own = settings.group(BrokerSecuritySettings)
    return Connection(settings.broker, _security(tuple(getattr(own, name) for name in _NAMES)))


_NAMES: Final = tuple(BrokerSecuritySettings.model_fields)


@lru_cache(maxsize=8)  # every client of a process shares the context, and the token
def _security(values: tuple[Any, ...]) -> dict[str, Any]:
    own = BrokerSecuritySettings.model_construct(**dict(zip(_NAMES, values, strict=True)))
    options: dict[str, Any] = {"security_protocol": own.broker_security}
    if own.broker_security.endswith("SSL"):
        cert = own.broker_tls_cert
        shown = OwnCertificate(cert, own.broker_tls_key, own.broker_tls_key_password) if cert else None
        options["ssl_context"] = client_context(own.broker_tls_ca, shown, prefix="RINGBOARD_BROKER_TLS")
    if own.broker_sasl is not None:
        options |= {"sasl_mechanism": own.broker_sasl, **_login(own)}
    return options


def _login(own: BrokerSecuritySettings) -> dict[str, Any]:
    url, name, secret = own.broker_token_url, own.broker_token_client, own.broker_token_secret
    if url is not None and name is not None and secret is not None:
        tls = client_context(own.broker_token_ca, prefix="RINGBOARD_BROKER_TOKEN")
        client = Client(url, name, secret, own.broker_token_scope)
        return {"sasl_oauth_token_provider": TokenEndpoint(client, tls)}
    password = own.broker_password
    return {
        "sasl_plain_username": own.broker_user,
        "sasl_plain_password": password.get_secret_value() if password is not None else "",
    }
