"""How an agent is given batches as they were fetched, and hands each to its share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faust

if TYPE_CHECKING:
    from agents.app import RingboardApp
    from agents.engine.transport import Batch
    from stream.journeys.partition_state import Group


class BatchSchema(faust.Schema[None, Any]):
    """Leaves keys and values alone: a message's value is a `Batch` already."""

    def loads_key(self, *_: Any, **_named: Any) -> None:
        """Return nothing: a batch has many keys."""

    def loads_value(self, app: Any, message: Any, **_: Any) -> Batch:  # noqa: ARG002  # as Faust calls it
        """Return the batch."""
        batch: Batch = message.value
        return batch


def register_agent(app: RingboardApp, group: Group) -> None:
    """
    Register the agent of `group` with `app`.

    It only hands over: each share folds and commits in its own task, so that no partition waits for another one's
    transaction. Nothing here can raise, as Faust would count the batch as done.
    """
    put = app.engine.put

    @app.agent(app.batches(group), name=group.name)
    async def agent(stream: faust.StreamT[Batch]) -> None:
        async for batch in stream:
            put(batch)
