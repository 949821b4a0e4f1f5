"""What a floor in memory exports, as a scrape reads it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from tests.engine_in_memory import EngineInMemory, pages_of

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

    from tests.floor_in_memory import FloorInMemory

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


async def scrape(floor: FloorInMemory, engine: EngineInMemory | None = None, accept: str = OPENMETRICS) -> str:
    async with TestClient(TestServer(pages_of(floor, engine))) as client:
        response = await client.get("/metrics", headers={"Accept": accept} if accept else {})
        assert response.status == 200
        return await response.text()


@lru_cache(maxsize=4)
def families(exposition: str) -> list[Metric]:
    return list(parse_openmetrics(exposition))  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4)
def samples(exposition: str) -> list[Sample]:
    return [sample for family in families(exposition) for sample in family.samples]


def summed(exposition: str, name: str, **labels: str) -> float:
    found = [s.value for s in samples(exposition) if s.name == name and labels.items() <= s.labels.items()]
    assert found, (name, labels)
    return math.fsum(found)
