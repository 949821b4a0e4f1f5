"""
History replayed to a live floor: how fast it is folded, and how long a live event takes to appear in the API.

    python -m benchmarks.history --events 500000 --partitions 8 --beside history

`--beside live` sends the same history to the topic of the live events instead, where they wait behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from benchmarks.scale_out import KEY, Worker, free_port
from stream.broker import Broker
from stream.clock import SystemClock
from stream.intake.outbox import Outbox, outbox_to_broker
from stream.settings.model import Settings

DAY = 86_400_000
POLL_EVERY_S = 0.02
QUERY = "/api/v1/kpis?window=5m&campaign=now"


def a_year(events: int, now: int) -> list[dict[str, Any]]:
    """Return `events` events over a year up to `now` (ms): leads are requested, and each is called three times."""
    made: list[dict[str, Any]] = []
    for number in range(events):
        at = now - 362 * DAY + number * 360 * DAY // events
        key = {"lead": f"L{number // 4}", "campaign": f"c{number // 4 % 20}"}
        if number % 4 == 0:
            made.append({"id": f"h{number}", "type": "lead.requested", "at": at, **key})
        else:
            call = {"type": "call.ended", "direction": "outbound", "call": f"C{number}", "placed_at": at}
            made.append({"id": f"h{number}", "at": at, "talk_s": number % 60, "rep": f"r{number % 200}", **call, **key})
    return made


class Live:
    """Live events at `rate` a second, and how long each takes to appear in the API at `url`."""

    def __init__(self, outbox: Outbox, session: aiohttp.ClientSession, url: str, rate: float) -> None:
        self.outbox, self.session, self.url, self.rate = outbox, session, url, rate
        self.sent: list[float] = []
        self.seen: list[float] = []
        self.ended_at = 0.0

    async def send(self) -> None:
        """Send one event after the other until cancelled."""
        while True:
            number = len(self.sent)
            now = SystemClock().now_ms()
            event = {"id": f"n{number}", "type": "lead.requested", "at": now, "lead": f"N{number}", "campaign": "now"}
            self.sent.append(time.monotonic())
            self.outbox.put(event, "bench", number)
            await self.outbox.flush()
            await asyncio.sleep(1 / self.rate)

    async def poll(self) -> None:
        """Poll the API until all history is folded."""
        while True:
            async with self.session.get(self.url + QUERY) as response:
                answer = await response.json()
            now = time.monotonic()
            shown = answer["kpis"]["leads_requested"]["value"] or 0
            self.seen.extend([now] * (shown - len(self.seen)))
            if answer["complete"] and answer["behind"] is not None and answer["behind"] < self.rate:
                self.ended_at = now
                return
            await asyncio.sleep(POLL_EVERY_S)

    def latencies(self) -> list[float]:
        """Return how long each event took to appear, in seconds, sorted, without the last few."""
        return sorted(after - before for before, after in zip(self.sent, self.seen, strict=False))


async def run(options: argparse.Namespace, bootstrap: str, folder: Path) -> None:
    """Run the bench once, and print the figures."""
    settings = Settings(
        broker=bootstrap,
        app_id=f"history{int(time.time())}",
        partitions=options.partitions,
        pseudonym_key=SecretStr(KEY),
        data_dir=folder,
    )
    history = a_year(options.events, SystemClock().now_ms())
    async with outbox_to_broker(settings, history=options.beside == "history") as sending:
        for line, event in enumerate(history):
            sending.put(event, "bench", line)
            if line % 1000 == 0:
                await sending.relieve()
        await sending.flush()
    worker = Worker(0, settings, free_port())
    await worker.start(folder)
    url = f"http://127.0.0.1:{worker.port}"
    async with aiohttp.ClientSession() as session:
        try:
            while not await is_ready(session, url):  # noqa: ASYNC110  the bench sees the worker from outside
                await asyncio.sleep(0.05)
            began = time.monotonic()
            async with outbox_to_broker(settings) as outbox:
                live = Live(outbox, session, url, options.rate)
                sending_live = asyncio.create_task(live.send())
                await live.poll()
                sending_live.cancel()
            report(options, live, live.ended_at - began)
        finally:
            if worker.process is not None:
                worker.process.terminate()
                await worker.process.wait()


async def is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    """Return whether the worker is ready."""
    with contextlib.suppress(aiohttp.ClientError):
        async with session.get(url + "/readyz") as response:
            return response.status == 200
    return False


def report(options: argparse.Namespace, live: Live, seconds: float) -> None:
    """Print the figures."""
    times = live.latencies()
    at = {share: times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.9, 0.99)}
    print(
        f"{options.events:,} events of history in the {options.beside} topics of {options.partitions} partitions, "
        f"folded in {seconds:.1f} s ({options.events / seconds:,.0f}/s); of {len(times)} live events, "
        f"{options.rate:g}/s, half were shown within {at[0.5]:.2f} s, 90 % within {at[0.9]:.2f} s, 99 % within "
        f"{at[0.99]:.2f} s",
        flush=True,
    )


def main() -> None:
    """Run the bench on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--beside", choices=["history", "live"], default="history")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, Broker(Path(made) / "broker") as broker:
        asyncio.run(run(options, broker.bootstrap, Path(made)))


if __name__ == "__main__":
    main()
