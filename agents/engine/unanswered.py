"""Notices that a request of a Kafka client got no answer: the broker may then carry it out much later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.errors import NodeNotReadyError

if TYPE_CHECKING:
    from aiokafka.client import AIOKafkaClient


class Unanswered:
    """
    Watches the requests of `client` from now on; `any` is true once one of them got no answer.

    aiokafka sends such a request again by itself, and its caller only hears of the answer to the second copy. The first
    one may still lie in a buffer of the network or of the broker.
    """

    def __init__(self, client: AIOKafkaClient) -> None:
        self.any = False
        self._send: Any = client.send
        watched: Any = client
        watched.send = self._watch

    async def _watch(self, *args: Any, **named: Any) -> Any:
        try:
            return await self._send(*args, **named)
        except NodeNotReadyError:
            raise  # there was no connection: nothing was sent
        except BaseException:
            self.any = True
            raise
