"""From a record of a user's own topic to events: by a mapping, or Ringboard's own as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stream.events.diagnosis import json_of
from stream.events.faults import internal
from stream.events.refusal import Refused
from stream.mapping.loading import load_mapping
from stream.sources.own_topic.settings import ConnectKafkaSettings

if TYPE_CHECKING:
    from stream.settings.model import Settings
    from stream.sources.live_source import Listener


class KafkaRecords:
    """
    Sends a listener the events of each record, by the mapping that `settings` name, if they name one.

    A record without a value is a deletion, and holds no event. Raises RingboardError for a wrong mapping.
    """

    def __init__(self, settings: Settings) -> None:
        name = settings.group(ConnectKafkaSettings).connect_kafka_mapping
        self._mapping = None if name is None else load_mapping(name, settings.timezone, one_by_one=True)

    async def send(self, record: Any, listener: Listener) -> None:
        """Send the events of `record`, or refuse it."""
        data: bytes | None = record.value
        if data is None:
            listener.metrics.unused.inc()
        elif self._mapping is None:
            await listener.send(data)
        else:
            await self._mapped(record, data, listener)

    async def _mapped(self, record: Any, data: bytes, listener: Listener) -> None:
        assert self._mapping is not None  # noqa: S101 - asked above
        place = {
            "#topic": record.topic,
            "#partition": record.partition,
            "#offset": record.offset,
            "#key": None if record.key is None else record.key.decode("utf-8", "replace"),
        }

        def known(number: int) -> dict[str, Any]:
            # Of several records in one, each has a place of its own.
            return {**place, "#offset": f"{record.offset}.{number}"} if number else place

        count = 0
        try:
            for event in self._mapping.events_of(json_of(data), known):
                count += 1
                await listener.send(event)
        except Refused as refused:
            await listener.refuse(refused, data)
        except Exception as error:  # noqa: BLE001  one of ours puts this record aside, and the next is read
            await listener.refuse(internal(error), data)
        else:
            if not count:
                listener.metrics.unused.inc()
