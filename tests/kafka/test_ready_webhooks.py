"""The webhooks that are ready, through a gateway's process and a real broker: what is right is there, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
import pytest
from yarl import URL

from stream.clock import SystemClock
from stream.configuration import load_settings
from tests.kafka.test_gateway import gateway, taken
from tests.kafka.worker_process import KEY
from tests.ports import free_port
from tests.unit.sources.google_ads.test_leads import LEAD
from tests.unit.sources.pipedrive.test_mappings import story
from tests.unit.sources.salesforce.test_mappings import STORY, message
from tests.unit.sources.typeform.test_mappings import response

if TYPE_CHECKING:
    from pathlib import Path

    from stream.broker import Broker
    from stream.settings.model import Settings

pytestmark = pytest.mark.kafka
SECRET = "a-secret-of-the-tests-and-of-no-other"  # noqa: S105
NAMES = {
    "pipedrive": "pipedrive",
    "old": "pipedrive-v1",
    "crm": "salesforce",
    "ads": "google-ads-leads",
    "form": "typeform",
    "site": "web-form",
    "page": "web-form-post",
    "hubspot": "hubspot",
}
SOURCES = {
    name: {"mapping": mapping, "key": SECRET, **({"signed": "hubspot"} if name == "hubspot" else {})}
    for name, mapping in NAMES.items()
}


@pytest.fixture
def settings(broker: Broker, app_id: str, tmp_path: Path) -> Settings:
    return load_settings(
        broker=broker.bootstrap,
        app_id=app_id,
        data_dir=str(tmp_path),
        pseudonym_key=KEY,
        gateway_port=free_port(),
        gateway_sources=SOURCES,
    )


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"ringboard:{password}".encode()).decode()}


def _signed(body: bytes, key: str) -> dict[str, str]:
    made = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    return {"Typeform-Signature": f"sha256={made}"}


def _of_hubspot(url: str, body: bytes, key: str, now: int) -> dict[str, str]:
    made = base64.b64encode(
        hmac.new(key.encode(), b"POST" + url.encode() + body + str(now).encode(), "sha256").digest()
    )
    return {"X-HubSpot-Signature-v3": made.decode(), "X-HubSpot-Request-Timestamp": str(now)}


def _requests(host: str, key: str, now: int) -> list[tuple[str, bytes, dict[str, str]]]:
    """Return what each vendor posts under `key`: the address, the body and the headers."""
    merged = {
        "subscriptionType": "contact.merge",
        "occurredAt": now,
        "primaryObjectId": 1,
        "mergedObjectIds": [2],
        "newObjectId": 1,
        "objectId": 1,
    }
    notifications = orjson.dumps([merged])
    of_form = orjson.dumps(response())
    as_it_is: list[tuple[str, Any, dict[str, str]]] = [
        *((f"{host}/pipedrive", one, _basic(key)) for one in story(2)),
        *((f"{host}/old", one, _basic(key)) for one in story(1)),
        (f"{host}/ads", {**LEAD, "google_key": key}, {}),
        (f"{host}/site", {"id": "812", "phone": "+33639980001"}, {"X-Api-Key": key}),
    ]
    return [
        *((url, orjson.dumps(body), headers) for url, body, headers in as_it_is),
        (f"{host}/crm?token={key}", message(*STORY), {"Content-Type": "text/xml"}),
        (f"{host}/form", of_form, _signed(of_form, key)),
        (f"{host}/page?token={key}", b"id=813&tel=%2B33639980001", {}),
        (f"{host}/hubspot", notifications, _of_hubspot(f"{host}/hubspot", notifications, key, now)),
    ]


def _once(events: list[dict[str, Any]]) -> set[Any]:
    """Return what tells events apart: of a form that does not say when it was sent, whose request it is."""
    return {one["lead"] if one["source"].startswith("web-form") else (one["id"], one.get("revision")) for one in events}


async def test_what_each_vendor_posts_is_on_the_broker_once_and_nobody_elses(settings: Settings) -> None:
    host = f"http://127.0.0.1:{settings.gateway_port}/v1/sources"
    more = {"RINGBOARD_GATEWAY_SOURCES": orjson.dumps(SOURCES).decode()}
    async with gateway(settings, more), aiohttp.ClientSession() as web:
        now = SystemClock().now_ms()

        async def post_all(key: str) -> set[int]:
            statuses = set()
            for url, body, headers in _requests(host, key, now):
                async with web.post(URL(url, encoded=True), data=body, headers=headers) as answer:
                    statuses.add(answer.status)
            return statuses

        assert await post_all(SECRET[::-1]) <= {401, 403}
        assert await taken(settings) == []
        assert await post_all(SECRET) == {200, 204}
        first = await taken(settings)
        assert await post_all(SECRET) == {200, 204}
    events = await taken(settings)
    assert {one["source"] for one in first} == set(NAMES.values())
    assert len(events) == 2 * len(first)
    assert _once(events) == _once(first)
    by_source = {name: [one["type"] for one in first if one["source"] == name] for name in NAMES.values()}
    for name in ("pipedrive", "pipedrive-v1"):
        assert by_source[name] == ["lead.requested", "lead.qualified", "lead.assigned", "lead.won", "lead.won"]
    assert by_source["hubspot"] == ["lead.merged"]
    assert {"lead.requested", "lead.qualified", "lead.merged", "lead.won"} <= set(by_source["salesforce"])
    assert "639980001" not in orjson.dumps(events).decode()
