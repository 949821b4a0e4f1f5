"""A real broker with TLS, logins and rights: a listener for each way in, beside the plain one of the administrator."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from stream.broker import Broker
from stream.kafka.rights import PROCESSES
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

USER: Final = "floor"
PASSWORD: Final = "a password of the tests"  # noqa: S105 - nobody's
OTHERS: Final = PROCESSES  # a user for each of them
ISSUER: Final = "https://login.example.org"
AUDIENCE: Final = "kafka"
_LISTENERS: Final = {
    "TLS": "SSL",  # of whoever asks
    "MTLS": "SSL",  # with certificates of clients
    "SASL": "SASL_SSL",  # PLAIN, SCRAM
    "OAUTH": "SASL_SSL",
    "BARE": "SASL_PLAINTEXT",
    "FAR": "PLAINTEXT",  # that names an address where nobody is
}
_MODULES: Final = "org.apache.kafka.common.security"
_VALIDATOR: Final = f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler"


@dataclass
class Secured:
    """A broker, where each of its listeners is, and the files that a client needs."""

    broker: Broker
    folder: Path
    ports: dict[str, int]
    authority: trustme.CA
    signing: rsa.RSAPrivateKey = field(repr=False)

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def at(self, listener: str, host: str = "127.0.0.1") -> str:
        return f"{host}:{self.ports[listener]}"

    def certificate(self, name: str, authority: trustme.CA | None = None) -> tuple[Path, Path]:
        """Return the files of a new client's certificate, and of its key."""
        made = (authority or self.authority).issue_cert(f"{name}@example.org", common_name=name)
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
        key.write_bytes(made.private_key_pem.bytes())
        return cert, key

    def token(self, subject: str, *, lasts_s: float = 300.0, audience: str = AUDIENCE) -> str:
        """Return a token of `subject`, as the token endpoint of the floor's company signs it."""
        now = int(time.time())
        claims = {"sub": subject, "iss": ISSUER, "aud": audience, "iat": now, "exp": now + int(lasts_s)}
        return jwt.encode(claims, self.signing, algorithm="RS256", headers={"kid": "one"})

    def environment(self, listener: str = "SASL", **settings: str) -> dict[str, str]:
        """Return the variables that lead a process to a listener, as `USER` by SCRAM, and with the `settings` given."""
        protocol = _LISTENERS[listener]
        given = {"security": protocol}
        if protocol.endswith("SSL"):
            given["tls_ca"] = str(self.ca)
        if listener in {"SASL", "BARE"}:
            given |= {"sasl": "SCRAM-SHA-512" if listener == "SASL" else "PLAIN", "user": USER, "password": PASSWORD}
        given |= settings
        named = {f"RINGBOARD_BROKER_{name.upper()}": value for name, value in given.items() if value}
        return {"RINGBOARD_BROKER": self.at(listener), **named}


def secured(folder: Path) -> Secured:
    """Return such a broker, not started yet, with all that it needs in `folder`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = authority.issue_cert("127.0.0.1", "kafka.example.org")
    key = load_pem_private_key(server.private_key_pem.bytes(), None)
    (folder / "server.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + b"".join(part.bytes() for part in server.cert_chain_pems)
    )
    signing = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    public: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing.public_key()))
    keys = json.dumps({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})
    (folder / "jwks.json").write_text(keys, encoding="utf-8")
    ports = {name: free_port() for name in _LISTENERS}
    scram = [
        f"{mechanism}=[name={user},password={PASSWORD}]"
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        for user in (USER, *OTHERS)
    ]
    broker = Broker(
        folder / "broker",
        heap_mb=384,
        properties=_properties(folder, ports),
        format_with=[part for one in scram for part in ("--add-scram", one)],
    )
    return Secured(broker, folder, ports, authority, signing)


def _properties(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    where = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    named = where.replace(f"FAR://127.0.0.1:{ports['FAR']}", f"FAR://127.0.0.1:{free_port()}")
    plain = " ".join(f'user_{user}="{PASSWORD}"' for user in (USER, *OTHERS))
    of_plain = f"{_MODULES}.plain.PlainLoginModule required {plain};"
    of_scram = f"{_MODULES}.scram.ScramLoginModule required;"
    of_tokens = f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required;"
    return {
        "listeners": where,
        "advertised.listeners": named,
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in _LISTENERS.items()),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # the broker's own, and the administrator's, at the plain listener
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "server.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "listener.name.mtls.ssl.client.auth": "required",
        "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.sasl.plain.sasl.jaas.config": of_plain,
        "listener.name.sasl.scram-sha-256.sasl.jaas.config": of_scram,
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": of_scram,
        "listener.name.bare.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.bare.plain.sasl.jaas.config": of_plain,
        "listener.name.oauth.sasl.enabled.mechanisms": "OAUTHBEARER",
        "listener.name.oauth.oauthbearer.sasl.jaas.config": of_tokens,
        "listener.name.oauth.oauthbearer.sasl.server.callback.handler.class": _VALIDATOR,
        "sasl.oauthbearer.jwks.endpoint.url": f"file://{folder / 'jwks.json'}",
        "sasl.oauthbearer.expected.audience": AUDIENCE,
        "sasl.oauthbearer.expected.issuer": ISSUER,
    }
