"""The broker's directory: whether it may be used, and the configuration that is written before each start."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream.errors import RingboardError
from stream.privacy.private_files import close_all, make_folder, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: only Kafka's own check remains
    fcntl = None  # type: ignore[assignment]

NODE_ID = 1
HOST = "127.0.0.1"
MARKER = "kafka-version"

# One node on one machine: no replicas.
FIXED = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Each partition of these is created and loaded at the first use; a floor has a handful of groups and producers.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # A worker that was stopped for weeks finds its offsets: they are retained as long as journeys are.
    "offsets.retention.minutes": str(90 * 24 * 60),
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The log cleaner's map is allocated on the heap at the start: 32 MB hold a million keys in one pass.
    "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
    # After kill -9 the restarted controller takes the old broker for alive until this session timeout.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "num.network.threads": "2",
    "num.io.threads": "4",
}

LISTS = frozenset({"listeners", "advertised.listeners", "listener.security.protocol.map"})

LOGGING = """\
status = error
name = ringboard-broker
# Kafka logs while it stops: logging must not be shut down before.
shutdownHook = disable
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${{sys:ringboard.logs}}/broker.log
appender.file.filePattern = ${{sys:ringboard.logs}}/broker.log.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}} %p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = {level}
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, slots=True)
class BrokerDirectory:
    """The directory `root` of the broker `node_id`, and the paths in it."""

    root: Path
    node_id: int = NODE_ID

    @property
    def data(self) -> Path:
        """Kafka's own log directory: topics and the cluster's metadata."""
        return self.root / "data"

    @property
    def fresh(self) -> Path:
        """Where storage is formatted before it is renamed to `data`, so that a half-formatted one is never used."""
        return self.root / "data.new"

    @property
    def logs(self) -> Path:
        """The logs: `broker.log` (Kafka's warnings) and `broker.out` (what the Java runtime prints)."""
        return self.root / "logs"

    @property
    def properties(self) -> Path:
        """Kafka's configuration, rewritten before each start."""
        return self.root / "server.properties"

    @property
    def logging(self) -> Path:
        """The configuration of Kafka's logging, rewritten before each start."""
        return self.root / "log4j2.properties"

    @property
    def formatted(self) -> bool:
        """Whether the storage has been formatted."""
        return self.data.exists()

    def cluster(self) -> str:
        """
        Return the cluster's id, which was set when the storage was formatted.

        Raises:
            RingboardError: the storage's meta.properties is missing.

        """
        return self._meta()["cluster.id"]

    def claim(self, version: str) -> None:
        """
        Create the directory, or check that it is a broker directory that Kafka `version` can use.

        Raises:
            RingboardError: it cannot be written, holds other files, is in use, or was last used by a newer Kafka.

        """
        try:
            make_folder(self.root)
            marker = self.root / MARKER
            if not marker.exists():
                if any(self.root.iterdir()):
                    raise RingboardError(
                        f"{self.root}: holds other files and no broker of Ringboard's; name an empty or a new directory"
                    )
            elif _number(last := marker.read_text(encoding="utf-8").strip()) > _number(version):
                raise RingboardError(
                    f"{self.root}: was last used by Kafka {last}, newer than {version} here; "
                    "use a Ringboard as new as that, or another directory"
                )
            if self.formatted and self._meta().get("node.id") != str(self.node_id):
                raise RingboardError(f"{self.root}: belongs to another cluster's node; name another directory")
            if _locked(self.data / ".lock"):
                raise RingboardError(
                    f"{self.root}: another broker is running on this directory; stop it or name another"
                )
            make_folder(self.logs)
            write_text(marker, f"{version}\n")
            close_all(self.root)  # of a version, or a copy, that left it open
        except OSError as error:
            raise storage_error(self.root, error) from error

    def configure(
        self, port: int, controller_port: int, data: Path, level: str, more: Mapping[str, str] | None = None
    ) -> None:
        """
        Write Kafka's configuration: clients at `port`, the controller at `controller_port`, topics in `data`.

        Of `more` properties, those of `LISTS` are added to the lists here, and the others stand above what is here.
        """
        settings = self.settings(port, controller_port, data)
        for key, value in (more or {}).items():
            settings[key] = f"{settings[key]},{value}" if key in LISTS else value
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        try:
            write_text(self.properties, lines)
            write_text(self.logging, LOGGING.format(level=level.lower()))
        except OSError as error:
            raise storage_error(self.root, error) from error

    def settings(self, port: int, controller_port: int, data: Path) -> dict[str, str]:
        """Return Kafka's configuration, as `configure` writes it."""
        return FIXED | {
            "node.id": str(self.node_id),
            "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
            "controller.quorum.voters": f"{self.node_id}@{HOST}:{controller_port}",
            "log.dirs": _escaped(str(data.absolute())),
        }

    def _meta(self) -> dict[str, str]:
        try:
            text = (self.data / "meta.properties").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RingboardError(
                f"{self.data}: no storage of Kafka's (meta.properties is gone); name another directory"
            ) from None
        pairs = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
        return {key.strip(): value.strip() for key, _equals, value in pairs}


def storage_error(path: Path, error: OSError) -> RingboardError:
    """Return the error for a directory that cannot be used."""
    if error.errno == errno.ENOSPC:
        return RingboardError(f"{path}: the disk is full; free some space there or name another directory")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return RingboardError(f"{path}: this directory cannot be written; name one that can, with --dir")
    return RingboardError(f"{path}: cannot be used as the broker's directory ({os.strerror(error.errno or errno.EIO)})")


def _locked(path: Path) -> bool:
    """
    Return whether a running Kafka holds its lock file `path`.

    Kafka checks this too, but only after this start has touched the running broker's files and logs.
    """
    if fcntl is None or not path.exists():
        return False
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _escaped(path: str) -> str:
    """Return `path` escaped for a Java properties file; raise RingboardError for a comma, which would end it."""
    if "," in path:
        raise RingboardError(f"{path}: Kafka takes no directory with a comma in its name; name another")
    return path.replace("\\", "\\\\")
