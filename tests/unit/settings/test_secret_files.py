"""Any secret may stand in a file of its own; what is wrong with the file is one line, without its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from stream.configuration import AllSettings, load_settings, reference
from stream.errors import RingboardError
from stream.settings.secret_files import secret_names

if TYPE_CHECKING:
    from pathlib import Path

ONE = [name for name in secret_names(AllSettings) if AllSettings.model_fields[name].default is None]
SECRET = "not any floor's secret"  # noqa: S105 - no secret of anybody's


def test_every_setting_of_a_secret_has_the_form_and_no_other_setting_has() -> None:
    names = secret_names(AllSettings)
    assert {"api_token", "pseudonym_key", "broker_password", "gateway_twilio_token", "asterisk_secret"} <= set(names)
    assert {name for name, field in AllSettings.model_fields.items() if "SecretStr" in str(field.annotation)} == set(
        ONE
    )
    assert set(names) - set(ONE) == {"gateway_sources", "tokens"}
    rows = {line.split("`")[1]: line for line in reference().splitlines() if line.startswith("| `")}
    assert {name for name, row in rows.items() if f"`RINGBOARD_{name.upper()}_FILE`" in row} == set(names)


@pytest.mark.parametrize("name", ONE)
def test_it_is_read_without_the_line_break_at_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_bytes(f" {SECRET}\r\n".encode())
    monkeypatch.setenv(f"RINGBOARD_{name.upper()}_FILE", str(tmp_path / "secret"))
    if name == "broker_tls_key_password":
        monkeypatch.setenv("RINGBOARD_BROKER_SECURITY", "SSL")
        monkeypatch.setenv("RINGBOARD_BROKER_TLS_CERT", "own.pem")
    elif name == "broker_password":
        _log_in(monkeypatch, {"SASL": "PLAIN", "USER": "floor"})
    elif name == "broker_token_secret":
        endpoint = {"TOKEN_URL": "https://login.example.org/token", "TOKEN_CLIENT": "ringboard"}
        _log_in(monkeypatch, {"SASL": "OAUTHBEARER", **endpoint})
    secret = getattr(load_settings(), name)
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() == f" {SECRET}"


def test_a_setting_of_several_secrets_stands_in_a_file_as_it_stands_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text('{"crm": {"mapping": "crm.toml", "key": "0123456789abcdef"}}\n')
    monkeypatch.setenv("RINGBOARD_GATEWAY_SOURCES_FILE", str(tmp_path / "secret"))
    assert load_settings().gateway_sources["crm"].key.get_secret_value() == "0123456789abcdef"


@pytest.mark.parametrize(
    ("content", "wrong"),
    [(None, "cannot be read (No such file or directory)"), (b"\n", "is empty"), (b"", "is empty"), (b"\xff", "UTF-8")],
)
def test_a_file_that_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, wrong: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("RINGBOARD_API_TOKEN_FILE", str(path))
    assert _refusal() == f"RINGBOARD_API_TOKEN_FILE: {path} {_what(wrong)}; name a file that holds the secret alone"


def _what(wrong: str) -> str:
    return f"is not {wrong}" if wrong == "UTF-8" else wrong


def test_a_folder_is_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RINGBOARD_API_TOKEN_FILE", str(tmp_path))
    assert "cannot be read" in _refusal()


def test_both_forms_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    monkeypatch.setenv("RINGBOARD_API_TOKEN_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("RINGBOARD_API_TOKEN", SECRET)
    line = _refusal()
    assert line == "RINGBOARD_API_TOKEN_FILE: set, and RINGBOARD_API_TOKEN too; set one of the two"


def test_a_secret_of_the_wrong_form_is_named_by_its_file_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("short")
    monkeypatch.setenv("RINGBOARD_PSEUDONYM_KEY_FILE", str(tmp_path / "secret"))
    line = _refusal()
    assert line.startswith("RINGBOARD_PSEUDONYM_KEY_FILE: ")
    assert "short" not in line


def test_what_is_no_secret_has_no_such_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGBOARD_TIMEZONE_FILE", "somewhere")
    assert _refusal().startswith("RINGBOARD_TIMEZONE_FILE: no such setting")


def _log_in(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    monkeypatch.setenv("RINGBOARD_BROKER_SECURITY", "SASL_SSL")
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_BROKER_{name}", value)


def _refusal() -> str:
    with pytest.raises(RingboardError) as caught:
        load_settings()
    line = str(caught.value)
    assert SECRET not in line
    return line
