"""How fast a floor is backed up while its worker runs, and restored: `python -m benchmarks.backup`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from agents.backup.empty_topics import delete_topics
from agents.backup.restoring import Restore
from agents.backup.saving import Saved, back_up
from benchmarks.history import a_year, is_ready
from benchmarks.scale_out import KEY, Worker, free_port
from stream.backup.verifying import verify
from stream.broker import Broker
from stream.check.kafka import expected_topics
from stream.clock import SystemClock
from stream.intake.outbox import outbox_to_broker
from stream.kafka.connection import connection_of
from stream.settings.model import Settings

_POLL_EVERY_S = 0.2
_RELIEVE_EVERY = 1000


async def run(options: argparse.Namespace, bootstrap: str, folder: Path) -> None:
    """Run the bench once, and print the figures."""
    settings = Settings(broker=bootstrap, app_id="backup", pseudonym_key=SecretStr(KEY), data_dir=folder)
    kept = folder / "kept"
    await _send(settings, 0, options.events)
    async with aiohttp.ClientSession() as session:
        worker = Worker(0, settings, free_port())
        await worker.start(folder)
        await _level(session, worker)
        _told("first run", await _timed(settings, kept))
        await _send(settings, options.events, options.more)
        await _level(session, worker)
        _told(f"after {options.more:,} more events", await _timed(settings, kept))
        _told("with nothing new", await _timed(settings, kept))
        await _stop(worker)
        await delete_topics(connection_of(settings), [topic.name for topic in expected_topics(settings)])
        began = time.monotonic()
        manifest, _ = verify(kept, lambda _: None)
        verified = time.monotonic()
        done = await Restore(settings, kept, manifest, SystemClock(), lambda _: None).to_empty(rebuild=False)
        restored = time.monotonic()
        print(
            f"verified in {verified - began:.1f} s; restored: {done.written:,} records in {restored - verified:.1f} s "
            f"({done.written / (restored - verified):,.0f}/s)",
            flush=True,
        )
        worker = Worker(1, settings, free_port())
        await worker.start(folder)
        await _level(session, worker)
        print(f"the worker had all numbers {time.monotonic() - restored:.1f} s after its start", flush=True)
        await _stop(worker)


async def _send(settings: Settings, first: int, count: int) -> None:
    history = a_year(first + count, SystemClock().now_ms())[first:]
    async with outbox_to_broker(settings) as outbox:
        for line, event in enumerate(history):
            outbox.put(event, "bench", line)
            if line % _RELIEVE_EVERY == 0:
                await outbox.relieve()
        await outbox.flush()


async def _level(session: aiohttp.ClientSession, worker: Worker) -> None:
    """Return when the worker has folded all that there is."""
    url = f"http://127.0.0.1:{worker.port}"
    while not await is_ready(session, url):  # noqa: ASYNC110  the bench sees the worker from outside
        await asyncio.sleep(_POLL_EVERY_S)
    while True:
        with contextlib.suppress(aiohttp.ClientError):  # its supervisor may be starting it again
            async with session.get(url + "/api/v1/kpis?window=30d") as response:
                answer = await response.json()
            if answer["complete"] and answer["behind"] == 0:
                return
        await asyncio.sleep(_POLL_EVERY_S)


async def _stop(worker: Worker) -> None:
    if worker.process is not None:
        worker.process.terminate()
        await worker.process.wait()


async def _timed(settings: Settings, kept: Path) -> tuple[Saved, float]:
    began = time.monotonic()
    saved = await back_up(settings, kept, SystemClock(), lambda _: None)
    return saved, time.monotonic() - began


def _told(what: str, run_: tuple[Saved, float]) -> None:
    saved, seconds = run_
    size = saved.bytes / max(1, saved.records)
    print(
        f"{what}: read {saved.read:,} records in {seconds:.1f} s ({saved.read / seconds:,.0f}/s); "
        f"kept {saved.records:,} in {saved.bytes / 1e6:,.1f} MB ({size:.0f} bytes each), {saved.states} states",
        flush=True,
    )


def main() -> None:
    """Run the bench on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--more", type=int, default=5_000)
    parser.add_argument("--keep", type=Path, help="A folder for what is left, which stays.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        with Broker(folder / "broker") as broker:
            asyncio.run(run(options, broker.bootstrap, folder))


if __name__ == "__main__":
    main()
