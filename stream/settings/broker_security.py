"""The settings of a secured Kafka: TLS, and how to log in (SASL)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from stream.settings import validators
from stream.settings.fields import Absentable, setting

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

_File = Annotated[Path | None, Absentable]
_Text = Annotated[Annotated[str, Field(min_length=1)] | None, Absentable]
_Password = Annotated[SecretStr | None, Absentable]

_MECHANISMS: Final = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
_OF_TLS: Final = ("broker_tls_ca", "broker_tls_cert", "broker_tls_key", "broker_tls_key_password")
_OF_PASSWORDS: Final = ("broker_user", "broker_password")
_OF_TOKENS: Final = ("broker_token_url", "broker_token_client", "broker_token_secret")
_OF_TOKENS_ALSO: Final = ("broker_token_scope", "broker_token_ca")


class BrokerSecuritySettings(BaseModel):
    """How every process gets in at the floor's brokers."""

    broker_security: Protocol = setting(
        "PLAINTEXT",
        "How the brokers are spoken to (Kafka's security.protocol): with SSL over TLS, with SASL after a login.",
        '"PLAINTEXT", "SSL", "SASL_PLAINTEXT" or "SASL_SSL"',
    )
    broker_tls_ca: _File = setting(
        None,
        "The authorities (PEM) that the brokers' certificates come from; by default those that the machine trusts.",
        "a file",
    )
    broker_tls_cert: _File = setting(
        None, "The certificate (PEM, with its chain) of this process, where the brokers ask for one.", "a file"
    )
    broker_tls_key: _File = setting(
        None, "The key of that certificate (PEM); none where it stands in the same file.", "a file"
    )
    broker_tls_key_password: _Password = setting(None, "The password of that key, where it has one.", "a secret")
    broker_sasl: Annotated[Mechanism | None, Absentable] = setting(
        None,
        "How to log in (Kafka's sasl.mechanism).",
        '"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" or "OAUTHBEARER"',
    )
    broker_user: _Text = setting(None, "The user to log in as, with PLAIN or SCRAM.", "a user's name")
    broker_password: _Password = setting(None, "The password of that user.", "a secret")
    broker_token_url: Annotated[Annotated[str, AfterValidator(validators.token_url)] | None, Absentable] = setting(
        None,
        "The token endpoint (OAuth 2, client credentials) that OAUTHBEARER gets its tokens from.",
        'a web address with https: "https://login.example.org/oauth2/token"',
    )
    broker_token_client: _Text = setting(None, "The client id there.", "the id of a client")
    broker_token_secret: _Password = setting(None, "The client's secret there.", "a secret")
    broker_token_scope: _Text = setting(
        None, "The scope to ask for, where the endpoint wants one.", 'words with blanks: "kafka"'
    )
    broker_token_ca: _File = setting(
        None,
        "The authorities (PEM) that the endpoint's certificate comes from; by default those that the machine trusts.",
        "a file",
    )

    @model_validator(mode="after")
    def _broker_security_agrees(self) -> Self:
        self._tls_agrees()
        sasl = self.broker_security.startswith("SASL_")
        if sasl and self.broker_sasl is None:
            raise _wrong(
                "broker_sasl",
                f"not set, while broker_security is {self.broker_security}; set it to {_MECHANISMS}",
            )
        if not sasl:
            self._none_of(
                ("broker_sasl", *_OF_PASSWORDS, *_OF_TOKENS, *_OF_TOKENS_ALSO),
                f"set, while broker_security is {self.broker_security}, which logs nobody in; "
                "set RINGBOARD_BROKER_SECURITY to SASL_SSL, or leave this unset",
            )
        elif self.broker_sasl == "OAUTHBEARER":
            self._all_of(_OF_TOKENS)
            self._none_of(_OF_PASSWORDS, "set, while broker_sasl is OAUTHBEARER, which needs none; leave it unset")
        else:
            self._all_of(_OF_PASSWORDS)
            self._none_of(
                (*_OF_TOKENS, *_OF_TOKENS_ALSO),
                f"set, while broker_sasl is {self.broker_sasl}; set RINGBOARD_BROKER_SASL to OAUTHBEARER, "
                "or leave this unset",
            )
        return self

    def _tls_agrees(self) -> None:
        if not self.broker_security.endswith("SSL"):
            instead = "SASL_SSL" if self.broker_security == "SASL_PLAINTEXT" else "SSL"
            self._none_of(
                _OF_TLS,
                f"set, while broker_security is {self.broker_security}, which has no TLS; "
                f"set RINGBOARD_BROKER_SECURITY to {instead}, or leave this unset",
            )
        if self.broker_tls_cert is None:
            self._none_of(
                ("broker_tls_key", "broker_tls_key_password"), "set, and no RINGBOARD_BROKER_TLS_CERT; name that too"
            )

    def _none_of(self, names: tuple[str, ...], why: str) -> None:
        for name in names:
            if getattr(self, name) is not None:
                raise _wrong(name, why)

    def _all_of(self, names: tuple[str, ...]) -> None:
        for name in names:
            if getattr(self, name) is None:
                raise _wrong(name, f"not set, and broker_sasl {self.broker_sasl} needs it; set it")


#: What makes a connection plain, whatever the environment says: for a broker of one's own.
PLAIN: Final = dict.fromkeys(BrokerSecuritySettings.model_fields, "none") | {"broker_security": "PLAINTEXT"}


def _wrong(name: str, why: str) -> ValueError:
    return ValueError(f"RINGBOARD_{name.upper()}: {why}")
