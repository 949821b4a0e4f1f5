"""Topics on a broker that has only just started."""

from __future__ import annotations

from typing import Any, cast

from stream.kafka.create_topics import controller_known


class JustStarted:
    """An admin client of a broker that first names no controller, and then itself."""

    def __init__(self) -> None:
        self.answers = [-1, -1, 1]

    async def describe_cluster(self) -> dict[str, Any]:
        return {"controller_id": self.answers.pop(0)}


async def test_a_broker_that_names_no_controller_yet_is_asked_again() -> None:
    admin = JustStarted()
    await controller_known(cast("Any", admin))
    assert admin.answers == []
