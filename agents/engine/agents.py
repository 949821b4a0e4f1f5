"""The Faust agents of a worker: which there are, what each reads and keeps, and how it passes batches to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import faust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agents.engine.batch import Batch
    from stream.journeys.partition_state import Group


class AgentSpec(NamedTuple):
    """What one agent reads, and what its tables keep, in words."""

    reads: str
    keeps: str


#: By the name of the group whose topics the agent reads.
AGENTS: Final[Mapping[str, AgentSpec]] = {
    "events": AgentSpec(
        "leads, calls and customers, and the links that are keyed like them",
        "the journeys of leads, numbers and customers, and the slices that they add up to",
    ),
    "floor": AgentSpec(
        "the states of reps and the calls of queues",
        "the journeys of queued calls, the hours of reps, and the slices that they add up to",
    ),
    "spend": AgentSpec("what campaigns cost", "each spend"),
}


class BatchSchema(faust.Schema[None, Any]):
    """Leaves keys and values alone: a message's value is a `Batch` already."""

    def loads_key(self, *_: Any, **_named: Any) -> None:
        """Return nothing: a batch has many keys."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Batch:  # noqa: ARG002  # as Faust calls it
        """Return the batch."""
        batch: Batch = message.value
        return batch


def register_agent(app: faust.App, group: Group, put: Callable[[Batch], None]) -> None:
    """
    Register the agent of `group` with `app`; it calls `put` with each batch of the group's topics.

    It does nothing else: each partition folds and commits in its own task, so that none waits for another one's
    transaction. `put` must not raise, as Faust would count the batch as done.

    Raises:
        KeyError: `AGENTS` has no agent of that name.

    """
    reads, keeps = AGENTS[group.name]
    channel = app.topic(*group.topics, schema=BatchSchema(), acks=False, internal=False)

    async def agent(stream: faust.StreamT[Batch]) -> None:
        async for batch in stream:
            put(batch)

    agent.__doc__ = f"Reads {reads}. Keeps {keeps}."  # what Faust shows as the agent's help
    app.agent(channel, name=group.name)(agent)
