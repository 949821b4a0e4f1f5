"""A gateway under one flood after the other: what honest senders get meanwhile, and how much memory it takes."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp
import orjson
from twilio.request_validator import RequestValidator

from benchmarks import report
from benchmarks.bench_floor import KEY, BenchFloor
from benchmarks.floods.senders import FLOODS, FORM, SECRET, flooding
from benchmarks.jobs import Job, peak_of
from benchmarks.ports import free_port

if TYPE_CHECKING:
    from benchmarks.testbed import Testbed

TOKEN: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105
READY_WITHIN_S: Final = 60.0
EVERY_S: Final = 0.02


async def run(testbed: Testbed, seconds: float) -> dict[str, Any]:
    """Run each flood for `seconds`; print and return what honest senders got, and the memory."""
    floor = BenchFloor(testbed, 4)
    await floor.create()
    port = free_port()
    environment = {
        "RINGBOARD_BROKER": testbed.broker.bootstrap,
        "RINGBOARD_APP_ID": floor.app_id,
        "RINGBOARD_PARTITIONS": "4",
        "RINGBOARD_DATA_DIR": str(testbed.folder / "data"),
        "RINGBOARD_PSEUDONYM_KEY": KEY,
        "RINGBOARD_GATEWAY_PORT": str(port),
        "RINGBOARD_GATEWAY_KEY": SECRET,
        "RINGBOARD_GATEWAY_TWILIO_TOKEN": TOKEN,
        "RINGBOARD_GATEWAY_REQUESTS_PER_S": "100000",
    }
    command = [str(Path(sys.executable).with_name("ringboard")), "gateway"]
    log = testbed.folder / f"{floor.app_id}-gateway.log"
    with Job(command, environment, testbed.broker.pid or 0, log) as job:
        await ready(port)
        rows = [{"flood": name, **await _measured(job.pid, port, name, seconds)} for name in FLOODS]
    lines = log.read_text().splitlines()
    report.show(
        f"honest senders beside floods of {seconds:g} s, {len(lines)} lines logged in all",
        ("flood", "honest", "a second", "failed", "median ms", "slowest ms", "flood's answers", "largest", "peak MB"),
        [tuple(row.values()) for row in rows],
    )
    return {"floods_gateway": {"rows": rows, "lines_logged": len(lines)}}


async def _measured(pid: int, port: int, name: str, seconds: float) -> dict[str, Any]:
    """Return what an event with a key, a signed callback and /healthz get in turn while the flood goes on."""
    _forget_peak(pid)
    took: list[float] = []
    failed = dict.fromkeys(HONEST, 0)
    url = f"http://127.0.0.1:{port}"
    async with flooding(name, port) as end, aiohttp.ClientSession() as web:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for kind, honest in HONEST.items():
                began = time.monotonic()
                failed[kind] += not await honest(web, url)
                took.append(time.monotonic() - began)
            await asyncio.sleep(EVERY_S)
        peak = peak_of(pid)
        flooded = await end()
    took.sort()
    return {
        "honest": len(took),
        "per_s": round(len(took) / seconds, 1),
        "failed": " ".join(f"{kind}:{count}" for kind, count in failed.items() if count) or "none",
        "median_ms": round(1000 * took[len(took) // 2], 1),
        "slowest_ms": round(1000 * took[-1], 1),
        "statuses": " ".join(f"{status}:{count}" for status, count in flooded["statuses"].items()) or "-",
        "largest_answer": flooded["largest"],
        "peak_mb": round(peak / 2**20),
    }


def _forget_peak(pid: int) -> None:
    """Let the peak of memory be counted from now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


async def _event(web: aiohttp.ClientSession, url: str) -> bool:
    now = time.time_ns() // 1_000_000
    event = {"id": f"e{now}", "type": "lead.requested", "at": now, "lead": f"L{now}", "campaign": "Spring"}
    post = web.post(f"{url}/v1/events", data=orjson.dumps(event), headers={"X-Api-Key": SECRET})
    return await _is(post, 200)


async def _callback(web: aiohttp.ClientSession, url: str) -> bool:
    url = f"{url}/v1/twilio"
    form = {"CallSid": f"CA{time.time_ns()}", "CallStatus": "ringing", "Direction": "outbound-api", "To": "client:rep"}
    signature = RequestValidator(TOKEN).compute_signature(url, form)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    return await _is(web.post(url, data=urlencode(form), headers=headers), 204)


async def _health(web: aiohttp.ClientSession, url: str) -> bool:
    return await _is(web.get(f"{url}/healthz"), 200)


async def _is(request: Any, status: int) -> bool:
    try:
        async with request as answer:
            return bool(answer.status == status)
    except aiohttp.ClientError:
        return False


HONEST: Final = {"event": _event, "callback": _callback, "health": _health}


async def ready(port: int) -> None:
    """Return when what listens there is ready."""
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as web:
        while not await _is(web.get(f"http://127.0.0.1:{port}/readyz"), 200):  # noqa: ASYNC110  it sets no event
            await asyncio.sleep(0.1)
