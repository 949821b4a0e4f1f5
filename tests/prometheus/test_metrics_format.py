"""The metrics of a worker: clean, readable by what reads them, and each declared once."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agents.documentation import metrics_of
from agents.metrics import metric_defs, pipeline_defs
from agents.pages.access import GRANT
from stream.web.tokens import EVERYTHING
from tests.engine_in_memory import EngineInMemory, pages_of
from tests.prometheus.scraping import OPENMETRICS, families, samples, scrape
from tests.unit.agents.pages.conftest import NOW, a_floor

if TYPE_CHECKING:
    from collections.abc import Mapping


async def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    text = await scrape(a_floor(targets={"contact_rate": 0.3, "cost_per_lead": 40}), accept="")
    checking = await asyncio.create_subprocess_exec(
        promtool, "check", "metrics", stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    told, _ = await checking.communicate(text.encode())
    assert (checking.returncode, told) == (0, b"")


async def test_both_formats_say_the_same() -> None:
    floor = a_floor()
    plain = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in parse_text(await scrape(floor, accept="text/plain"))
        for s in family.samples
        if s.name.startswith("ringboard_")
    }
    opened = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for s in samples(await scrape(floor))
        if s.name.startswith("ringboard_")
    }
    assert plain == opened
    assert len(opened) > 1000


async def test_the_format_is_the_one_asked_for() -> None:
    async with TestClient(TestServer(pages_of(a_floor()))) as client:
        for accept, expected in ((OPENMETRICS, "application/openmetrics-text"), ("*/*", "text/plain")):
            response = await client.get("/metrics", headers={"Accept": accept})
            assert response.headers["Content-Type"].startswith(expected)
            assert ("# EOF" in await response.text()) == (expected != "text/plain")


async def test_a_scrape_is_packed_for_another_machine_that_can_unpack_it() -> None:
    pages = pages_of(a_floor())
    metrics = next(route.handler for route in pages.router.routes() if route.name == "metrics")
    asked: list[tuple[bytes, Mapping[str, str]]] = []
    for remote, encoding in (("192.0.2.7", "deflate, gzip"), ("192.0.2.7", "identity"), ("127.0.0.1", "gzip")):
        for accept in (OPENMETRICS, "text/plain"):
            request = make_mocked_request("GET", "/metrics", {"Accept": accept, "Accept-Encoding": encoding})
            request = request.clone(remote=remote)
            request[GRANT] = EVERYTHING
            answer = await metrics(request)
            assert isinstance(answer, web.Response)
            assert isinstance(answer.body, bytes)
            asked.append((answer.body, answer.headers))
    for (short, packed), (long, plain), (near, local) in zip(asked[:2], asked[2:4], asked[4:], strict=True):
        assert packed["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.keys() | local.keys()
        assert packed["Content-Type"] == plain["Content-Type"] == local["Content-Type"]
        assert len(short) * 5 < len(long)
        assert _of_the_floor(gzip.decompress(short)) == _of_the_floor(long) == _of_the_floor(near)


def _of_the_floor(text: bytes) -> list[bytes]:
    """Leave out what moves between two looks."""
    return [line for line in text.splitlines() if not line.startswith(b"process_")]


async def test_no_series_comes_twice() -> None:
    counts = Counter((s.name, tuple(sorted(s.labels.items()))) for s in samples(await scrape(a_floor())))
    assert [series for series, count in counts.items() if count > 1] == []


async def test_every_metric_is_declared_once_and_says_what_it_means() -> None:
    every = [one for module in (metric_defs, pipeline_defs) for one in metrics_of(vars(module))]
    declared = list({id(one): one for one in every}.values())  # one declaration may stand for several measures
    names = [metric.name for metric in declared]
    assert len(names) == len(set(names))
    assert all(metric.help.endswith(".") for metric in declared)
    floor = a_floor(targets={"contact_rate": 0.3, "cost_per_lead": 40})
    floor.feed([{"id": "l1", "type": "lead.lost", "at": NOW, "lead": "L3", "reason": "price"}])
    engine = EngineInMemory(floor)
    found = families(await scrape(floor, engine))
    exported = {family.name: family.type for family in found if family.name.startswith("ringboard_")}
    kinds = {metric.name: metric.kind for metric in declared}
    assert exported.items() <= kinds.items()
    # These have samples only once something has happened that did not happen here.
    seldom = {
        "ringboard_partition_restored_ratio",
        "ringboard_records_applied",
        "ringboard_window_wins",
        "ringboard_window_pacing_breaches",
        "ringboard_dispositions_unmapped",
        "ringboard_labels_changed",
        "ringboard_peers_refused",  # of a worker that has others
        "ringboard_rep_follow_ups_due",  # by the end of tomorrow; here they are due in three days
    }
    assert kinds.keys() - exported.keys() == seldom


async def test_no_label_holds_a_number_a_lead_or_a_call() -> None:
    values = {value for s in samples(await scrape(a_floor())) for value in s.labels.values()}
    assert not values & {"L1", "L2", "L3", "C1", "C2", "C3", "C4", "C9"}
    assert not any(value.startswith("num_") for value in values)
