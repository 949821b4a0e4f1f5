"""Three real brokers on this machine, each also a controller, that can be killed, frozen, restarted and filled up."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import uuid
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from stream.broker import Broker
from stream.broker.directory import HOST, BrokerDirectory
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

NODES = 3
IN_SYNC = 2
HEAP_MB = 256
DISK_MB = 384
SETTINGS = {
    "default.replication.factor": str(NODES),
    "min.insync.replicas": str(IN_SYNC),
    "offsets.topic.replication.factor": str(NODES),
    "transaction.state.log.replication.factor": str(NODES),
    "transaction.state.log.min.isr": str(IN_SYNC),
    "share.coordinator.state.topic.replication.factor": str(NODES),
    "replica.lag.time.max.ms": "5000",
    "auto.leader.rebalance.enable": "false",  # leaders move when a test moves them
}


@dataclass(frozen=True, slots=True)
class NodeDirectory(BrokerDirectory):
    """The directory of one node; `controllers` are the ports of all nodes' controllers, by their id."""

    controllers: tuple[tuple[int, int], ...] = ()

    def settings(self, port: int, controller_port: int, data: Path) -> dict[str, str]:
        """Return the configuration of one node among others."""
        alone = BrokerDirectory.settings(self, port, dict(self.controllers).get(self.node_id, controller_port), data)
        voters = ",".join(f"{node}@{HOST}:{at}" for node, at in self.controllers)
        return alone | SETTINGS | {"controller.quorum.voters": voters}


class Node(Broker):
    """One broker of a cluster."""

    def __init__(self, root: Path, node_id: int, controllers: tuple[tuple[int, int], ...], cluster: str) -> None:
        super().__init__(root, free_port(), heap_mb=HEAP_MB)
        self.directory = NodeDirectory(root, node_id, controllers)
        self.node_id = node_id
        self._cluster = cluster

    def new_cluster(self) -> str:
        """Return the id of the cluster that all nodes share."""
        return self._cluster

    def _java(self, jars: Sequence[Path], main: str, *arguments: str) -> list[str]:
        java, *rest = super()._java(jars, main, *arguments)
        return [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *rest]  # several start at once

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the broker stand still (SIGSTOP) as long as this lasts."""
        pid = self.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no byte on the broker's disk as long as this lasts."""
        filler = self.directory.root / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        pass
        try:
            yield
        finally:
            filler.unlink()


class Cluster:
    """
    `NODES` brokers, whose disks are limited where this process may mount one (`limited`).

    As a context manager it starts and stops.
    """

    def __init__(self, root: Path) -> None:
        cluster = "r" + urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        controllers = tuple((number, free_port()) for number in range(1, NODES + 1))
        roots = [root / f"node-{number}" for number, _ in controllers]
        self._mounted = [one for one in roots if _mounted(one)]
        self.limited = len(self._mounted) == NODES
        self.nodes = [
            Node(one, number, controllers, cluster) for one, (number, _) in zip(roots, controllers, strict=True)
        ]

    @property
    def bootstrap(self) -> str:
        """The addresses for clients."""
        return ",".join(node.bootstrap for node in self.nodes)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._each(lambda node: node.stop())
        for root in self._mounted:
            subprocess.run(["umount", "--lazy", root], check=False)

    def start(self) -> None:
        """Start every node that does not run, at once: one alone has no majority."""
        self._each(lambda node: node.start())

    def _each(self, do: Callable[[Node], None]) -> None:
        with ThreadPoolExecutor(NODES) as pool:
            list(pool.map(do, self.nodes))


def _mounted(root: Path) -> bool:
    """Mount a small disk at `root`, and return whether that may be done."""
    root.mkdir(parents=True)
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(root)]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
