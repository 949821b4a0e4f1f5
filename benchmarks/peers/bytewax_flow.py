"""What both Bytewax jobs share: the source, the recovery store, and the count of what is done."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bytewax.connectors.kafka import KafkaSource
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from benchmarks.marks import mark

if TYPE_CHECKING:
    from bytewax.dataflow import Dataflow

    from benchmarks.peers.job_settings import JobSettings
    from benchmarks.simple.events import Totals

READ_AT_ONCE = 4000
SNAPSHOT_S = 1


@dataclass
class Results:
    """The current windows of each owner, and how many additions to them are left."""

    settings: JobSettings
    left: int
    live: dict[str, dict[int, list[int]]] = field(default_factory=dict)

    def count(self, additions: int) -> None:
        """Count additions, and mark `done` after the last one."""
        self.left -= additions
        if self.left == 0:
            mark("done")

    def totals(self) -> dict[str, Totals]:
        """Return both tables, with windows by their start (ms)."""
        tables: dict[str, Totals] = {"campaigns": {}, "reps": {}}
        for owner, cells in self.live.items():
            table = tables["campaigns" if owner.startswith("campaign") else "reps"]
            table.update({(owner, window * self.settings.hop_ms): cell for window, cell in cells.items()})
        return tables


class _DiscardPartition(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        """Discard `items`."""


class DiscardSink(DynamicSink[Any]):
    """A sink for flows whose result is their state."""

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _DiscardPartition:
        """Return the sink of a worker."""
        return _DiscardPartition()


def source(settings: JobSettings) -> KafkaSource:
    """Return a source that reads the topic to its end."""
    return KafkaSource([settings.broker], [settings.topic], tail=False, batch_size=READ_AT_ONCE)


def run(settings: JobSettings, flow: Dataflow) -> None:
    """Run `flow` in this process, with a snapshot each second."""
    store = settings.folder / "bytewax"
    store.mkdir()
    subprocess.run([sys.executable, "-m", "bytewax.recovery", str(store), "1"], check=True)
    mark("ready")
    config = RecoveryConfig(store, backup_interval=timedelta(0))
    runner: Any = cli_main
    runner(flow, epoch_interval=timedelta(seconds=SNAPSHOT_S), recovery_config=config)
