"""Whatever a source, a recording or a webhook tells of a person, no number and no name of theirs is anywhere after."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import CliRunner
from twilio.request_validator import RequestValidator

from stream.cli import main
from stream.clock import SystemClock
from stream.configuration import load_settings
from stream.gateway.running import Running
from stream.kafka.topics import topics
from stream.sources.formats import FORMATS
from tests.kafka import private_samples as private
from tests.kafka.test_pages import worker
from tests.kafka.worker_process import DEADLINE_S, KEY
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105
SECRET = "a secret of the tests"  # noqa: S105
PAGES = (
    *(f"/api/v1/kpis?window={window}" for window in ("today", "30d")),
    "/api/v1/heatmap?kpi=contact_rate",
    *(f"/api/v1/breakdown?window=30d&kpi=contact_rate&by={by}" for by in ("campaign", "rep")),
    "/api/v1/leads/waiting",
    "/api/v1/catalogue",
    "/metrics",
    "/readyz",
    "/",
)
_BETWEEN = re.compile(r"(?<=[0-9])[ .()/\-]{1,3}(?=[0-9])")

Haystack = dict[str, str]


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    mapping = tmp_path / "our-crm.toml"
    mapping.write_text(private.MAPPING)
    sources = {"crm": {"mapping": str(mapping), "key": SECRET}}
    given = {
        "BROKER": broker.bootstrap,
        "APP_ID": app_id,
        "DATA_DIR": str(tmp_path),
        "PSEUDONYM_KEY": KEY,
        "PARTITIONS": "3",
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_TWILIO_TOKEN": TOKEN,
        "GATEWAY_CONNECT_KEY": SECRET,
        "GATEWAY_SOURCES": orjson.dumps(sources).decode(),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"RINGBOARD_{name}", value)
    return load_settings()


def replayed(folder: Path) -> tuple[Haystack, set[str]]:
    """Replay all samples and recordings; return what is said of them, and what must not be."""
    recorded = private.recordings()
    files = [path for paths in recorded.values() for path in paths]
    for name, text in private.FILES.items():
        if name in FORMATS:
            path = folder / f"{name}.sample"
            path.write_text(text, newline="")
            files.append(path)
    formats = set(private.FILES) | recorded.keys()
    assert formats >= FORMATS.keys(), "write a sample for the new format in private_samples.py"
    said = {}
    for arguments in (["--to-now"], ["--dry-run"]):
        result = CliRunner().invoke(main, ["replay", *arguments, *map(str, files)])
        assert result.exit_code == 0, result.output[-500:]
        said[f"replay {arguments[0]}"] = result.output
    texts = [_text(path) for path in files]
    return said, private.private_of(texts)


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")


async def posted(settings: Settings, caplog: pytest.LogCaptureFixture) -> Haystack:
    """Post what webhooks tell, right and wrong; return what the gateway answers and shows."""
    stop = asyncio.Event()
    gateway = asyncio.create_task(Running(settings, SystemClock()).run(stop))
    url = f"http://127.0.0.1:{settings.gateway_port}"
    answers: list[str] = []
    try:
        async with aiohttp.ClientSession() as web, asyncio.timeout(DEADLINE_S):
            while not any(line.startswith("ready") for line in caplog.messages):
                assert not gateway.done(), gateway.result()
                await asyncio.sleep(0.02)
            for path, body, headers in _requests(url):
                async with web.post(url + path, data=body, headers=headers) as answer:
                    assert answer.status < 500
                    answers.append(await answer.text())
            async with web.get(url + "/metrics") as answer:
                told = await answer.text()
    finally:
        stop.set()
        await gateway
    assert told.count('_events_total{source="') >= 3
    return {"gateway's answers": "\n".join(answers), "gateway's metrics": told, "gateway's lines": caplog.text}


def _requests(url: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    yield "/v1/events", private.FILES["ndjson"].encode(), {"Content-Type": "application/x-ndjson"}
    yield "/v1/events", b"[" + private.FILES["ndjson"].encode(), {}
    keyed = {"X-Api-Key": SECRET}
    for payload in (private.CONTACT, [private.CONTACT], private.CONTACT | {"disconnectTimestamp": private.one(28)}):
        yield "/v1/amazon-connect", orjson.dumps(payload), keyed
    yield "/v1/amazon-connect", orjson.dumps(private.CONTACT)[:-20], keyed
    for payload in (private.MAPPED, private.MAPPED[0], "no object"):
        yield "/v1/sources/crm", orjson.dumps(payload), keyed
    yield "/v1/sources/crm", orjson.dumps(private.MAPPED), {}
    for form in (private.CALLBACK, private.CALLBACK | {"CallStatus": f"of Ada {private.NAME}"}):
        for path in (
            "/v1/twilio",
            f"/v1/twilio?{urlencode({'lead': private.one(28), 'rep': private.EMAIL, 'team': private.one(37)})}",
        ):
            signature = RequestValidator(TOKEN).compute_signature(url + path, form)
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            yield path, urlencode(form).encode(), headers | {"X-Twilio-Signature": signature}
            yield path, urlencode(form).encode(), headers


async def on_the_broker(settings: Settings) -> Haystack:
    """Return all that is in all topics of the floor, keys and headers included."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    try:
        described = [one for one in await admin.describe_topics() if one["topic"].startswith(settings.app_id)]
    finally:
        await admin.close()
    found: dict[str, list[bytes]] = {one["topic"]: [] for one in described}
    places = [TopicPartition(one["topic"], each["partition"]) for one in described for each in one["partitions"]]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        left = {place for place in places if ends[place]}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                found[place.topic] += [part for one in records for part in (one.key, one.value) if part is not None]
                found[place.topic] += [part for one in records for _, part in one.headers]
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()
    return {name: b"\n".join(parts).decode("latin-1") for name, parts in found.items()}


async def test_no_number_and_no_name_is_anywhere(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        haystack, needles = await asyncio.to_thread(replayed, tmp_path)
        haystack |= await posted(settings, caplog)
    async with worker(settings) as one:
        await one.settled("30d")
        haystack |= {page: await one.text(page) for page in PAGES}
    haystack["worker's log"] = one.log.read_text()
    haystack["log"] = caplog.text
    haystack |= await on_the_broker(settings)
    for command in (["list", "--json"], ["list"], *(["show", str(number)] for number in range(12))):
        result = await asyncio.to_thread(CliRunner().invoke, main, ["rejected", *command])
        assert result.exit_code == 0, result.output
        haystack[f"rejected {' '.join(command)}"] = result.output

    names = topics(settings)
    for filled in (names.events, names.floor, names.links, names.legs, names.rejected):
        assert haystack[filled.name], f"nothing was looked through in {filled.name}"
    assert any(text for name, text in haystack.items() if name.endswith("-changelog"))
    assert "num_" in haystack[names.events.name]

    needles |= {private.NAME, *private.NUMBERS}
    assert _found({"here": f"06 39 98 71 01 {private.NAME}"}, needles), "the search finds nothing at all"
    assert _found(haystack, needles) == {}


def _found(haystack: Haystack, needles: set[str]) -> dict[str, list[Any]]:
    """Return what of `needles` is where, also where digits are grouped, with a piece of what is around it."""
    pattern = re.compile("|".join(sorted(map(re.escape, needles), key=len, reverse=True)))
    found = {}
    for name, text in haystack.items():
        hits = [
            told[max(0, match.start() - 60) : match.end() + 20]
            for told in (text, _BETWEEN.sub("", text))
            for match in list(pattern.finditer(told))[:3]
        ]
        if hits:
            found[name] = hits
    return found
