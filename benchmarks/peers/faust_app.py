"""What both Faust jobs have in common: the app, and a worker in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust

from benchmarks.ports import free_port

if TYPE_CHECKING:
    from benchmarks.peers.job_settings import Asked


def app_of(asked: Asked, **settings: Any) -> faust.App:
    """Return an app with state in memory and changelogs, and no extras."""
    return faust.App(
        asked.app,
        env={},
        broker=f"kafka://{asked.broker}",
        store="memory://",
        topic_partitions=asked.partitions,
        topic_replication_factor=1,
        table_standby_replicas=0,
        topic_disable_leader=True,
        datadir=str(asked.folder / "faust"),
        web_enabled=False,
        worker_redirect_stdouts=False,
        web_port=free_port(),
        web_bind="127.0.0.1",
        **settings,
    )


def run(app: faust.App) -> None:
    """Run a worker until it is ended from outside."""
    worker = faust.Worker(app, loglevel="WARN", quiet=True, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()
