"""The machine's own Prometheus and Alertmanager, if installed, with Ringboard's rules on the demo's worker."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stream.demo.child_process import ChildProcess
from stream.demo.folder import storage_error
from stream.demo.port import HOST
from stream.privacy.private_files import make_folder, write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.settings.model import Settings

EVERY: Final = "5s"
RETENTION: Final = "7d"
PROMETHEUS_PORT: Final = 9090
ALERTMANAGER_PORT: Final = 9093
GENERATED: Final = Path(__file__).resolve().parents[2] / "grafana"  # beside this package, also where it is installed
RULES: Final = ("recording.yml", "alerts.yml")
MISSING: Final = (
    "There is no Prometheus on this machine, so the demo goes on without: `make prometheus` fetches Debian's, "
    "or install it and put it on the PATH."
)
# Debian's Alertmanager reads them below /usr/share, so it does not start where it was only unpacked.
TEMPLATES: Final = "failed to parse templates"
TEMPLATES_MISSING: Final = (
    "Its templates are not there: `make prometheus` fetches an Alertmanager that brings its own, or install Debian's."
)
LOG_FIELDS: Final = re.compile(r"^(?:(?:ts|time|caller|source|level|component)=\S+ )+")


class Monitoring:
    """
    Prometheus, and Alertmanager if installed, as child processes of the demo with their data in `folder`.

    `say` is called with one line for each that was started, is missing, or has ended.
    """

    def __init__(
        self, folder: Path, settings: Settings, say: Callable[[str], None], generated: Path = GENERATED
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._say = say
        self._generated = generated
        self._running: dict[str, ChildProcess] = {}
        self.urls: dict[str, str] = {}

    def start(self) -> None:
        """
        Start what is installed; without Prometheus, nothing.

        Raises:
            RingboardError: the folder cannot be written.

        """
        prometheus = find("prometheus")
        if prometheus is None:
            self._say(MISSING)
            return
        try:
            make_folder(self._folder)
            self._start_alertmanager()
            self._start_prometheus(prometheus)
        except OSError as error:
            raise storage_error(self._folder, error) from error

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables by which the worker finds Alertmanager."""
        return {"RINGBOARD_ALERTMANAGER": self.urls["Alertmanager"]} if "Alertmanager" in self.urls else {}

    def stop(self) -> None:
        """Stop all processes."""
        for process in self._running.values():
            process.stop()
        self._running.clear()

    def check(self) -> None:
        """Report each process that has ended by itself, once; the demo goes on without it."""
        for name, process in list(self._running.items()):
            if not process.running:
                error = LOG_FIELDS.sub("", process.last_error()) or "it said nothing"
                todo = f" {TEMPLATES_MISSING}" if TEMPLATES in error else ""
                self._say(f"{name} ended, and the demo goes on without: {error} (see {self._log(name)}).{todo}")
                process.stop()
                del self._running[name]

    def _log(self, name: str) -> Path:
        return self._folder / f"{name.lower()}.log"

    def _start(self, name: str, port: int, command: list[str]) -> None:
        process = ChildProcess(command, self._log(name))
        process.start()
        self._running[name] = process
        self.urls[name] = f"http://{HOST}:{port}"

    def _start_alertmanager(self) -> None:
        program = find("prometheus-alertmanager") or find("alertmanager")
        config = self._generated / "alertmanager" / "alertmanager.yml"
        if program is None or not config.is_file():
            return
        port = free_port(ALERTMANAGER_PORT)
        self._start(
            "Alertmanager",
            port,
            [
                program,
                f"--config.file={config}",
                f"--storage.path={self._folder / 'alertmanager'}",
                f"--web.listen-address={HOST}:{port}",
                "--cluster.listen-address=",
            ],
        )
        self._say(f"Alertmanager: {self.urls['Alertmanager']}")

    def _start_prometheus(self, program: str) -> None:
        rules = [str(path) for name in RULES if (path := self._generated / "prometheus" / name).is_file()]
        config = self._folder / "prometheus.yml"
        config.touch(mode=0o600)  # it may hold the API token
        write_text(config, json.dumps(self._config(rules), indent=1))  # JSON is YAML
        port = free_port(PROMETHEUS_PORT)
        self._start(
            "Prometheus",
            port,
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={self._folder / 'prometheus'}",
                f"--storage.tsdb.retention.time={RETENTION}",
                f"--web.listen-address={HOST}:{port}",
            ],
        )
        with_rules = "with Ringboard's rules" if rules else "without rules: those are in the project's own folder only"
        self._say(f"Prometheus: {self.urls['Prometheus']} {with_rules}")

    def _config(self, rules: list[str]) -> dict[str, Any]:
        job: dict[str, Any] = {
            "job_name": "ringboard",
            "static_configs": [{"targets": [f"{HOST}:{self._settings.web_port}"]}],
        }
        if self._settings.token_to_read is not None:
            job["authorization"] = {"credentials": self._settings.token_to_read.get_secret_value()}
        config: dict[str, Any] = {
            "global": {"scrape_interval": EVERY, "evaluation_interval": EVERY},
            "rule_files": rules,
            "scrape_configs": [job],
        }
        if "Alertmanager" in self.urls:
            address = self.urls["Alertmanager"].removeprefix("http://")
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [address]}]}]}
        return config


def find(name: str) -> str | None:
    """Return the path of a program beside this Python (where `make prometheus` puts it) or on the PATH, else None."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def free_port(wanted: int) -> int:
    """Return port `wanted` if it is free, else another free port."""
    for port in (wanted, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    return wanted
