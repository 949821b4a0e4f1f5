"""Topics on a broker that has only just started."""

from __future__ import annotations

from typing import Any, cast

from aiokafka.errors import NodeNotReadyError

from stream.kafka.create_topics import controller_known


class JustStarted:
    """An admin client of a broker that first names nobody, then no controller, and then itself."""

    def __init__(self) -> None:
        self.answers: list[int | None] = [None, None, -1, 1]
        self.asked_who_is_there = 0
        self._client = self

    async def force_metadata_update(self) -> bool:
        self.asked_who_is_there += 1
        return True

    async def describe_cluster(self) -> dict[str, Any]:
        controller = self.answers.pop(0)
        if controller is None:
            raise NodeNotReadyError("Attempt to send a request to node which is not ready (node id None).")
        return {"controller_id": controller}


async def test_a_broker_that_names_nobody_yet_is_asked_again() -> None:
    admin = JustStarted()
    await controller_known(cast("Any", admin))
    assert admin.answers == []
    assert admin.asked_who_is_there == 2
