"""The settings of the gateway: where it listens, who may speak to it, and how much it takes."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic reads the annotations
from pathlib import Path  # noqa: TC003  as above
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from stream.events.describe import shape_of
from stream.settings import validators
from stream.settings.fields import Absentable, BaseUrl, FromJson, Host, Seconds, setting
from stream.settings.secret_files import with_key
from stream.settings.web import WebSettings
from stream.settings.webhook_secrets import SECRET_FORM, Secret, long_enough

_OURS = frozenset({"events", "metrics", "healthz", "readyz", "none"})
_Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]


class SourceWithSecret(BaseModel, extra="forbid", frozen=True, hide_input_in_errors=True):
    """
    A webhook of its own: the mapping that reads its payloads, and the secret that they come with.

    It comes as the mapping says (`sender`), or else as it is, unless the requests are `signed` with it, in the way of
    the source of that name. It may stand in a file, or a variable of the environment, and is its `key` from then on.
    """

    mapping: Annotated[str, Field(min_length=1)]
    key: Annotated[SecretStr, AfterValidator(long_enough)]
    signed: str = "no"

    @model_validator(mode="before")
    @classmethod
    def _key_from_elsewhere(cls, given: Any) -> Any:
        return with_key(given) if isinstance(given, dict) else given


class GatewaySettings(WebSettings):
    """
    Where `ringboard gateway` listens, and what it takes.

    `webhooks` has, by the name of each source's webhook, the setting of its secret; `signatures` names the sources
    whose signatures can be checked. Both are filled where the settings are put together.
    """

    webhooks: ClassVar[Mapping[str, str]] = {}
    signatures: ClassVar[frozenset[str]] = frozenset()

    gateway_host: Host = setting(
        "127.0.0.1",
        "The address the gateway listens on. Beyond this machine (0.0.0.0) only with a secret for each thing it takes.",
        'an address or a host name: "127.0.0.1"',
    )
    gateway_port: int = setting(6070, "The port of the gateway.", "a port from 1 to 65535", ge=1, le=65_535)
    gateway_key: Secret = setting(
        None, "What POST /v1/events and the gateway's metrics ask for; none: only this machine may.", SECRET_FORM
    )
    gateway_sources: Annotated[dict[_Name, SourceWithSecret], NoDecode, FromJson] = setting(
        {},
        "Webhooks read by a mapping, each at /v1/sources/<name>; `signed` names a source whose signature is checked. "
        "In place of `key`: `key_file`, a file that holds it alone, or `key_env`, a variable of the environment.",
        '{"crm" = {mapping = "crm.toml", key = "…"}} with a secret of at least 16 characters each',
    )
    gateway_public_url: Annotated[BaseUrl | None, Absentable] = setting(
        None,
        "The gateway's address as senders know it, where a proxy stands before it: signatures cover that.",
        'a web address: "https://calls.example.com"',
    )
    gateway_trusted_proxies: Annotated[
        list[str], NoDecode, BeforeValidator(validators.words), AfterValidator(validators.networks)
    ] = setting(
        [],
        "The proxies before the gateway alone that are believed, where these are not trusted_proxies.",
        '["10.0.0.0/8", …], or in the environment with commas',
    )
    gateway_tls_cert: Annotated[Path | None, Absentable] = setting(
        None, "The certificate (PEM, with its chain) to serve https with; none behind a proxy that does.", "a file"
    )
    gateway_tls_key: Annotated[Path | None, Absentable] = setting(None, "The key of that certificate (PEM).", "a file")
    gateway_body_kib: int = setting(
        4096, "The largest body POST /v1/events takes, in KiB.", "a whole number from 64 to 65536", ge=64, le=65_536
    )
    gateway_requests_per_s: int = setting(
        100,
        "The requests a second that one address may make of one source for long; five seconds' worth of them at once.",
        "a whole number from 1 to 100000",
        ge=1,
        le=100_000,
    )
    gateway_acknowledged_within_s: Annotated[Seconds, Field(gt=0)] = setting(
        4.0,
        "Seconds within which Kafka has to acknowledge; then the answer is 503, and the sender tries again.",
        "seconds, more than 0, up to 86400",
    )

    @field_validator("gateway_sources")
    @classmethod
    def _sources_agree(cls, value: dict[str, SourceWithSecret]) -> dict[str, SourceWithSecret]:
        taken = (_OURS | cls.webhooks.keys()) & value.keys()
        if taken:
            raise ValueError(f"{min(taken)} is a name of the gateway's own, so no source can have it")
        for name, one in value.items():
            if one.signed != "no" and one.signed not in cls.signatures:
                known = ", ".join(sorted(cls.signatures)) or "no"
                raise ValueError(f"{name}, signed: got {shape_of(one.signed)} that names no source with one ({known})")
        return value

    @model_validator(mode="after")
    def _gateway_agrees(self) -> Self:
        if (self.gateway_tls_cert is None) != (self.gateway_tls_key is None):
            missing = "GATEWAY_TLS_CERT" if self.gateway_tls_cert is None else "GATEWAY_TLS_KEY"
            raise ValueError(f"RINGBOARD_{missing}: not set, while the other of the two is; name both files, or none")
        if not validators.is_loopback(self.gateway_host) and not self.gateway_has_secrets:
            raise ValueError(
                "RINGBOARD_GATEWAY_KEY: not set, while gateway_host lets other machines in; "
                "set a secret of your own, or gateway_host to 127.0.0.1"
            )
        return self

    @property
    def proxies_of_gateway(self) -> list[str]:
        """The proxies before the gateway that are believed."""
        return self.gateway_trusted_proxies or self.trusted_proxies

    @property
    def gateway_has_secrets(self) -> bool:
        """Whether anything is taken from other machines."""
        secrets = ("gateway_key", *self.webhooks.values())
        return bool(self.gateway_sources) or any(getattr(self, secret) is not None for secret in secrets)
