"""The broker takes only a directory of its own, and its configuration listens on this machine only."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from stream.broker.directory import BrokerDirectory, storage_error
from stream.broker.failures import explain, reason_in
from stream.errors import RingboardError


def test_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RingboardError, match="holds other files and no broker of Ringboard's"):
        BrokerDirectory(tmp_path).claim("4.3.1")


def test_a_directory_of_a_newer_kafka_is_refused(tmp_path: Path) -> None:
    BrokerDirectory(tmp_path).claim("4.10.0")
    with pytest.raises(RingboardError, match=r"was last used by Kafka 4\.10\.0, newer than 4\.9\.1"):
        BrokerDirectory(tmp_path).claim("4.9.1")


def test_a_directory_of_an_older_kafka_is_taken_over(tmp_path: Path) -> None:
    BrokerDirectory(tmp_path).claim("4.3.1")
    BrokerDirectory(tmp_path).claim("4.4.0")
    assert (tmp_path / "kafka-version").read_text(encoding="utf-8") == "4.4.0\n"


def test_the_storage_of_another_clusters_node_is_refused(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path)
    directory.claim("4.3.1")
    directory.data.mkdir()
    (directory.data / "meta.properties").write_text("cluster.id=abc\nnode.id=7\nversion=1\n", encoding="utf-8")
    with pytest.raises(RingboardError, match="belongs to another cluster's node"):
        directory.claim("4.3.1")


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RingboardError, match=r"cannot be used as the broker's directory \(Not a directory\)"):
        BrokerDirectory(tmp_path / "file" / "broker").claim("4.3.1")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "this directory cannot be written"),
        (errno.EROFS, "this directory cannot be written"),
    ],
)
def test_an_error_of_the_disk_is_explained_in_words(number: int, words: str) -> None:
    assert words in str(storage_error(Path("some/where"), OSError(number, "no")))


def test_every_listener_is_on_loopback(tmp_path: Path) -> None:
    directory = BrokerDirectory(tmp_path)
    directory.configure(21_001, 21_002, directory.data, "WARN")
    lines = dict(line.split("=", 1) for line in directory.properties.read_text(encoding="utf-8").splitlines())
    assert lines["listeners"] == "PLAINTEXT://127.0.0.1:21001,CONTROLLER://127.0.0.1:21002"
    assert lines["advertised.listeners"] == "PLAINTEXT://127.0.0.1:21001"
    assert lines["controller.quorum.voters"] == "1@127.0.0.1:21002"
    assert lines["auto.create.topics.enable"] == "false"


FATAL = """\
2026-03-02T10:00:00.000Z WARN QuorumController: [QuorumController id=1] Performing controller activation.
2026-03-02T10:00:01.000Z ERROR KafkaRaftServer: Exiting Kafka due to fatal exception
org.apache.kafka.common.config.ConfigException: outer
\tat kafka.Kafka$.main(Kafka.scala:87)
Caused by: java.lang.IllegalArgumentException: the true cause
\t... 6 more
WARNING: A terminally deprecated method in sun.misc.Unsafe has been called
"""


def test_the_reason_of_an_end_is_the_cause_and_no_frame_of_a_trace() -> None:
    assert reason_in(FATAL) == "the true cause"
    assert reason_in("2026-03-02T10:00:01.000Z ERROR Kafka: it broke\n\tat a.b.C\n") == "it broke"
    assert reason_in("") == ""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("java.io.IOException: No space left on device", "the disk is full"),
        ("KafkaException: Failed to acquire lock on file .lock in x", "another broker is running on this directory"),
        ("Caused by: java.net.BindException: Address already in use", "port 21001 was taken while the broker started"),
        (FATAL, "the broker ended: the true cause (see "),
        ("", "the broker ended: it said nothing (see "),
    ],
)
def test_a_broker_that_ended_is_explained_in_one_line(tmp_path: Path, output: str, words: str) -> None:
    message = str(explain("the broker ended", output, BrokerDirectory(tmp_path), 21_001))
    assert words in message
    assert "\n" not in message
