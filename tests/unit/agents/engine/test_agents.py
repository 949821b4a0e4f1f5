from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agents.app import RingboardApp, create_app
from agents.engine.agents import AGENTS, register_agent
from agents.engine.batch import Batch
from stream.clock import FixedClock
from stream.errors import RingboardError
from stream.journeys.compose import floor_of, groups_of
from stream.journeys.partition_state import Group
from stream.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import faust

SETTINGS: dict[str, Any] = {"pseudonym_key": "a key of the tests, and of nothing else", "web_host": "127.0.0.1"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, **SETTINGS)


def test_there_is_one_agent_for_each_group_of_the_floor(settings: Settings) -> None:
    groups = groups_of(settings, floor_of(settings), FixedClock(0))
    assert list(AGENTS) == [group.name for group in groups]
    assert {agent.name: agent.channel.topics for agent in agents_of(create_app(settings))} == {
        group.name: group.topics for group in groups
    }


def test_the_help_of_an_agent_says_what_it_reads_and_keeps(settings: Settings) -> None:
    for agent in agents_of(create_app(settings)):
        reads, keeps = AGENTS[agent.name]
        assert agent.help == f"Reads {reads}. Keeps {keeps}."


def test_a_group_without_an_agent_is_refused(settings: Settings) -> None:
    group = Group("surprise", (), (), 1, lambda _partition: pytest.fail("no state is made"))
    with pytest.raises(RingboardError, match="the group surprise: one of events, floor, spend"):
        create_app(settings, [group])


async def test_an_agent_hands_on_each_batch_as_it_was_read(settings: Settings) -> None:
    groups = groups_of(settings, floor_of(settings), FixedClock(0))
    app = RingboardApp(settings, groups, FixedClock(0))
    received: list[Batch] = []
    register_agent(app, groups[-1], received.append)
    batch = Batch("a topic", 0, 3, 5, 0, 9, [])
    (agent,) = agents_of(app)
    async with agent.test_context() as tested:
        await tested.put(batch)
    assert received == [batch]


def agents_of(app: faust.App) -> list[Any]:
    return list(app.agents.values())
