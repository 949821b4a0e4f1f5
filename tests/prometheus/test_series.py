"""How many series a floor's metrics have: what docs/grafana.md says of large ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.resources import PARTITIONS, ScrapeSize, calls
from stream.clock import FixedClock
from tests.engine_in_memory import EngineInMemory
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.scraping import scrape
from tests.unit.agents.pages.conftest import NOW

SAID = re.findall(
    r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+)(?: \(all\))? \| ([\d,]+) \| ([\d.]+) MB \|",
    (Path(__file__).parents[2] / "docs/grafana.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_documentation_speaks_of_two_hundred_reps_and_twenty_campaigns() -> None:
    assert [said[:3] for said in SAID] == [("200", "20", "3"), ("200", "20", "20")]


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said[2]}-campaigns-of-each-team")
async def test_a_floor_of_that_size_has_the_series_that_the_documentation_says(said: tuple[str, ...]) -> None:
    reps, campaigns, each, series = (int(number.replace(",", "")) for number in said[:4])
    limits = {"rep": reps, "campaign": campaigns}
    floor = FloorInMemory(clock=FixedClock(NOW), partitions=PARTITIONS, settings={"label_limits": limits})
    topic = floor.floor.topics.events.name
    sent = 0
    for partition, key, value in calls(ScrapeSize(reps, campaigns, each), NOW):
        floor.send(topic, key, value, partition)
        sent += 1
    engine = EngineInMemory(floor.drain())
    engine.counters.records_by_topic[topic] = sent
    text = await scrape(floor, engine)
    assert floor.refused == []
    assert sum(not line.startswith("#") for line in text.splitlines()) == pytest.approx(series, rel=0.02)
    assert len(text) / 2**20 == pytest.approx(float(said[4]), rel=0.05)
