"""The agent of reps and queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.engine.agents import register_agent

if TYPE_CHECKING:
    from agents.app import RingboardApp
    from stream.journeys.partition_state import Group


def register(app: RingboardApp, group: Group) -> None:
    """Let `app` consume the topics of `group`."""
    register_agent(app, group)
