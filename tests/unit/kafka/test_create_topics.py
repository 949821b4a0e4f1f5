"""Topics on a broker that has only just started, or that its controller leaves out for a moment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiokafka.errors import InvalidReplicationFactorError

from stream.errors import RingboardError
from stream.kafka.connection import Connection
from stream.kafka.create_topics import controller_known, create_missing, created_by_live_brokers
from stream.kafka.topics import Topic

if TYPE_CHECKING:
    from stream.broker import Broker


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


class LeftOut:
    """An admin client of a broker that missed its heartbeats on a busy machine: for a moment it may hold nothing."""

    def __init__(self) -> None:
        self.answers = [InvalidReplicationFactorError.errno, InvalidReplicationFactorError.errno, 0]

    async def create_topics(self, _topics: object, *, validate_only: bool) -> Any:
        assert not validate_only
        return SimpleNamespace(topic_errors=[("a", self.answers.pop(0), "all brokers are currently fenced")])


async def test_a_broker_that_may_hold_nothing_for_a_moment_is_asked_again() -> None:
    admin = LeftOut()
    answer = await created_by_live_brokers(cast("Any", admin), [Topic("a", 1, "none", {})], 1)
    assert answer.topic_errors == [("a", 0, "all brokers are currently fenced")]
    assert admin.answers == []


async def test_a_cluster_that_stays_too_small_is_told_so(broker: Broker, app_id: str) -> None:
    with pytest.raises(RingboardError, match=f"topic {app_id}: cannot be created: .*replicat"):
        await create_missing(Connection(broker.bootstrap), [Topic(app_id, 1, "none", {})], 3)
