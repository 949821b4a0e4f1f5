"""One value says how the brokers are reached: made once of the settings, and showing no secret."""

from __future__ import annotations

import logging
import os
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiokafka.conn import log as conn_log
from aiokafka.protocol.admin import ApiVersionRequest_v0, SaslAuthenticateRequest
from pydantic import SecretStr

from stream.configuration import load_settings
from stream.errors import RingboardError
from stream.kafka.connection import Connection, connection_of
from stream.kafka.tls import ClientContext, OwnCertificate, client_context

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "a password of nobody"  # noqa: S105 - nobody's


def of(**given: Any) -> Connection:
    return connection_of(load_settings(**given))


def test_by_default_it_is_plain() -> None:
    connection = of(broker="kafka:9092")
    assert connection.security == {"security_protocol": "PLAINTEXT"}
    assert connection.options.items() >= {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}.items()


def test_all_clients_of_a_process_share_it_and_it_shows_no_secret() -> None:
    given = {
        "broker_security": "SASL_SSL",
        "broker_sasl": "SCRAM-SHA-512",
        "broker_user": "floor",
        "broker_password": SecretStr(PASSWORD),
    }
    connection = of(**given)
    assert connection.options["ssl_context"] is of(**given).options["ssl_context"]
    assert connection.options["sasl_plain_password"] == PASSWORD
    assert connection.user == "floor"
    assert PASSWORD not in repr(connection) + str(connection)


def test_its_tls_trusts_by_name_and_authority_only() -> None:
    context = of(broker_security="SSL").options["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_login_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="aiokafka.conn")
    login = SaslAuthenticateRequest(f"\0floor\0{PASSWORD}".encode()).prepare({36: (0, 1)})
    conn_log.debug("Request to %s:%d %d: %s", "kafka", 9092, 1, ApiVersionRequest_v0())
    conn_log.debug("Request to %s:%d %d: %s", "kafka", 9092, 2, login)
    assert len(caplog.records) == 1
    assert PASSWORD in repr(login)  # it would be shown


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_of_authorities_that_is_none_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(RingboardError, match=r"^RINGBOARD_BROKER_TLS_CA: \S+ cannot be used \([^)]+\); name"):
        of(broker_security="SSL", broker_tls_ca=ca)


def certificate(authority: trustme.CA, folder: Path, name: str) -> OwnCertificate:
    made = authority.issue_cert(f"{name}@example.org", common_name=name)
    cert, key = folder / "own.pem", folder / "own.key"
    made.cert_chain_pems[0].write_to_path(cert)
    made.private_key_pem.write_to_path(key)
    return OwnCertificate(cert, key, None)


def shown(server: ssl.SSLContext, client: ClientContext) -> str:
    """Return the name in the certificate that a client shows."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="kafka.example.org")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    ends: list[ssl.SSLObject] = [one, other]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
    found: Any = other.getpeercert()
    return str(dict(pair for part in found["subject"] for pair in part)["commonName"])


def test_a_certificate_that_was_renewed_is_shown_from_the_next_connection_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("kafka.example.org").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    client = client_context(tmp_path / "ca.pem", certificate(authority, tmp_path, "first"), prefix="X")
    assert shown(server, client) == "first"
    own = certificate(authority, tmp_path, "second")
    os.utime(own.cert, (1, 1))  # whatever the clock of the file system is worth
    assert shown(server, client) == "second"
    own.cert.write_bytes(b"half of a certifi")
    assert shown(server, client) == "second"
    assert "the renewed certificate cannot be used" in caplog.text
