"""The demo's worker speaks to the demo's own broker, whatever the user's environment says of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.demo.child_process import _environment
from stream.settings.broker_security import PLAIN

if TYPE_CHECKING:
    import pytest


def test_a_users_login_elsewhere_is_not_beside_the_demos_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_BROKER_SECURITY", "SASL_SSL")
    monkeypatch.setenv("RINGBOARD_BROKER_PASSWORD_FILE", "/run/secrets/kafka")
    monkeypatch.setenv("RINGBOARD_API_TOKEN_FILE", "/run/secrets/token")
    made = _environment({f"RINGBOARD_{name.upper()}": value for name, value in PLAIN.items()})
    plain = {"RINGBOARD_BROKER_SECURITY": "PLAINTEXT", "RINGBOARD_BROKER_PASSWORD": "none"}
    of_the_user = {"RINGBOARD_API_TOKEN_FILE": "/run/secrets/token"}
    assert {name: made.get(name) for name in (*plain, *of_the_user)} == plain | of_the_user
    assert "RINGBOARD_BROKER_PASSWORD_FILE" not in made
