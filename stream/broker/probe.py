"""Whether a broker serves requests, by one Metadata request on a socket: a start waits for a real answer."""

from __future__ import annotations

import socket
import struct

METADATA_KEY = 3
METADATA_VERSION = 2  # the first that names the cluster, and the last before the compact encodings
CLIENT = b"ringboard-probe"
LONGEST_ANSWER = 1 << 20


def cluster_of(host: str, port: int, timeout_s: float = 1.0) -> str | None:
    """
    Return the id of the cluster that answers at `host`:`port` with at least one live broker.

    None if nothing listens there, the answer is not Kafka's, or the broker has not joined its cluster yet.
    """
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(_request())
            return _cluster(_answer(connection))
    except (OSError, struct.error, UnicodeDecodeError, IndexError):
        return None


def _request() -> bytes:
    header = struct.pack(f">hhih{len(CLIENT)}s", METADATA_KEY, METADATA_VERSION, 1, len(CLIENT), CLIENT)
    body = struct.pack(">i", 0)  # no topics
    return struct.pack(">i", len(header) + len(body)) + header + body


def _answer(connection: socket.socket) -> bytes:
    (length,) = struct.unpack(">i", _exactly(connection, 4))
    if not 0 < length <= LONGEST_ANSWER:
        raise OSError("not an answer of Kafka's")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(length - len(parts))
        if not part:
            raise OSError("the connection was closed")
        parts += part
    return bytes(parts)


def _cluster(answer: bytes) -> str | None:
    """Read `[brokers] cluster_id` of a Metadata response, version 2."""
    (brokers,) = struct.unpack_from(">i", answer, 4)  # after the correlation id
    offset = 8
    for _ in range(brokers):
        _host, offset = _string(answer, offset + 4)  # after the node's id
        _rack, offset = _string(answer, offset + 4)  # after the port
    cluster, _offset = _string(answer, offset)
    return cluster if brokers > 0 else None


def _string(answer: bytes, offset: int) -> tuple[str | None, int]:
    (length,) = struct.unpack_from(">h", answer, offset)
    start = offset + 2
    if length < 0:
        return None, start
    return answer[start : start + length].decode(), start + length
