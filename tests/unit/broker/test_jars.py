"""A jar is used only if it is the one in the lock file."""

from __future__ import annotations

import errno
import hashlib
import logging
import re
from typing import TYPE_CHECKING, NoReturn

import pytest
import requests

from stream.broker.jars import Jar, Lock, ensure_jars, fetch_from_maven, read_lock
from stream.broker.lock import render
from stream.errors import RingboardError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = b"the right content"
WRONG = b"another content"
JAR = Jar("org.example:thing:1.0", hashlib.sha256(GOOD).hexdigest(), len(GOOD))
LOCK = Lock("4.0", (JAR,))


def fetching(*contents: bytes) -> Callable[[Jar, Path], Path]:
    """Return a fetch that answers with `contents`, one after the other, and then fails."""
    left = list(contents)

    def fetch(jar: Jar, directory: Path) -> Path:
        path = directory / jar.name
        path.write_bytes(left.pop(0))
        return path

    return fetch


def test_a_right_jar_is_fetched_once_and_then_kept(tmp_path: Path) -> None:
    (path,) = ensure_jars(LOCK, tmp_path, fetching(GOOD))
    assert path.read_bytes() == GOOD
    assert ensure_jars(LOCK, tmp_path, fetching()) == [path]


def test_a_wrong_answer_is_refused_and_fetched_once_more(tmp_path: Path) -> None:
    (path,) = ensure_jars(LOCK, tmp_path, fetching(WRONG, GOOD))
    assert path.read_bytes() == GOOD


def test_a_jar_that_stays_wrong_is_one_line_and_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(RingboardError, match=r"^thing-1\.0\.jar: .* does not match .*, twice; it is refused") as raised:
        ensure_jars(LOCK, tmp_path, fetching(WRONG, WRONG, GOOD))
    assert "\n" not in str(raised.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_cached_jar_that_changed_is_logged_deleted_and_fetched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (path,) = ensure_jars(LOCK, tmp_path, fetching(GOOD))
    path.write_bytes(WRONG)
    with caplog.at_level(logging.WARNING):
        assert ensure_jars(LOCK, tmp_path, fetching(GOOD)) == [path]
    assert path.read_bytes() == GOOD
    assert [record.message for record in caplog.records] == [
        "thing-1.0.jar: the cached file does not match the lock file; it is deleted and fetched again"
    ]


def test_without_a_network_the_first_start_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise requests.ConnectionError("HTTPSConnectionPool(host='somewhere', port=443): and many more words")

    monkeypatch.setattr(requests, "request", refuse)
    with pytest.raises(RingboardError) as raised:
        ensure_jars(LOCK, tmp_path, fetch_from_maven)
    assert str(raised.value) == (
        "thing-1.0.jar: cannot be downloaded from Maven Central (no connection); "
        "the first start of the broker needs the network, later ones do not"
    )


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    def fetch(_jar: Jar, _directory: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RingboardError, match="the disk is full; Kafka's jars need about") as raised:
        ensure_jars(LOCK, tmp_path, fetch)
    assert "\n" not in str(raised.value)


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RingboardError, match=r"the jars cannot be kept there \(Not a directory\)"):
        ensure_jars(LOCK, tmp_path / "file", fetching(GOOD))


def test_the_lock_file_pins_every_jar_by_coordinate_and_checksum() -> None:
    lock = read_lock()
    assert re.fullmatch(r"4\.\d+\.\d+", lock.kafka)
    assert f"org.apache.kafka:kafka_2.13:{lock.kafka}" in [jar.coordinate for jar in lock.jars]
    for jar in lock.jars:
        assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", jar.coordinate)
        assert re.fullmatch(r"[0-9a-f]{64}", jar.sha256)
        assert jar.size > 0
    assert len({jar.name for jar in lock.jars}) == len(lock.jars)


def test_the_lock_file_that_is_written_is_read_back() -> None:
    assert read_lock(render(LOCK.kafka, list(LOCK.jars))) == LOCK
