"""The labels of the metrics: how many values they may have, and what a value may be."""

from __future__ import annotations

from collections import defaultdict

import pytest

from agents.metrics.labels import OTHER, Labels
from stream.clock import FixedClock
from tests.floor_in_memory import FloorInMemory
from tests.prometheus.scraping import samples, scrape, summed
from tests.unit.agents.pages.conftest import NOW, a_floor


async def test_past_the_limit_a_label_s_values_are_other_and_counted() -> None:
    floor = a_floor(label_limit=1)
    text = await scrape(floor)
    campaigns = {s.labels["campaign"] for s in samples(text) if s.name == "ringboard_window_leads_requested"}
    assert len(campaigns - {"", OTHER}) == 1
    assert OTHER in campaigns
    assert summed(text, "ringboard_window_leads_requested", window="today") == 3
    assert summed(text, "ringboard_label_values_over_limit", label="campaign") == 1
    assert summed(text, "ringboard_label_values_over_limit", label="team") == 0


async def test_each_label_may_have_a_limit_of_its_own() -> None:
    events = [
        {"id": f"e{place}", "type": "lead.requested", "at": NOW, "lead": f"L{place}", "campaign": "Spring", **detail}
        for place, detail in enumerate(
            {"rep": f"rep {n}", "team": f"team {n}", "channel": f"channel {n}"} for n in range(5)
        )
    ]
    calls = [
        {
            "id": f"c{n}",
            "type": "call.ended",
            "at": NOW,
            "call": f"C{n}",
            "direction": "inbound",
            "placed_at": NOW,
            "number": "+33639980001",
            "queue": f"queue {n}",
        }
        for n in range(5)
    ]
    losses = [
        {"id": f"l{n}", "type": "lead.lost", "at": NOW, "lead": f"L{n}", "reason": f"reason {n}"} for n in range(5)
    ]
    joins = [
        {"id": f"j{n}", "type": "queue.joined", "at": NOW, "call": f"C{n}", "queue": f"queue {n}"} for n in range(5)
    ]
    floor = FloorInMemory(
        clock=FixedClock(NOW + 1),
        settings={"label_limit": 1, "label_limits": {"team": 2, "channel": 3, "reason": 4, "queue": 5}},
    )
    floor.feed([*events, *calls, *losses, *joins])
    assert floor.refused == []
    text = await scrape(floor)
    values: defaultdict[str, set[str]] = defaultdict(set)
    for s in samples(text):
        for name, value in s.labels.items():
            if s.name.startswith("ringboard_window_") and value:
                values[name].add(value)
    for name, limit in (("team", 2), ("channel", 3), ("reason", 4)):
        assert len(values[name] - {OTHER}) == limit, name
        assert OTHER in values[name]
        assert summed(text, "ringboard_label_values_over_limit", label=name) == 5 - limit
    assert len(values["queue"]) == 5
    assert OTHER not in values["queue"]
    assert summed(text, "ringboard_window_leads_requested", window="today") == 5
    assert summed(text, "ringboard_window_reason_leads_lost", window="today") == 5


async def test_a_value_that_no_query_could_name_is_shown_as_one_that_can_be() -> None:
    hostile = '"}{<script>`\\E\N{BELL}'
    floor = FloorInMemory(
        clock=FixedClock(NOW + 1),
        settings={"targets_by_campaign": {hostile: {"contact_rate": 0.2}}},
    )
    floor.feed([{"id": "r", "type": "lead.requested", "at": NOW, "lead": "L", "campaign": hostile}])
    text = await scrape(floor)
    shown = '"}{<script>??E\N{BELL}'
    assert summed(text, "ringboard_window_leads_requested", window="today", campaign=shown) == 1
    assert summed(text, "ringboard_kpi_target_ratio", kpi="contact_rate", campaign=shown) == 0.2


@pytest.mark.parametrize("name", ["x" * 10_000, '"}\n{<script>'])
def test_a_name_too_long_or_of_two_lines_is_refused_at_the_door(name: str) -> None:
    floor = FloorInMemory(clock=FixedClock(NOW + 1))
    floor.feed([{"id": "r", "type": "lead.requested", "at": NOW, "lead": "L", "campaign": name}])
    (refused,) = floor.refused
    assert str(refused).startswith("campaign: ")
    assert name[:4] not in str(refused)


def test_a_value_once_shown_stays_shown() -> None:
    labels = Labels({"rep": 2, "team": 2})
    assert [labels.of("rep", name) for name in ("ada", "bo", "cy", "ada", "cy", "dee")] == [
        "ada",
        "bo",
        OTHER,
        "ada",
        OTHER,
        OTHER,
    ]
    assert labels.of("rep", None) == ""
    assert labels.over("rep") == 2
    assert labels.over("team") == 0
