"""Every way into a secured Kafka works, and `ringboard check` tells apart what keeps a process out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.kafka.secured.commands import WITHIN_S, command, environment, python, ringboard_here
from tests.kafka.secured.secured_broker import PASSWORD, USER, Secured
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kafka


def look(settings: dict[str, str], folder: Path) -> dict[str, str]:
    """Return what `ringboard check` found of the broker; it says no secret, and no traceback."""
    ended = ringboard_here(settings, folder, "check", "--json")
    assert ended.code in {0, 1}
    assert "Traceback" not in ended.err
    for secret in (settings.get("RINGBOARD_BROKER_PASSWORD"), settings.get("RINGBOARD_BROKER_TOKEN_SECRET")):
        assert secret is None or secret not in ended.out + ended.err
    found = ended.checks["broker"]
    assert "\n" not in found["told"] + found["todo"]
    return found


def in_words(found: dict[str, str]) -> str:
    assert found["state"] == "fail", found
    return f"{found['told']}; {found['todo']}"


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_gets_in_over_tls(kafka: Secured, tmp_path: Path, mechanism: str) -> None:
    assert look(kafka.environment("SASL", sasl=mechanism), tmp_path)["state"] == "ok"


def test_a_user_gets_in_without_tls_with_a_warning_of_the_password_that_can_be_read(
    kafka: Secured, tmp_path: Path
) -> None:
    found = look(kafka.environment("BARE"), tmp_path)
    assert found["state"] == "warn"
    assert "RINGBOARD_BROKER_SECURITY to SASL_SSL" in found["todo"]


def test_a_certificate_gets_in(kafka: Secured, tmp_path: Path) -> None:
    cert, key = kafka.certificate("floor")
    assert look(kafka.environment("MTLS", tls_cert=str(cert), tls_key=str(key)), tmp_path)["state"] == "ok"


def test_nobody_is_there(kafka: Secured, tmp_path: Path) -> None:
    settings = kafka.environment("SASL") | {"RINGBOARD_BROKER": f"127.0.0.1:{free_port()}"}
    assert "no Kafka broker answers" in in_words(look(settings, tmp_path))


def test_the_brokers_name_an_address_of_theirs_where_nobody_is(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look({"RINGBOARD_BROKER": kafka.at("FAR")}, tmp_path))
    assert "the brokers name another address of theirs, and no Kafka broker answers at 127.0.0.1:" in line


def test_tls_is_spoken_to_a_plain_port(kafka: Secured, tmp_path: Path) -> None:
    settings = kafka.environment("TLS") | {"RINGBOARD_BROKER": kafka.broker.bootstrap}
    line = in_words(look(settings, tmp_path))
    assert "speaks no TLS" in line
    assert "RINGBOARD_BROKER_SECURITY to PLAINTEXT" in line


def test_a_port_of_tls_is_spoken_to_without(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look({"RINGBOARD_BROKER": kafka.at("TLS")}, tmp_path))
    assert "speaks TLS" in line
    assert "RINGBOARD_BROKER_SECURITY to SSL" in line


def test_a_port_that_wants_a_login_is_entered_without(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look(kafka.environment("TLS") | {"RINGBOARD_BROKER": kafka.at("SASL")}, tmp_path))
    assert "wants a login (" in line
    assert "RINGBOARD_BROKER_SECURITY to SASL_SSL" in line


def test_a_port_that_wants_no_login_is_logged_in_at(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look(kafka.environment("SASL") | {"RINGBOARD_BROKER": kafka.at("TLS")}, tmp_path))
    assert "wants no login" in line


def test_the_authority_is_unknown(kafka: Secured, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    line = in_words(look(kafka.environment("SASL", tls_ca=str(other)), tmp_path))
    assert "unknown authority" in line
    assert "RINGBOARD_BROKER_TLS_CA" in line


def test_the_host_has_another_name(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look(kafka.environment("SASL") | {"RINGBOARD_BROKER": kafka.at("SASL", "localhost")}, tmp_path))
    assert "another host name" in line


def test_a_certificate_of_the_client_is_missing(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look(kafka.environment("MTLS"), tmp_path))
    assert "(certificate required)" in line
    assert "RINGBOARD_BROKER_TLS_CERT" in line


def test_a_certificate_of_the_client_is_refused(kafka: Secured, tmp_path: Path) -> None:
    cert, key = kafka.certificate("stranger", trustme.CA())
    line = in_words(look(kafka.environment("MTLS", tls_cert=str(cert), tls_key=str(key)), tmp_path))
    assert "refuses the certificate of this process" in line


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
@pytest.mark.parametrize(("user", "password"), [(USER, "another password"), ("nobody", PASSWORD)])
def test_the_password_or_the_user_is_wrong(
    kafka: Secured, tmp_path: Path, mechanism: str, user: str, password: str
) -> None:
    line = in_words(look(kafka.environment("SASL", sasl=mechanism, user=user, password=password), tmp_path))
    assert f"refuses the login of {user} by {mechanism}" in line
    assert "RINGBOARD_BROKER_PASSWORD" in line


def test_the_mechanism_is_not_offered(kafka: Secured, tmp_path: Path) -> None:
    line = in_words(look(kafka.environment("BARE", sasl="SCRAM-SHA-256"), tmp_path))
    assert "does not offer SCRAM-SHA-256; set RINGBOARD_BROKER_SASL to PLAIN" in line


def test_a_file_of_authorities_is_none(kafka: Secured, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    line = in_words(look(kafka.environment("SASL", tls_ca=str(wrong)), tmp_path))
    assert line.startswith(f"RINGBOARD_BROKER_TLS_CA: {wrong} cannot be used")


def test_every_command_ends_with_the_one_line(kafka: Secured, tmp_path: Path) -> None:
    (tmp_path / "calls.ndjson").write_text("{}\n")
    wrong = {"password": "another password"}
    commands: tuple[tuple[str, ...], ...] = (
        ("worker",),
        ("gateway",),
        ("simulate", "--days", "1"),
        ("replay", "calls.ndjson"),
        ("rejected", "list"),
        ("rebuild", "--yes"),
        ("connect", "kafka", "--topic", "calls"),
    )
    running = []
    for words in commands:
        ports = {f"RINGBOARD_{name}_PORT": str(free_port()) for name in ("WEB", "GATEWAY", "CONNECT")}
        settings = environment(kafka.environment("SASL", **wrong) | ports, tmp_path)
        running.append(
            subprocess.Popen(
                command(*words),
                env=settings,
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    for words, one in zip(commands, running, strict=True):
        said, _ = one.communicate(timeout=WITHIN_S)
        assert one.returncode not in {None, 0}, words
        found = [line for line in said.splitlines() if "refuses the login of floor" in line]
        if words[0] == "connect":
            # The topic that it reads lies there too: its source says the same, if it hears it before the process ends.
            found = [line for line in found if line.startswith("Error: ")]
        assert len(found) == 1, said
        assert "Traceback" not in said
        assert wrong["password"] not in said


def test_the_debugging_of_the_kafka_client_shows_no_password(kafka: Secured, tmp_path: Path) -> None:
    entry = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG, stream=sys.stderr);"
        "import asyncio; from stream.configuration import load_settings;"
        "from stream.kafka.connection import connection_of; from stream.kafka.client import Admin, connected\n"
        "async def main():\n"
        "    connection = connection_of(load_settings())\n"
        "    client = Admin(**connection.options)\n"
        "    await client.start(); print(connection, repr(connection)); await client.stop()\n"
        "asyncio.run(main())\n"
    )
    ended = python(kafka.environment("SASL", sasl="PLAIN"), tmp_path, entry)
    assert ended.code == 0, ended.err
    assert "ApiVersionRequest" in ended.err  # it does log what is sent
    assert PASSWORD not in ended.out + ended.err
