"""How a secured Kafka is reached is said by settings that agree, and what does not agree is refused in one line."""

from __future__ import annotations

import pytest

from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.settings.broker_security import PLAIN

USER = {"USER": "floor", "PASSWORD": "a password of nobody"}
TOKENS = {
    "TOKEN_URL": "https://login.example.org/token",
    "TOKEN_CLIENT": "ringboard",
    "TOKEN_SECRET": "a secret of nobody",
}


@pytest.mark.parametrize(
    "given",
    [
        {"SECURITY": "SSL"},
        {"SECURITY": "SSL", "TLS_CA": "ca.pem", "TLS_CERT": "own.pem", "TLS_KEY": "own.key", "TLS_KEY_PASSWORD": "x"},
        {"SECURITY": "SASL_SSL", "SASL": "SCRAM-SHA-512", **USER},
        {"SECURITY": "SASL_SSL", "SASL": "PLAIN", "TLS_CA": "ca.pem", **USER},
        {"SECURITY": "SASL_PLAINTEXT", "SASL": "SCRAM-SHA-256", **USER},
        {"SECURITY": "SASL_SSL", "SASL": "OAUTHBEARER", **TOKENS, "TOKEN_SCOPE": "kafka", "TOKEN_CA": "ca.pem"},
        {"SECURITY": "SASL_SSL", "SASL": "OAUTHBEARER", **TOKENS, "TOKEN_URL": "http://127.0.0.1:8080/token"},
        {"USER": "none", "PASSWORD": ""},
    ],
)
def test_what_agrees_is_taken(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    _set(monkeypatch, given)
    settings = load_settings()
    assert settings.broker_security == given.get("SECURITY", "PLAINTEXT")
    for secret in (USER["PASSWORD"], TOKENS["TOKEN_SECRET"]):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("given", "named", "right"),
    [
        ({"SECURITY": "TLS"}, "SECURITY", '"SASL_SSL"'),
        ({"SECURITY": "SASL_SSL"}, "SASL", "set it to PLAIN, SCRAM"),
        ({"SASL": "PLAIN", **USER}, "SASL", "SECURITY to SASL_SSL"),
        ({"PASSWORD": "x"}, "PASSWORD", "SECURITY to SASL_SSL"),
        ({"SECURITY": "SSL", "USER": "floor"}, "USER", "SECURITY to SASL_SSL"),
        ({"TLS_CA": "ca.pem"}, "TLS_CA", "SECURITY to SSL"),
        ({"SECURITY": "SASL_PLAINTEXT", "SASL": "PLAIN", "TLS_CA": "x", **USER}, "TLS_CA", "SECURITY to SASL_SSL"),
        ({"SECURITY": "SSL", "TLS_KEY": "own.key"}, "TLS_KEY", "RINGBOARD_BROKER_TLS_CERT"),
        ({"SECURITY": "SASL_SSL", "SASL": "PLAIN", "USER": "floor"}, "PASSWORD", "PLAIN needs it"),
        ({"SECURITY": "SASL_SSL", "SASL": "SCRAM-SHA-1", **USER}, "SASL", '"SCRAM-SHA-512"'),
        ({"SECURITY": "SASL_SSL", "SASL": "PLAIN", **USER, "TOKEN_SCOPE": "x"}, "TOKEN_SCOPE", "to OAUTHBEARER"),
        ({"SECURITY": "SASL_SSL", "SASL": "OAUTHBEARER", **TOKENS, "USER": "x"}, "USER", "leave it unset"),
        ({"SECURITY": "SASL_SSL", "SASL": "OAUTHBEARER"}, "TOKEN_URL", "OAUTHBEARER needs it"),
        (
            {"SECURITY": "SASL_SSL", "SASL": "OAUTHBEARER", **TOKENS, "TOKEN_URL": "http://login.example.org/token"},
            "TOKEN_URL",
            "https",
        ),
    ],
)
def test_what_does_not_agree_names_the_key_and_the_right_form(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str, right: str
) -> None:
    _set(monkeypatch, given)
    with pytest.raises(RingboardError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"RINGBOARD_BROKER_{named}: ")
    assert right in line
    assert "\n" not in line
    assert "of nobody" not in line


def test_a_broker_of_ones_own_is_plain_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"SECURITY": "SASL_SSL", "SASL": "PLAIN", "TLS_CA": "ca.pem", **USER})
    settings = load_settings(**PLAIN)
    assert (settings.broker_security, settings.broker_user, settings.broker_tls_ca) == ("PLAINTEXT", None, None)


def _set(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_BROKER_{name}", value)
