"""What both Faust jobs share: the app, and a worker in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust

from benchmarks.ports import free_port

if TYPE_CHECKING:
    from benchmarks.peers.job_settings import JobSettings


def app_of(settings: JobSettings, **options: Any) -> faust.App:
    """Return an app with state in memory and changelogs; `options` are further settings of Faust."""
    return faust.App(
        settings.app,
        env={},
        broker=f"kafka://{settings.broker}",
        store="memory://",
        topic_partitions=settings.partitions,
        topic_replication_factor=1,
        table_standby_replicas=0,
        topic_disable_leader=True,
        datadir=str(settings.folder / "faust"),
        web_enabled=False,
        worker_redirect_stdouts=False,
        web_port=free_port(),
        web_bind="127.0.0.1",
        **options,
    )


def run(app: faust.App) -> None:
    """Run a worker until the process is killed."""
    worker = faust.Worker(app, loglevel="WARN", quiet=True, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()
