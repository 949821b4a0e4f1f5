"""The key of a source may stand in a file of its own, or in a variable of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stream.configuration import load_settings
from stream.errors import RingboardError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a secret of the tests"  # noqa: S105


def key(**given: Any) -> str:
    settings = load_settings(gateway_sources={"crm": {"mapping": "hubspot", **given}})
    assert SECRET not in repr(settings)
    return settings.gateway_sources["crm"].key.get_secret_value()


def test_a_key_is_read_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    monkeypatch.setenv("CRM_KEY", SECRET)
    assert key(key=SECRET) == key(key_file=str(tmp_path / "key")) == key(key_env="CRM_KEY") == SECRET


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "gateway_sources, crm, key: missing"),
        ({"key": SECRET, "key_env": "CRM_KEY"}, "gateway_sources, crm: key_env: set, and key too; set one of the two"),
        ({"key_file": "none"}, "gateway_sources, crm: key_file: none cannot be read (No such file or directory); name"),
        ({"key_env": "NONE"}, "key_env: not set in the environment, or begins with RINGBOARD_; name a variable that"),
        ({"key_env": "SHORT"}, "gateway_sources, crm, key: a secret of 5 characters"),
    ],
)
def test_one_that_is_not_there_is_told(given: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT", "short")
    with pytest.raises(RingboardError) as caught:
        key(**given)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)
