"""A floor of a bench: its unique name, settings, topics, and its worker as a job."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from benchmarks.bench_kafka import new_name
from benchmarks.jobs import Job
from benchmarks.ports import free_port
from stream.kafka.connection import connection_of
from stream.kafka.create_topics import create_missing
from stream.kafka.topics import topics
from stream.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.testbed import Testbed

KEY = "a key of the benches, and of nothing else"
AS_PROMETHEUS: Final = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class BenchFloor:
    """A floor on the broker of `testbed`."""

    testbed: Testbed
    partitions: int
    app_id: str = field(default_factory=lambda: new_name("bench"))
    web_port: int = field(default_factory=free_port)

    @property
    def settings(self) -> Settings:
        """The settings of its worker."""
        return Settings(
            broker=self.testbed.broker.bootstrap,
            app_id=self.app_id,
            partitions=self.partitions,
            data_dir=self.testbed.folder / "data",
            web_port=self.web_port,
            pseudonym_key=SecretStr(KEY),
            holidays_country=None,
        )

    @property
    def url(self) -> str:
        """The address of its worker's pages."""
        return f"http://127.0.0.1:{self.web_port}"

    async def create(self) -> None:
        """Create its topics as its worker would."""
        await create_missing(connection_of(self.settings), topics(self.settings), 1)

    def worker(self, module: str | None = None, extra: Mapping[str, str] | None = None) -> Job:
        """Return its worker as a job: the installed command, or `module` of the benches; `extra` is its environment."""
        name = "ringboard" if module is None else module.rpartition(".")[0].rpartition(".")[2]
        command = (
            [sys.executable, "-m", module] if module else [str(Path(sys.executable).with_name("ringboard")), "worker"]
        )
        environment = {
            "RINGBOARD_BROKER": self.testbed.broker.bootstrap,
            "RINGBOARD_APP_ID": self.app_id,
            "RINGBOARD_PARTITIONS": str(self.partitions),
            "RINGBOARD_DATA_DIR": str(self.testbed.folder / "data"),
            "RINGBOARD_WEB_PORT": str(self.web_port),
            "RINGBOARD_PSEUDONYM_KEY": KEY,
            "RINGBOARD_HOLIDAYS_COUNTRY": "none",
            **(extra or {}),
        }
        log = self.testbed.folder / f"{self.app_id}-{name}.log"
        return Job(command, environment, self.testbed.broker.pid or 0, log)
