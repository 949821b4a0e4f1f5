"""What counts as a request without an answer."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError, RequestTimedOutError

from agents.engine.unanswered import Unanswered


class Client:
    """A client whose requests end as they are named."""

    async def send(self, _node: int, request: str | BaseException, *, group: str = "") -> str:
        if isinstance(request, BaseException):
            raise request
        return request + group


async def test_a_request_that_is_answered_leaves_no_doubt() -> None:
    client = Client()
    unanswered = Unanswered(cast("Any", client))
    assert await client.send(1, "an answer", group=" of a group") == "an answer of a group"
    assert not unanswered.any


@pytest.mark.parametrize("how", [RequestTimedOutError(), KafkaConnectionError("closed"), asyncio.CancelledError()])
async def test_a_request_whose_answer_never_came_leaves_doubt_also_after_others_were_answered(
    how: BaseException,
) -> None:
    client = Client()
    unanswered = Unanswered(cast("Any", client))
    with pytest.raises(type(how)):
        await client.send(1, how)
    await client.send(1, "an answer")
    assert unanswered.any


async def test_a_request_that_found_no_connection_was_not_sent() -> None:
    client = Client()
    unanswered = Unanswered(cast("Any", client))
    with pytest.raises(NodeNotReadyError):
        await client.send(1, NodeNotReadyError())
    assert not unanswered.any
